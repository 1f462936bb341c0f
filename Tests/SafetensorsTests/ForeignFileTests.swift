import Testing

@testable import Safetensors

/// Files of other formats are named, with how to convert them.
@Suite struct ForeignFileTests {
    private static func zip(_ entry: String) -> [UInt8] {
        [0x50, 0x4b, 0x03, 0x04] + Array(repeating: 0, count: 26) + Array(entry.utf8) + Array("content".utf8)
    }

    static let files: [(bytes: [UInt8], says: String)] = [
        (zip("archive/data.pkl"), "safetensors.torch.save_file(torch.load("),
        ([0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20], "old PyTorch file"),
        (zip("arr_0.npy"), "dict(numpy.load("),
        (zip("[Content_Types].xml"), "Excel"),
        (zip("weights/x.bin"), "unpack it"),
        ([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 0x76, 0], "NumPy array"),
        ([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0], "h5py"),
        (Array("GGUF".utf8) + [3, 0, 0, 0, 1], "GGUF"),
        ([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 1, 2, 3, 4], "decompress it"),
        ([8, 7, 0x12, 7] + Array("pytorch".utf8), "ONNX"),
        (Array("\n<!doctype HTML><p>".utf8), "web page"),
        (Array("version https://git-lfs.github.com/spec/v1".utf8), "git lfs pull"),
        (Array("data:\n  train: {format: csv}".utf8), "a text file"),
        (Array("{\"metadata\": {}, \"weight_map\": {}}".utf8), "give a safetensors file itself"),
    ]

    @Test func filesOfOtherFormatsAreNamed() throws {
        let folder = try TemporaryFolder()
        for (place, (bytes, says)) in Self.files.enumerated() {
            let path = try folder.write(bytes, as: "weights-\(place)")
            let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile.read(path: path) }
            #expect(error?.description.contains(says) == true, "\(String(describing: error))")
            #expect(throws: SafetensorsError.self) { try SafetensorsFile.refuseForeign(path: path) }
        }
    }

    /// The length of a header, which begins a file, may be the first bytes of another format: 0x0280 is a pickle's.
    @Test(arguments: [0x0280, 0x0380, 0x0480, 0x0580, 0x9342, 0x8b1f])
    func lengthsAreNoFormats(length: Int) throws {
        let folder = try TemporaryFolder()
        let header = "{\"__metadata__\":{\"a\":\"b\"}}"
        let bytes =
            (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
            + Array(repeating: 0x20, count: length - header.utf8.count)
        let path = try folder.write(bytes, as: "weights")
        #expect(throws: Never.self) { try SafetensorsFile.refuseForeign(path: path) }
        #expect(throws: Never.self) { try SafetensorsFile.read(path: path) }
    }

    /// A table whose first column is called as another format begins is text.
    @Test(arguments: ["GGUF size,a\n1,2\n", "PAR1,b\n", "BZhours,c\n"])
    func tablesAreNoFormats(text: String) { #expect(ForeignFile(start: Array(text.utf8)) == nil) }

    @Test func brokenFilesStayWhatTheyAre() throws {
        let folder = try TemporaryFolder()
        for bytes: [UInt8] in [[2, 0, 0, 0, 0, 0, 0, 0] + Array("{ ".utf8), [1, 2, 3], []] {
            let path = try folder.write(bytes, as: "weights")
            let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile.read(path: path) }
            #expect(error?.expected != "a safetensors file")
            #expect(throws: Never.self) { try SafetensorsFile.refuseForeign(path: path) }
        }
    }
}
