import FuzzSupport

@testable import Datasets

/// Files made in memory for tests.
enum TestBytes {
    /// An IDX file: magic, sizes, data.
    static func idx(type: UInt8 = 0x08, sizes: [UInt32], data: [UInt8]) -> [UInt8] {
        [0, 0, type, UInt8(sizes.count)]
            + sizes.flatMap { size in (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } }
            + data
    }

    /// A .npy file with a header text as NumPy pads it, or as given.
    static func npy(_ header: String, version: UInt8 = 1, pad: Bool = true, data: [UInt8]) -> [UInt8] {
        var text = Array(header.utf8)
        if pad {
            let prefix = version == 1 ? 10 : 12
            while (prefix + text.count + 1) % 64 != 0 { text.append(0x20) }
            text.append(0x0a)
        }
        let lengthBytes = (0..<(version == 1 ? 2 : 4)).map {
            UInt8(truncatingIfNeeded: text.count >> (8 * $0))
        }
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + lengthBytes + text + data
    }

    /// The header NumPy writes for a plain array.
    static func header(_ descr: String, _ shape: String, order: String = "False") -> String {
        "{'descr': '\(descr)', 'fortran_order': \(order), 'shape': \(shape), }"
    }

    /// The little-endian bytes of values.
    static func bytes<Value: BitwiseCopyable>(_ values: [Value]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    /// The bytes of values with each value's bytes reversed: big-endian.
    static func reversed<Value: BitwiseCopyable>(_ values: [Value]) -> [UInt8] {
        values.flatMap { value in withUnsafeBytes(of: value) { Array($0.reversed()) } }
    }

    /// One gzip member.
    static func gzip(_ content: [UInt8]) -> [UInt8] { Gzip.compress(content) }

    /// A data set of files in memory.
    static func source(
        _ format: DatasetSource.Format, _ features: [UInt8], _ labels: [UInt8]? = nil, classCount: Int? = nil
    ) -> DatasetSource {
        DatasetSource(
            format: format, features: .memory(name: "features", bytes: features),
            labels: labels.map { .memory(name: "labels", bytes: $0) }, classCount: classCount)
    }

    /// The error that loading ends with, or nil.
    static func error(loading source: DatasetSource) -> DataError? {
        do throws(DataError) {
            _ = try Dataset(source)
            return nil
        } catch {
            return error
        }
    }

    /// The stored classes; nil without.
    static func classes(_ set: Dataset) -> [Int32]? {
        withExtendedLifetime(set) { set.examples.classes.map(Array.init) }
    }

    /// The stored targets; nil without.
    static func targets(_ set: Dataset) -> [Float]? {
        withExtendedLifetime(set) { set.examples.targets.map(Array.init) }
    }

    /// The stored features as the type they are stored in.
    static func features<Value: BitwiseCopyable>(_ set: Dataset, as _: Value.Type) -> [Value] {
        let count = set.layout.count * set.layout.width
        return withExtendedLifetime(set) {
            Array(
                UnsafeBufferPointer(
                    start: set.examples.features.assumingMemoryBound(to: Value.self), count: count))
        }
    }
}
