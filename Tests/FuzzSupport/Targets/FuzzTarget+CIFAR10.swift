import Datasets

extension FuzzTarget {
    /// Batches of CIFAR-10's binary version.
    static let cifar10 = FuzzTarget(
        name: "cifar10", seeds: [CIFAR10Seeds.batch([3, 1, 4]), CIFAR10Seeds.batch([9])],
        words: [
            String(repeating: "\0", count: CIFAR10Seeds.recordBytes),
            String(repeating: "\u{9}", count: CIFAR10Seeds.recordBytes - 1),
        ],
        // Nearly every change breaks the size: half of the inputs are cut to whole records again.
        repair: { bytes, draws in
            draws.oneIn(2)
                ? Array(bytes.prefix(bytes.count / CIFAR10Seeds.recordBytes * CIFAR10Seeds.recordBytes))
                : bytes
        }
    ) { bytes in
        let file = DataOrigin.memory(name: "input.bin", bytes: bytes)
        let source = DatasetSource(format: .cifar10, features: [file], labels: [])
        return LoadedData.judge(source, naming: "input.bin") { data in
            let content = bytes.starts(with: [0x1f, 0x8b]) ? Gzip.inflated(bytes) ?? [] : bytes
            let starts = Array(stride(from: 0, to: content.count, by: CIFAR10Seeds.recordBytes))
            let images = starts.flatMap {
                content[($0 + 1)..<min(content.count, $0 + CIFAR10Seeds.recordBytes)]
            }
            if content.count != data.layout.count * CIFAR10Seeds.recordBytes {
                return "\(data.layout.count) records"
            }
            if images != data.features { return "images other than the file's" }
            let classes = starts.map { Int64(content[$0]) }
            return Numbers.integers(data.labels, size: 4, isSigned: true) == classes
                ? nil : "classes other than the file's"
        }
    }
}

/// Valid batches.
enum CIFAR10Seeds {
    /// Bytes of a class and its image.
    static let recordBytes = 3073

    /// A record for each class.
    static func batch(_ classes: [UInt8]) -> [UInt8] {
        classes.flatMap { label in
            [label] + (0..<recordBytes - 1).map { UInt8(truncatingIfNeeded: $0 * 7 + Int(label)) }
        }
    }
}
