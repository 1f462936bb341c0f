import Messages

/// Text in files as a data set: stretches of a language model, or lines with a label.
struct TextFiles {
    let files: [DataOrigin]
    let options: TextOptions
    /// The vocabulary of the training set; nil to find it here.
    let known: TextVocabulary?
    /// The classes that lines' labels must be among, in order; nil to find them here.
    let classes: [String]?
    let readsLabels: Bool

    /// What reading a file once tells.
    private struct Survey {
        var counts: [TextToken: Int] = [:]
        var labels = LabelTable()
        /// Examples of each file.
        var examples: [Int] = []
        /// Lines that are longer than examples.
        var cut = 0
    }

    /// The sizes, and the vocabulary unless it is known.
    func inspect() throws(DataError) -> DatasetLayout {
        var survey = Survey()
        let counts = known == nil && options.tokens != .bytes
        for file in files {
            switch options.task {
            case .languageModel:
                var tokens = 0
                try forEachToken(of: file) { token in
                    tokens += 1
                    if counts { survey.counts[token, default: 0] += 1 }
                }
                guard tokens > 1 else {
                    throw DataError(
                        .empty, path: file.name, expected: "text of at least two tokens",
                        found: counted(tokens, "token"), advice: "give a file with text")
                }
                survey.examples.append((tokens - 2) / options.length + 1)
            case .classification:
                var lines = 0
                try forEachLine(of: file) { (line, text, label) throws(DataError) in
                    lines += 1
                    var tokens = 0
                    try cut(text, line: line, of: file) { token in
                        tokens += 1
                        if counts { survey.counts[token, default: 0] += 1 }
                    }
                    guard tokens > 0 else { throw Self.problem(file, line, "a text", "none") }
                    if tokens > options.length { survey.cut += 1 }
                    guard readsLabels, classes == nil else { return }
                    guard let label else {
                        throw Self.problem(file, line, "a label, a tab and a text", "no tab")
                    }
                    guard label.withUnsafeBytes({ survey.labels.insert($0) }) != nil else {
                        throw Self.problem(file, line, "at most \(LabelTable.most) labels", "more")
                    }
                }
                guard lines > 0 else {
                    throw DataError(
                        .empty, path: file.name, expected: "at least one line", found: "none",
                        advice: "give lines of a label, a tab and a text")
                }
                survey.examples.append(lines)
            }
        }
        return try layout(survey)
    }

    private func layout(_ survey: Survey) throws(DataError) -> DatasetLayout {
        let vocabulary = known ?? TextVocabulary(survey.counts, options)
        let count = survey.examples.reduce(0, +)
        guard count <= Int(Int32.max) else {
            throw DataError(
                .unsupported, path: files[0].name, expected: "at most \(Int32.max) examples",
                found: "\(count)", advice: "make length larger, or split the text")
        }
        let names = options.task == .classification ? classes ?? ClassNames(found: survey.labels).names : nil
        var layout = DatasetLayout(
            count: count, exampleShape: [options.length],
            elementType: vocabulary.count <= 256 ? .uint8 : .float32, labels: readsLabels ? .classes : .none,
            classCount: readsLabels ? names?.count ?? vocabulary.count : nil)
        layout.hasLengths = true
        layout.positionAxis = 0
        layout.vocabulary = vocabulary
        layout.cutExamples = survey.cut
        if readsLabels { layout.classNames = names }
        guard options.task == .languageModel else { return layout }
        if readsLabels { layout.labelShape = [options.length] }
        layout.fileExamples = survey.examples
        return layout
    }

