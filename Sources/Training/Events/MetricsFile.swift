/// Reads the lines of a metrics.jsonl, piece by piece; a last line without its newline is ignored.
package enum MetricsFile {
    /// Calls `body` with every complete line, without its newline; never if there is no file.
    static func forEachLine(inFile path: String, _ body: (ArraySlice<UInt8>) throws -> Void) throws {
        guard let file = try FileInput.open(ifExists: path) else { return }
        var rest: [UInt8] = []
        try file.forEachPiece { piece in
            let bytes = rest.isEmpty ? piece : rest + piece
            var start = 0
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                try body(bytes[start..<end])
                start = end + 1
            }
            rest = Array(bytes[start...])
        }
    }

    /// Whether a line holds an event of this kind.
    static func isLine(_ line: ArraySlice<UInt8>, of kind: String) -> Bool {
        line.starts(with: "{\"event\":\"\(kind)\"".utf8)
    }

    /// The event in a line; nil if it holds none.
    static func event(_ line: ArraySlice<UInt8>?) -> RunEvent? {
        line.flatMap { RunEvent(line: String(decoding: $0, as: UTF8.self)) }
    }

    /// The events in a file, in order; other lines are skipped. Empty if there is no file.
    static func events(inFile path: String) throws -> [RunEvent] {
        var events: [RunEvent] = []
        try forEachLine(inFile: path) { line in if let event = event(line) { events.append(event) } }
        return events
    }

    /// The events of the run in a folder; empty if it has no metrics.jsonl.
    package static func events(ofRunIn folder: String) throws -> [RunEvent] {
        try events(inFile: "\(folder)/\(RunFolder.metricsName)")
    }
}
