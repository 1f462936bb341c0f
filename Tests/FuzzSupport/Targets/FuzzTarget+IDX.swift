import Datasets

extension FuzzTarget {
    /// IDX files, read as features and as the labels of fixed features.
    static let idx = FuzzTarget(
        name: "idx", seeds: IDXSeeds.all,
        words: ["\0\0\u{8}\u{3}", "\0\0\u{d}\u{2}", "\0\0\u{c}\u{1}", "\0\0\0\u{14}", "\u{1f}"],
        repair: IDXSeeds.repaired
    ) { bytes in
        let file = DataOrigin.memory(name: "input.idx", bytes: bytes)
        return .any([
            LoadedData.judge(
                DatasetSource(format: .idx, features: file, labels: nil), naming: "input.idx"
            ) { data in
                guard let array = IDXSeeds.array(bytes) else { return "no header is there" }
                return array.brokenFeatures(data) ?? data.brokenTwice(file, .idx)
            },
            LoadedData.judge(
                DatasetSource(format: .idx, features: IDXSeeds.images, labels: file), naming: "input.idx"
            ) { data in
                guard let array = IDXSeeds.array(bytes) else { return "no header is there" }
                return array.brokenLabels(data)
            },
        ])
    }
}

/// Valid IDX files.
enum IDXSeeds {
    /// Features and labels of several types.
    static let all: [[UInt8]] = [
        file(0x08, [20, 3, 4], (0..<240).map { UInt8($0) }),
        file(0x08, [20], (0..<20).map { $0 % 10 }),
        file(0x0d, [3, 2], Array([UInt8]([0x3f, 0x80, 0, 0, 0xc0, 0x20, 0, 0]).repeated(3))),
        file(0x0e, [1, 2, 1, 1], Array([UInt8]([0x3f, 0xf0, 0, 0, 0, 0, 0, 0]).repeated(2))),
        file(0x0c, [20], Array([UInt8]([0, 0, 0, 7]).repeated(20))),
        file(0x0b, [20], Array([UInt8]([0, 3]).repeated(20))),
        file(0x09, [20], Array(repeating: 1, count: 20)),
    ]
    /// Twenty images, for labels.
    static let images = DataOrigin.memory(name: "images.idx", bytes: all[0])

    /// Half of the inputs get a good start again, and half of these as many rows as there are bytes for.
    @Sendable static func repaired(_ bytes: [UInt8], _ draws: inout Draws) -> [UInt8] {
        guard draws.oneIn(2), bytes.count > 4 else { return bytes }
        let type = draws.pick([0x08, 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e] as [UInt8])
        let bytes = [0, 0, type, bytes[3] < 8 ? bytes[3] : UInt8(1 + draws.below(4))] + bytes.dropFirst(4)
        guard draws.oneIn(2), let array = array(bytes), !array.shape.isEmpty else { return bytes }
        let row = array.shape.dropFirst().reduce(array.size) {
            $0.multipliedReportingOverflow(by: $1).partialValue
        }
        guard row > 0, row <= array.bytes.count else { return bytes }
        let count = array.bytes.count / row
        let rest = array.bytes.count % row
        return bytes.prefix(4) + Numbers.bytes([UInt32(count).byteSwapped])
            + bytes.dropFirst(8).dropLast(rest)
    }

    /// What an accepted file holds; nil where it has no header.
    static func array(_ bytes: [UInt8]) -> StoredArray? {
        guard let content = bytes.starts(with: [0x1f, 0x8b]) ? Gzip.inflated(bytes) : bytes,
            content.count > 4,
            let (size, isFloat) = [
                0x08: (1, false), 0x09: (1, false), 0x0b: (2, false), 0x0c: (4, false), 0x0d: (4, true),
                0x0e: (8, true),
            ][content[2]]
        else { return nil }
        let start = 4 + 4 * Int(content[3])
        guard start <= content.count else { return nil }
        let shape = stride(from: 4, to: start, by: 4).map {
            Int(Numbers.word(content[$0..<$0 + 4], isBig: true))
        }
        return StoredArray(
            size: size, isFloat: isFloat, isSigned: content[2] != 0x08, isBig: true, shape: shape,
            bytes: Array(content[start...]))
    }

    private static func file(_ type: UInt8, _ shape: [UInt32], _ data: [UInt8]) -> [UInt8] {
        [0, 0, type, UInt8(shape.count)] + Numbers.bytes(shape.map(\.byteSwapped)) + data
    }
}

extension [UInt8] {
    /// The bytes several times.
    func repeated(_ count: Int) -> [UInt8] { Array(Array<[UInt8]>(repeating: self, count: count).joined()) }
}
