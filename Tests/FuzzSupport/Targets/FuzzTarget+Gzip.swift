import Datasets

extension FuzzTarget {
    /// Compressed files, read as IDX, as a table and as CIFAR-10: damage to the compressed bytes, and good compression
    /// of damaged content.
    static let gzip = FuzzTarget(
        name: "gzip", seeds: GzipSeeds.contents.map(Gzip.compress) + GzipSeeds.special,
        words: ["\u{1f}", "\u{8}", "\0\0\0\0"],
        repair: { bytes, draws in
            switch draws.below(4) {
            case 0:
                let mutator = Mutator(words: [], isText: draws.oneIn(2))
                let other = draws.pick(GzipSeeds.contents)
                return Gzip.compress(mutator.mutated(draws.pick(GzipSeeds.contents), with: other, &draws))
            // The trailer's length is what a header's promise is compared with.
            case 1 where bytes.count > 4:
                return bytes.dropLast(4) + Numbers.bytes([UInt32(truncatingIfNeeded: draws.below(1 << 20))])
            default: return bytes
            }
        }
    ) { bytes in
        let name = "input.gz"
        return .any(
            [DatasetSource.Format.idx, .csv, .cifar10].map { format in
                LoadedData.judge(GzipSeeds.source(format, name, bytes), naming: name) { data in
                    guard let content = Gzip.inflated(bytes) else { return "a broken stream is accepted" }
                    let plain = LoadedData.load(GzipSeeds.source(format, "plain", content), naming: "plain")
                    guard case .success(data) = plain else { return "not what the content is read as" }
                    return nil
                }
            })
    }
}

/// Valid compressed files.
enum GzipSeeds {
    /// What is compressed.
    static let contents = [
        IDXSeeds.all[0], IDXSeeds.all[2], Array(CSVSeeds.all[2].utf8), CIFAR10Seeds.batch([5, 6]),
        [0, 0, 8, 2, 0, 0, 1, 0, 0, 0, 2, 0] + [UInt8](repeating: 0, count: 1 << 17),
    ]
    /// Two members, an empty member before another, and a member with a name and a comment.
    static let special = [
        Gzip.compress(Array(contents[0].prefix(100))) + Gzip.compress(Array(contents[0].dropFirst(100))),
        Gzip.compress([]) + Gzip.compress(contents[2]),
        [0x1f, 0x8b, 8, 0x18, 0, 0, 0, 0, 0, 3] + Array("name\0text\0".utf8)
            + Gzip.compress(contents[0]).dropFirst(10),
    ]

    /// A data set without labels of one compressed or plain file.
    static func source(_ format: DatasetSource.Format, _ name: String, _ bytes: [UInt8]) -> DatasetSource {
        let file = DataOrigin.memory(name: name, bytes: bytes)
        switch format {
        case .csv: return DatasetSource(csv: [file], options: CSVSeeds.options[2])
        default: return DatasetSource(format: format, features: [file], labels: [])
        }
    }
}
