import Datasets

extension FuzzTarget {
    /// Text, as a language model's in bytes, characters and words, and as lines with labels.
    static let text = FuzzTarget(
        name: "text",
        seeds: [
            "In the beginning was the Word.\n", "a\tnaïve\r\nb\tcafé – 東京\n\na\tx\n",
            "de\tja\nen\tyes\nfr\toui\n",
        ]
        .map { Array($0.utf8) },
        words: [
            "\t", "\n", "\r\n", "\n\n", "\u{FEFF}", "é", "東", "😀", "\u{0}", " ", "'", "-", "a\tb\n",
            "\u{FFFD}",
        ],
        isText: true,
        // Bytes that are no UTF-8 are seldom made of text.
        repair: { bytes, draws in draws.oneIn(3) ? bytes + [UInt8(128 + draws.below(128))] : bytes }
    ) { bytes in
        let file = DataOrigin.memory(name: "input.txt", bytes: bytes)
        let isCompressed = bytes.starts(with: [0x1f, 0x8b])
        let content = isCompressed ? Gzip.inflated(bytes) ?? [] : bytes
        func judge(_ options: TextOptions) -> Verdict {
            LoadedData.judge(DatasetSource(text: [file], options: options), naming: "input.txt") { data in
                TextSeeds.broken(data, options, content)
            }
        }
        // Nearly everything is bytes: what is accepted as such must keep its promises, and tells nothing of the others.
        let asBytes = judge(TextOptions(tokens: .bytes, length: 5))
        if case .wrong = asBytes { return asBytes }
        return .any(TextSeeds.options.map(judge))
    }
}

/// The ways of reading text.
private enum TextSeeds {
    static let options = [
        TextOptions(tokens: .characters, length: 7),
        TextOptions(tokens: .words, length: 3, vocabulary: 4),
        TextOptions(tokens: .characters, length: 3, task: .classification),
    ]

    /// What is wrong with a text that was accepted; nil if nothing is.
    static func broken(_ data: LoadedData, _ options: TextOptions, _ content: [UInt8]) -> String? {
        let (layout, length) = (data.layout, options.length)
        guard let vocabulary = layout.vocabulary else { return "no vocabulary" }
        let lengths = Numbers.integers(data.lengths, size: 4, isSigned: true).map { Int($0) }
        guard lengths.count == layout.count, lengths.allSatisfy({ (1...length).contains($0) }) else {
            return "lengths \(lengths.prefix(8))"
        }
        let tokens =
            layout.elementType == .uint8
            ? data.features.map { Int($0) } : Numbers.floats(data.features, size: 4).map { Int($0) }
        if let bad = tokens.first(where: { !(0..<vocabulary.count).contains($0) }) {
            return "the token \(bad)"
        }
        for (example, own) in lengths.enumerated() {
            if tokens[(example * length + own)..<((example + 1) * length)].contains(where: { $0 != 0 }) {
                return "tokens behind the length of example \(example)"
            }
        }
        guard options.task == .languageModel else { return nil }
        // Examples follow one another, and each label is the token behind.
        let labels = Numbers.integers(data.labels, size: 4, isSigned: true).map { Int($0) }
        var text = [tokens[0]]
        for (example, own) in lengths.enumerated() {
            if tokens[example * length] != text[text.count - 1] {
                return "a gap in front of example \(example)"
            }
            for place in example * length..<(example * length + own) {
                if tokens[place] != text[text.count - 1] { return "a label other than the next token" }
                text.append(labels[place])
            }
            if labels[(example * length + own)..<((example + 1) * length)].contains(where: { $0 != -1 }) {
                return "labels behind the length of example \(example)"
            }
        }
        guard options.tokens != .words else { return nil }
        let bytes = text.flatMap { vocabulary.bytes(of: $0) }
        return bytes == content ? nil : "\(bytes.count) bytes of text other than the file's"
    }
}
