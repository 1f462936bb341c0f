// Part of Yams, which is built upon it.
import CYaml
import Yams

/// Finds out where a key that stands twice in one mapping stands the second time, and its path.
///
/// The YAML parser refuses such a text, and of the two keys it tells only the place of the first. So the text is read
/// once more, one level below, as events: these mark every key, are what the parser itself reads, so that quotation
/// marks, flow mappings, block scalars and comments are what they are for it, and do not mind a key that stands twice.
struct DuplicateKey {
    /// What to tell the user.
    let error: ConfigurationError

    /// Looks at `text`, of which the parser said that the key at `first` has a second one.
    init(in text: String, source: SourceLocation.Source, first: Mark) {
        var search = Search()
        Self.readEvents(of: text) { search.take($0, line: $1) }
        // There is none where a key that is itself a list or a mapping stands twice or holds one that does.
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

    /// Calls `body` with the events of the first document in `text` and their lines, up to the first mistake in it.
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
    /// What the parser meets, as far as the search looks at it.
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

    /// A list or a mapping that has begun and not ended.
    private struct Collection {
        let isMapping: Bool
        /// Whether it is a key of a mapping, or within one; such keys have no path.
        let isInKey: Bool
        /// The key, or the place in the list, of what is read now.
        var name: String
        /// Whether a key has been read whose value has not.
        var awaitsValue = false
        /// How many elements of the list have been read.
        var elements = 0
        /// The keys so far: the number of each in the order of the text, and its line.
        var keys: [String: (number: Int, line: Int)] = [:]
    }

    /// Of all keys that stand twice, the one that stands first in the text.
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

        /// A key, a value or an element of the innermost collection has ended: as a key it is `key`, or none with a name.
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
            // Deeper than any configuration; a text that is would be refused anyway.
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
