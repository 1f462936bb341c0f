// Yams is built upon this module.
import CYaml
import Yams

/// Finds the second place, and the path, of a key that occurs twice in one mapping.
///
/// The YAML parser refuses such a text but reports only the first place. So the text is read once more as events, one
/// level below the parser: events include every key, treat quotation marks, flow mappings, block scalars and comments
/// as the parser does, and allow duplicate keys.
struct DuplicateKey {
    /// The error for the user.
    let error: ConfigurationError

    /// Searches `text`, for which the parser reported a duplicate of the key at `first`.
    init(in text: String, source: SourceLocation.Source, first: Mark) {
        var search = Search()
        Self.readEvents(of: text) { search.take($0, line: $1) }
        // Nothing is found if the key that occurs twice is itself a list or a mapping, or is inside one.
        error = Self.error(
            key: search.found?.path.joined(separator: ".") ?? "", second: search.found?.second ?? first.line,
            first: search.found?.first, source: source)
    }

    private static func error(
        key: String, second: Int, first: Int?, source: SourceLocation.Source
    ) -> ConfigurationError {
        ConfigurationError(
            .duplicateKey, at: SourceLocation(source, line: second), key: key,
            "duplicate key" + (first.map { ", first in line \($0)" } ?? ""),
            advice: key.hasSuffix(ConfigurationNode.mergeKey)
                ? "merge several as <<: [*a, *b]" : "remove one of the two")
    }

    /// Calls `body` with the events of the first document in `text` and their lines, up to the first mistake.
    private static func readEvents(of text: String, _ body: (Event, Int) -> Void) {
        // The C parser keeps a pointer to itself, so it must not move.
        let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
        defer { parser.deallocate() }
        guard yaml_parser_initialize(parser) == 1 else { return }
        defer { yaml_parser_delete(parser) }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        var text = text
        text.withUTF8 { bytes in
            yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
            var event = yaml_event_t()
            while yaml_parser_parse(parser, &event) == 1 {
                defer { yaml_event_delete(&event) }
                if event.type == YAML_DOCUMENT_END_EVENT || event.type == YAML_STREAM_END_EVENT { return }
                if let read = Event(event) { body(read, Int(event.start_mark.line) + 1) }
            }
        }
    }
}

extension DuplicateKey {
    /// The parser's events, as far as the search needs them.
    private enum Event {
        case scalar(String)
        case alias
        case sequenceStart
        case mappingStart
        case end

        init?(_ event: yaml_event_t) {
            switch event.type {
            case YAML_SCALAR_EVENT:
                let scalar = event.data.scalar
                let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
                self = .scalar(String(decoding: bytes, as: UTF8.self))
            case YAML_ALIAS_EVENT: self = .alias
            case YAML_SEQUENCE_START_EVENT: self = .sequenceStart
            case YAML_MAPPING_START_EVENT: self = .mappingStart
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: self = .end
            default: return nil
            }
        }
    }

    /// A list or mapping that has begun but not ended.
    private struct Collection {
        let isMapping: Bool
        /// Whether it is a key of a mapping, or within one; such keys have no path.
        let isInKey: Bool
        /// The key, or the place in the list, that is being read.
        var name: String
        /// Whether a key has been read but not its value.
        var awaitsValue = false
        /// The number of elements of the list so far.
        var elements = 0
        /// The keys so far, each with its number in the order of the text and its line.
        var keys: [String: (number: Int, line: Int)] = [:]
    }

    /// Finds, of all keys that occur twice, the one whose first place comes first in the text.
    private struct Search {
        private(set) var found: (path: [String], first: Int, second: Int)?
        private var number = Int.max
        private var count = 0
        private var open: [Collection] = []

        mutating func take(_ event: Event, line: Int) {
            switch event {
            case .scalar(let text): end(key: text, line: line)
            case .alias: end(key: nil, line: line)
            case .sequenceStart: begin(isMapping: false)
            case .mappingStart: begin(isMapping: true)
            case .end:
                open.removeLast()
                end(key: nil, line: line)
            }
        }

        private mutating func begin(isMapping: Bool) {
            let isInKey = open.last.map { $0.isInKey || $0.isMapping && !$0.awaitsValue } ?? false
            open.append(Collection(isMapping: isMapping, isInKey: isInKey, name: isMapping ? "" : "0"))
        }

        /// Handles the end of a key, value or element of the innermost collection; `key` is its text if it can be a
        /// named key.
        private mutating func end(key: String?, line: Int) {
            guard let last = open.indices.last else { return }
            if !open[last].isMapping {
                open[last].elements += 1
                open[last].name = String(open[last].elements)
            } else if open[last].awaitsValue {
                open[last].awaitsValue = false
            } else {
                open[last].awaitsValue = true
                open[last].name = key ?? ""
                if let key { compare(key, line: line, in: last) }
            }
        }

        private mutating func compare(_ key: String, line: Int, in mapping: Int) {
            // A text that is deeper than any configuration is refused anyway.
            guard !open[mapping].isInKey, mapping <= ConfigurationNode.depthLimit else { return }
            count += 1
            guard let first = open[mapping].keys[key] else {
                open[mapping].keys[key] = (count, line)
                return
            }
            if first.number < number {
                number = first.number
                found = (open.map(\.name), first.line, line)
            }
        }
    }
}
