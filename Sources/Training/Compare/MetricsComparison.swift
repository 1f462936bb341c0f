import Options

/// The differences between the metrics of two runs. It compares lines of the same event: a step that both have logged,
/// an epoch that both have ended. Values that depend on time are ignored.
package struct MetricsComparison: Sendable, Equatable {
    /// The first value that differs.
    package struct Parting: Sendable, Equatable {
        /// The step of the line.
        package let step: Int
        /// The field's name in metrics.jsonl; for an element of a list followed by its index.
        package let key: String
        package let first: OptionValue
        package let second: OptionValue
    }

    /// The first difference; nil if all lines of common events are equal.
    package private(set) var parting: Parting?
    /// The number of lines of each run.
    package private(set) var counts = (first: 0, second: 0)
    /// The number of events that both runs have.
    package private(set) var common = 0
    /// Fields of common lines that only one of the runs has, by name.
    package private(set) var extra = (first: [String](), second: [String]())

    package static func == (a: MetricsComparison, b: MetricsComparison) -> Bool {
        a.parting == b.parting && a.counts == b.counts && a.common == b.common && a.extra == b.extra
    }

    /// What identifies a line within a run.
    private struct Event: Hashable {
        let kind: String
        let step: Int
        let parameter: String?
    }

    /// Compares the metrics of the runs in two folders; a missing file counts as empty.
    init(_ first: String, _ second: String) throws {
        var known: [Event: [RunEvent.Field]] = [:]
        try Self.forEachLine(of: second) {
            known[Self.event($0)] = $0
        } count: {
            counts.second += 1
        }
        var (onlyFirst, onlySecond): (Set<String>, Set<String>) = ([], [])
        try Self.forEachLine(of: first) { fields in
            let event = Self.event(fields)
            guard let others = known[event] else { return }
            common += 1
            let (a, b) = (Set(fields.map(\.name)), Set(others.map(\.name)))
            if a != b {
                onlyFirst.formUnion(a.subtracting(b))
                onlySecond.formUnion(b.subtracting(a))
            }
            if parting == nil { parting = Self.parting(fields, others, step: event.step) }
        } count: {
            counts.first += 1
        }
        extra = (onlyFirst.sorted(), onlySecond.sorted())
    }

    /// Calls `body` with the fields of every line, without those that depend on time.
    private static func forEachLine(
        of folder: String, _ body: ([RunEvent.Field]) -> Void, count: () -> Void
    ) throws {
        try MetricsFile.forEachLine(inFile: "\(folder)/\(RunFolder.metricsName)") { line in
            guard let fields = FieldParser.fields(of: String(decoding: line, as: UTF8.self)) else { return }
            count()
            body(fields.filter { $0.name != "seconds" && !$0.name.hasSuffix("_per_second") })
        }
    }

    private static func event(_ fields: [RunEvent.Field]) -> Event {
        var (kind, step, parameter) = ("", 0, String?.none)
        for field in fields {
            switch (field.name, field.value) {
            case ("event", .text(let text)): kind = text
            case ("step", .count(let count)), ("steps", .count(let count)): step = count
            case ("parameter", .text(let text)): parameter = text
            default: break
            }
        }
        return Event(kind: kind, step: step, parameter: parameter)
    }

    private static func parting(_ a: [RunEvent.Field], _ b: [RunEvent.Field], step: Int) -> Parting? {
        for field in a {
            guard let other = b.first(where: { $0.name == field.name }) else { continue }
            let (ours, theirs) = (parts(field), parts(other))
            // Lists of different length differ in their length.
            guard ours.map(\.key) == theirs.map(\.key) else {
                return Parting(
                    step: step, key: field.name, first: .text("\(ours.count) values"),
                    second: .text("\(theirs.count) values"))
            }
            for (part, otherPart) in zip(ours, theirs) where part.value != otherPart.value {
                return Parting(step: step, key: part.key, first: part.value, second: otherPart.value)
            }
        }
        return nil
    }

    /// The single values of a field; a number that is not finite is `.none`, as null in the file.
    private static func parts(_ field: RunEvent.Field) -> [(key: String, value: OptionValue)] {
        func number(_ value: Double) -> OptionValue { value.isFinite ? .number(value) : .none }
        switch field.value {
        case .text(let text): return [(field.name, .text(text))]
        // The same whole number may be 1.0 in another line.
        case .count(let count): return [(field.name, .number(Double(count)))]
        case .number(let value): return [(field.name, number(value))]
        case .numbers(let values):
            return values.enumerated().map { ("\(field.name)[\($0)]", number($1)) }
        case .counts(let rows):
            return rows.enumerated().flatMap { place, row in
                row.enumerated().map { ("\(field.name)[\(place)][\($0)]", .number(Double($1))) }
            }
        case .named(let numbers): return numbers.map { ("\(field.name).\($0.name)", number($0.value)) }
        }
    }
}
