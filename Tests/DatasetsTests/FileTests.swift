import Glibc
import Testing

@testable import Datasets

/// What only real files can show: paths, kinds of files, changes between inspection and load.
@Suite struct FileTests {
    /// Calls `body` with the path of a folder that is removed afterwards.
    static func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/dtrain-datasets-XXXXXX".utf8CString)
        let folder = try #require(
            template.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
            })
        defer {
            for name in ["x", "y", "x.gz", "pipe"] { unlink("\(folder)/\(name)") }
            rmdir(folder)
        }
        try body(folder)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try #require(fopen(path, "w"))
        defer { fclose(file) }
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    }

    static func source(_ path: String, labels: String? = nil) -> DatasetSource {
        DatasetSource(format: .idx, features: path, labels: labels)
    }

    @Test(arguments: [false, true]) func filesLoadAsMemoryDoes(compressed: Bool) throws {
        try Self.withFolder { folder in
            let path = "\(folder)/x"
            // Larger than one input chunk, and hard to compress.
            let data = (0..<1_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
            let bytes = TestBytes.idx(sizes: [1000, 1000], data: data)
            try Self.write(compressed ? TestBytes.gzip(bytes) : bytes, to: path)
            let set = try Dataset(Self.source(path))
            #expect(TestBytes.features(set, as: UInt8.self) == data)
        }
    }

    /// A sparse file takes no room on the disk and may still promise, and hold, more than any memory.
    @Test func aFileLargerThanMemoryIsRefusedUnread() throws {
        try Self.withFolder { folder in
            let path = "\(folder)/x"
            try Self.write([], to: path)
            try #require(truncate(path, 3073 << 28) == 0)
            do throws(DataError) {
                _ = try DatasetSource(cifar10: [path]).inspect()
                Issue.record("a data set larger than memory is accepted")
            } catch {
                #expect(error.kind == .memory && error.description.contains("825707462656 bytes"), "\(error)")
            }
        }
    }

    @Test func missingFilesFoldersAndPipesAreNamed() throws {
        try Self.withFolder { folder in
            let missing = TestBytes.error(loading: Self.source("\(folder)/x"))
            #expect(missing?.kind == .missing)
            #expect(missing?.path == "\(folder)/x")
            let directory = TestBytes.error(loading: Self.source(folder))
            #expect(directory?.kind == .unreadable && directory?.found == "a folder")
            #expect(mkfifo("\(folder)/pipe", 0o600) == 0)
            #expect(TestBytes.error(loading: Self.source("\(folder)/pipe"))?.kind == .unreadable)
            let below = TestBytes.error(loading: Self.source("/proc/version/x"))
            #expect(below?.kind == .missing)
        }
        let debian = TestBytes.error(loading: Self.source("/nowhere/datasets/fashion-mnist/x.gz"))
        #expect(debian?.description.contains("package dataset-fashion-mnist") == true)
    }

    @Test func aNameWithControlCharactersStaysOneLine() {
        let error = TestBytes.error(loading: Self.source("/nowhere/a\nb\u{1b}[31m\u{2028}c"))
        #expect(error?.description.contains("/nowhere/a?b?[31m?c") == true)
    }

    @Test func aNameEndingInGzMustBeGzip() throws {
        try Self.withFolder { folder in
            try Self.write(IDXTests.images, to: "\(folder)/x.gz")
            #expect(TestBytes.error(loading: Self.source("\(folder)/x.gz"))?.kind == .gzip)
        }
    }

    @Test func aFileThatChangedAfterInspectionIsAnError() throws {
        try Self.withFolder { folder in
            let path = "\(folder)/x"
            try Self.write(IDXTests.images, to: path)
            let layout = try Self.source(path).inspect()
            try Self.write(TestBytes.idx(sizes: [3, 4], data: Array(0..<12)), to: path)
            let features = UnsafeMutableRawBufferPointer.allocate(
                byteCount: layout.featureBytes, alignment: 8)
            let labels = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 8)
            defer {
                features.deallocate()
                labels.deallocate()
            }
            let error = #expect(throws: DataError.self) {
                try Self.source(path).load(layout, features: features, labels: labels)
            }
            #expect(error?.kind == .mismatch)
        }
    }
}
