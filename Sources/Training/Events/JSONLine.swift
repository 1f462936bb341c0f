/// Builds one JSON object on one line; its fields keep the order in which they were added.
package struct JSONLine {
    private(set) var text = "{"

    mutating func add(_ name: String, _ value: String) {
        begin(name)
        text += Self.quoted(value)
    }

    mutating func add(_ name: String, _ value: Int) {
        begin(name)
        text += String(value)
    }

    /// The shortest decimal that reads back as the same number; null where the number is not finite.
    mutating func add(_ name: String, _ value: Double) {
        begin(name)
        text += value.isFinite ? value.description : "null"
    }

    /// Adds the number; nothing for nil.
    mutating func add(_ name: String, _ value: Double?) {
        if let value { add(name, value) }
    }

    mutating func add(_ name: String, _ values: [Double]) {
        begin(name)
        text += Self.list(values.map { $0.isFinite ? $0.description : "null" })
    }

    mutating func addNull(_ name: String) {
        begin(name)
        text += "null"
    }

    mutating func add(_ name: String, _ rows: [[Double]]) {
        begin(name)
        text += Self.list(rows.map { Self.list($0.map { $0.isFinite ? $0.description : "null" }) })
    }

    mutating func add(_ name: String, _ rows: [[Int]]) {
        begin(name)
        text += Self.list(rows.map { Self.list($0.map(String.init)) })
    }

    mutating func add(_ name: String, _ values: [String]) {
        begin(name)
        text += Self.list(values.map(Self.quoted))
    }

    /// Adds an object with a member for each number.
    mutating func add(_ name: String, _ values: [NamedNumber]) {
        begin(name)
        let members = values.map {
            Self.quoted($0.name) + ":" + ($0.value.isFinite ? $0.value.description : "null")
        }
        text += "{\(members.joined(separator: ","))}"
    }

    /// Adds a list of objects of texts.
    mutating func add(_ name: String, _ objects: [[(name: String, text: String)]]) {
        begin(name)
        text += Self.list(
            objects.map { members in
                "{\(members.map { Self.quoted($0.name) + ":" + Self.quoted($0.text) }.joined(separator: ","))}"
            })
    }

    /// Adds an object.
    mutating func add(_ name: String, _ object: JSONLine) {
        begin(name)
        text += object.text + "}"
    }

    /// Adds a list of objects.
    mutating func add(_ name: String, _ objects: [JSONLine]) {
        begin(name)
        text += Self.list(objects.map { $0.text + "}" })
    }

    /// Adds a field of an event.
    mutating func add(_ field: RunEvent.Field) {
        switch field.value {
        case .text(let text): add(field.name, text)
        case .count(let count): add(field.name, count)
        case .number(let number): add(field.name, number)
        case .numbers(let numbers): add(field.name, numbers)
        case .counts(let rows): add(field.name, rows)
        case .named(let numbers): add(field.name, numbers)
        }
    }

    var line: String { text + "}\n" }

    private mutating func begin(_ name: String) {
        if text.count > 1 { text += "," }
        text += Self.quoted(name) + ":"
    }

    private static func list(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }

    /// A text in quotation marks.
    package static func quoted(_ value: String) -> String {
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case _ where scalar.value < 32:
                result +=
                    "\\u" + String(repeating: "0", count: 4 - String(scalar.value, radix: 16).count)
                    + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
