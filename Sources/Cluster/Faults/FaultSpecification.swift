import Messages

#if FAULT_INJECTION
    /// What DTRAIN_FAULT asks for: faults, separated by commas, each `PHASE:RANK:STEP:ACTION`.
    ///
    /// PHASE is one of `FaultPoint.Phase`. RANK is a rank of the launcher or `*` for all. STEP counts from 1 over the
    /// whole run and is 0 before the first step; `*` is any. ACTION is one of
    ///
    ///     kill  stop  segv  abort           end or stop the process
    ///     trap  hang                        as a failed check of Swift's ends it; block it
    ///     exit=CODE                         end it with an exit code, 0 to 255
    ///     slow=MS                           delay it every time, 1 to 600000 milliseconds
    ///     flip=weights|optimizer|statistics turn over a bit of what this rank's memory holds, once (in `step`, `update`)
    ///     flip=weights@BIT, ...             not the lowest of the first value, but this bit, from 0
    ///     nan                               spoil the rank's gradient, once (in `reduce`)
    package struct FaultSpecification: Sendable, Equatable {
        package enum Action: Sendable, Equatable {
            case kill, stop, segv, abort, trap, hang
            case exit(Int32)
            case slow(milliseconds: UInt32)
            case change(FaultPoint.Damage)
        }

        package struct Fault: Sendable, Equatable {
            package let phase: FaultPoint.Phase
            /// Nil for every rank.
            package let rank: Int?
            /// Nil for every step.
            package let step: Int?
            package let action: Action

            package func matches(_ phase: FaultPoint.Phase, rank: Int, step: Int) -> Bool {
                phase == self.phase && (self.rank ?? rank) == rank && (self.step ?? step) == step
            }
        }

        /// The faults, in the order of the text.
        package let faults: [Fault]

        /// Reads a specification; throws `FaultSpecificationError`.
        package init(_ text: String) throws {
            faults = try text.split(separator: ",", omittingEmptySubsequences: false).map(Self.fault)
        }

        private static func fault(_ text: Substring) throws -> Fault {
            func bad(_ what: String) -> FaultSpecificationError {
                FaultSpecificationError(
                    "\(what) in DTRAIN_FAULT's \"\(text)\": write PHASE:RANK:STEP:ACTION, such as step:0:17:kill"
                )
            }
            let fields = text.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 4 else { throw bad(counted(fields.count, "field")) }
            guard let phase = FaultPoint.Phase(rawValue: String(fields[0])) else {
                throw bad("unknown phase \"\(fields[0])\"")
            }
            let numbers = try (1...2).map { place -> Int? in
                if fields[place] == "*" { return nil }
                guard let number = number(fields[place], in: 0...1_000_000_000) else {
                    throw bad("no number \"\(fields[place])\"")
                }
                return number
            }
            guard let action = action(fields[3]) else { throw bad("unknown action \"\(fields[3])\"") }
            if case .change(let damage) = action {
                let places: [FaultPoint.Phase] = damage == .gradient ? [.reduce] : [.step, .update]
                guard places.contains(phase) else { throw bad("no \(fields[3]) is possible in \(fields[0])") }
            }
            return Fault(phase: phase, rank: numbers[0], step: numbers[1], action: action)
        }

        private static func action(_ text: Substring) -> Action? {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                switch text {
                case "kill": return .kill
                case "stop": return .stop
                case "segv": return .segv
                case "abort": return .abort
                case "trap": return .trap
                case "hang": return .hang
                case "nan": return .change(.gradient)
                default: return nil
                }
            }
            switch parts[0] {
            case "exit": return number(parts[1], in: 0...255).map { .exit(Int32($0)) }
            case "slow": return number(parts[1], in: 1...600_000).map { .slow(milliseconds: UInt32($0)) }
            case "flip":
                let place = parts[1].split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
                let bit = place.count == 2 ? number(place[1], in: 0...1_000_000_000) : 0
                guard let held = FaultPoint.Held(rawValue: String(place[0])), let bit else { return nil }
                return .change(.bit(bit, of: held))
            default: return nil
            }
        }

        /// Digits alone: no sign, no blank.
        private static func number(_ text: Substring, in range: ClosedRange<Int>) -> Int? {
            guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text),
                range.contains(number)
            else { return nil }
            return number
        }
    }
#endif
