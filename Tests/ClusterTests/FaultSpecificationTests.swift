#if FAULT_INJECTION
    import Testing

    @testable import Cluster

    /// What DTRAIN_FAULT may say.
    @Suite struct FaultSpecificationTests {
        @Test func everyPhaseAndAction() throws {
            for phase in FaultPoint.Phase.allCases {
                let faults = try FaultSpecification("\(phase.rawValue):3:*:kill").faults
                #expect(faults.map(\.phase) == [phase] && faults[0].rank == 3 && faults[0].step == nil)
            }
            let actions: [(String, FaultSpecification.Action)] = [
                ("kill", .kill), ("stop", .stop), ("segv", .segv), ("abort", .abort), ("hang", .hang),
                ("exit=0", .exit(0)), ("exit=255", .exit(255)), ("slow=1", .slow(milliseconds: 1)),
                ("slow=600000", .slow(milliseconds: 600_000)),
                ("flip=weights", .change(.bit(0, of: .weights))),
                ("flip=optimizer@22", .change(.bit(22, of: .optimizer))),
                ("flip=statistics@0", .change(.bit(0, of: .statistics))),
            ]
            let faults = try FaultSpecification(
                actions.map { "step:*:17:\($0.0)" }.joined(separator: ",")
            ).faults
            #expect(faults.map(\.action) == actions.map { $0.1 })
            #expect(faults.allSatisfy { $0.rank == nil && $0.step == 17 })
            #expect(try FaultSpecification("reduce:0:1:nan").faults[0].action == .change(.gradient))
        }

        @Test(arguments: [
            "", "kill", "step:1:2", "step:1:2:kill:3", "steps:1:2:kill", "Step:1:2:kill", "step:-1:2:kill",
            "step:1:+2:kill", "step: 1:2:kill", "step:1::kill", "step:1:2:", "step:1:2:kill,",
            ",step:1:2:kill",
            "step:1:2:die", "step:1:2:kill=9", "step:1:2:exit", "step:1:2:exit=256", "step:1:2:exit=-1",
            "step:1:2:slow=0", "step:1:2:slow=600001", "step:1:2:slow=99999999999999999999",
            "step:1:2:flip", "step:1:2:flip=gradient", "step:1:2:flip=weights@", "step:1:2:flip=@3",
            "step:1:2:flip=weights@-1", "step:1:2:nan", "evaluate:1:2:flip=weights",
            "step:1:1000000001:kill",
        ])
        func refused(_ text: String) {
            #expect(throws: FaultSpecificationError.self) { try FaultSpecification(text) }
        }

        @Test func matching() throws {
            let faults = try FaultSpecification("step:2:17:kill,update:*:*:abort").faults
            #expect(faults[0].matches(.step, rank: 2, step: 17))
            #expect(!faults[0].matches(.step, rank: 1, step: 17))
            #expect(!faults[0].matches(.step, rank: 2, step: 18))
            #expect(!faults[0].matches(.update, rank: 2, step: 17))
            #expect(faults[1].matches(.update, rank: 5, step: 0))
        }
    }
#endif
