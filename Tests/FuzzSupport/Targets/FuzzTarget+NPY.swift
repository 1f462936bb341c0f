import Datasets

extension FuzzTarget {
    /// NumPy's files, read as features and as the labels of fixed features.
    static let npy = FuzzTarget(
        name: "npy", seeds: NPYSeeds.all,
        words: [
            "'descr': ", "'fortran_order': ", "'shape': ", "True", "False", "'<f4'", "'>f4'", "'|O'", "'<i8'",
            "'|u1'", "(20,)", "()", "(1099511627776,)", "(4294967296, 4294967296)", "(-1,)", "(0,)",
            "[('a', '<f4')]",
            "{", "}", "\u{0}", "\n", "L", "0x14", "'<f8', ",
        ],
        repair: NPYSeeds.repaired
    ) { bytes in
        let file = DataOrigin.memory(name: "input.npy", bytes: bytes)
        return .any([
            LoadedData.judge(
                DatasetSource(format: .npy, features: file, labels: nil), naming: "input.npy"
            ) { data in
                guard let array = NPYSeeds.array(bytes) else { return "no header is there" }
                return array.brokenFeatures(data) ?? data.brokenTwice(file, .npy)
            },
            LoadedData.judge(
                DatasetSource(format: .npy, features: NPYSeeds.rows, labels: file), naming: "input.npy"
            ) { data in
                guard let array = NPYSeeds.array(bytes) else { return "no header is there" }
                return array.brokenLabels(data)
            },
        ])
    }
}

/// Valid .npy files.
enum NPYSeeds {
    /// Features and labels of several types and versions.
    static let all: [[UInt8]] = [
        file("<f4", "(20, 6)", Numbers.bytes((0..<120).map { Float($0).bitPattern })),
        file("<i8", "(20,)", Numbers.bytes((0..<20).map { Int64($0 % 4) })),
        file("<f8", "(4, 2, 1)", version: 2, Numbers.bytes((0..<8).map { (Double($0) / 3).bitPattern })),
        file("<f8", "(20, 2)", version: 3, Numbers.bytes((0..<40).map { Double($0).bitPattern })),
        file("|u1", "(5, 3)", (0..<15).map { $0 }),
        file("|i1", "(20,)", Array(repeating: 1, count: 20)),
        file("<u2", "(20,)", Numbers.bytes((0..<20).map { UInt16($0) })),
        file("<u4", "(20,)", Numbers.bytes((0..<20).map { UInt32($0) })),
    ]
    /// Twenty rows, for labels.
    static let rows = DataOrigin.memory(name: "rows.npy", bytes: all[0])

    /// Half of the inputs get the length of their header written right again, if its line feed is still there.
    @Sendable static func repaired(_ bytes: [UInt8], _ draws: inout Draws) -> [UInt8] {
        guard draws.oneIn(2), bytes.count > 12, let end = bytes.dropFirst(10).firstIndex(of: 0x0a) else {
            return bytes
        }
        let prefix = bytes[6] == 1 ? 10 : 12
        var bytes = bytes
        for i in 8..<prefix { bytes[i] = UInt8(truncatingIfNeeded: (end + 1 - prefix) >> (8 * (i - 8))) }
        return bytes
    }

    /// What an accepted file holds, found in its text without a grammar; nil where there is no such text.
    static func array(_ bytes: [UInt8]) -> StoredArray? {
        guard let content = bytes.starts(with: [0x1f, 0x8b]) ? Gzip.inflated(bytes) : bytes,
            content.count > 12
        else {
            return nil
        }
        let prefix = content[6] == 1 ? 10 : 12
        let start = prefix + Int(Numbers.word(content[8..<prefix]))
        guard start <= content.count else { return nil }
        let text = String(decoding: content[prefix..<start], as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")"),
            let type = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"].first(where: {
                text.contains("<\($0)") || text.contains("|\($0)")
            }), let size = type.last?.wholeNumberValue
        else { return nil }
        let sizes = text[text.index(after: open)..<close].split(separator: ",")
        return StoredArray(
            size: size, isFloat: type.first == "f", isSigned: type.first == "i", isBig: false,
            shape: sizes.compactMap { Int($0.filter { $0 != " " }) }, bytes: Array(content[start...]))
    }

    private static func file(_ type: String, _ shape: String, version: UInt8 = 1, _ data: [UInt8]) -> [UInt8]
    {
        var text = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }".utf8)
        let prefix = version == 1 ? 10 : 12
        while (prefix + text.count + 1) % 64 != 0 { text.append(0x20) }
        text.append(0x0a)
        let length = Numbers.bytes([UInt32(text.count)]).prefix(prefix - 8)
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + data
    }
}