    /// Reads all examples into memory of `layout`'s sizes.
    func load(
        _ layout: DatasetLayout, features: UnsafeMutableRawPointer, labels: UnsafeMutableRawPointer?,
        lengths: UnsafeMutablePointer<Int32>
    ) throws(DataError) {
        guard let vocabulary = layout.vocabulary else { preconditionFailure("text without a vocabulary") }
        let table = TokenTable(vocabulary)
        let count = layout.count * layout.width
        features.initializeMemory(as: UInt8.self, repeating: 0, count: layout.featureBytes)
        let (bytes, floats) = (
            features.assumingMemoryBound(to: UInt8.self), features.assumingMemoryBound(to: Float.self)
        )
        let isSmall = layout.elementType == .uint8
        let classes = labels?.bindMemory(to: Int32.self, capacity: layout.count * layout.labelWidth)
        func put(_ token: Int, at place: Int) {
            if isSmall { bytes[place] = UInt8(token) } else { floats[place] = Float(token) }
        }
        let changed = DataError(
            .mismatch, path: files[0].name, expected: "the file that was inspected", found: "another",
            advice: "do not change data files while they are read")
        let length = options.length
        var example = 0
        switch options.task {
        case .languageModel:
            if let classes { classes.update(repeating: -1, count: layout.count * layout.labelWidth) }
            for file in files {
                let first = example * length
                var tokens = 0
                // A token is known to be the last one only when there is no other.
                var last = 0
                try forEachToken(of: file) { (token) throws(DataError) in
                    let number = try number(of: token, in: table, file, nil)
                    if tokens > 0 {
                        let place = first + tokens - 1
                        guard place < count else { throw changed }
                        put(last, at: place)
                        classes?[place] = Int32(number)
                    }
                    last = number
                    tokens += 1
                }
                guard tokens > 1 else { throw changed }
                let examples = (tokens - 2) / length + 1
                guard example + examples <= layout.count else { throw changed }
                for place in 0..<examples {
                    lengths[example + place] = Int32(min(length, tokens - 1 - place * length))
                }
                example += examples
            }
        case .classification:
            let known = ClassNames(names: layout.classNames ?? [])
            for file in files {
                try forEachLine(of: file) { (line, text, label) throws(DataError) in
                    guard example < layout.count else { throw changed }
                    var tokens = 0
                    try cut(text, line: line, of: file) { (token) throws(DataError) in
                        guard tokens < length else { return }
                        put(try number(of: token, in: table, file, line), at: example * length + tokens)
                        tokens += 1
                    }
                    guard tokens > 0 else { throw changed }
                    lengths[example] = Int32(tokens)
                    if let classes {
                        guard let label, let index = label.withUnsafeBytes(known.index(of:)) else {
                            let shown = DataError.shortened(String(decoding: label ?? [], as: UTF8.self))
                            throw Self.problem(
                                file, line, "a label of the training set", "\"\(shown)\"", .label)
                        }
                        classes[example] = Int32(index)
                    }
                    example += 1
                }
            }
        }
        guard example == layout.count else { throw changed }
    }

    private func number(
        of token: TextToken, in table: TokenTable, _ file: DataOrigin, _ line: Int?
    ) throws(DataError) -> Int {
        if let number = table.number(of: token) { return number }
        throw DataError(
            .label, path: file.name, place: line.map { "\($0)" }, expected: "tokens of the vocabulary",
            found: "\"\(DataError.shortened(token.text))\"",
            advice: "train with unknown: true, or with text that has it",
            problem: "\"\(DataError.shortened(token.text))\" is not in the vocabulary of the training set")
    }

    private static func problem(
        _ file: DataOrigin, _ line: Int, _ expected: String, _ found: String, _ kind: DataError.Kind = .field
    ) -> DataError {
        DataError(
            kind, path: file.name, place: "\(line)", expected: expected, found: found,
            advice: "correct the line")
    }

    // MARK: Reading

    private func forEachToken(
        of file: DataOrigin, _ take: (TextToken) throws(DataError) -> Void
    ) throws(DataError) {
        var cutter = TextCutter(options.tokens)
        try forEachPiece(of: file) { (piece) throws(DataError) in
            guard try cutter.cut(piece, take) else { throw Self.noText(file, byte: cutter.position - 1) }
        }
        guard try cutter.end(take) else { throw Self.noText(file, byte: cutter.position - 1) }
    }

    /// Calls `take` with each line's number, text and, if there is a tab, what is in front of it; lines without any are left
    /// out.
    private func forEachLine(
        of file: DataOrigin,
        _ take: (_ line: Int, _ text: ArraySlice<UInt8>, _ label: ArraySlice<UInt8>?) throws(DataError) ->
            Void
    ) throws(DataError) {
        var line: [UInt8] = []
        var number = 0
        func end() throws(DataError) {
            number += 1
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            defer { line.removeAll(keepingCapacity: true) }
            guard !line.isEmpty else { return }
            guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else {
                return try take(number, line[...], nil)
            }
            try take(number, line[(tab + 1)...], line[..<tab])
        }
        try forEachPiece(of: file) { (piece) throws(DataError) in
            for byte in piece {
                if byte == UInt8(ascii: "\n") { try end() } else { line.append(byte) }
            }
        }
        try end()
    }

    private func cut(
        _ text: ArraySlice<UInt8>, line: Int, of file: DataOrigin,
        _ take: (TextToken) throws(DataError) -> Void
    ) throws(DataError) {
        var cutter = TextCutter(options.tokens)
        let isText = try cutter.cut(text, take)
        guard isText, try cutter.end(take) else {
            throw Self.problem(file, line, "UTF-8", "other bytes")
        }
    }

    private func forEachPiece(
        of file: DataOrigin, _ take: (UnsafeRawBufferPointer) throws(DataError) -> Void
    ) throws(DataError) {
        let reader = try DataReader(file, isBounded: true)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { piece.deallocate() }
        while true {
            let count = try reader.read(into: piece)
            try take(UnsafeRawBufferPointer(rebasing: piece.prefix(count)))
            if count < piece.count { return }
        }
    }

    private static func noText(_ file: DataOrigin, byte: Int) -> DataError {
        DataError(
            .field, path: file.name, expected: "UTF-8", found: "other bytes at byte \(byte)",
            advice: "convert the file to UTF-8, or set tokens: bytes")
    }
}
