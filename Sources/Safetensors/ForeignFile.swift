/// A file of a format that people mistakenly give in place of another, recognized by its first bytes.
package struct ForeignFile: Sendable, Equatable {
    /// What the file is, as a phrase that fits after "found".
    package let name: String
    /// How to convert its weights to a safetensors file.
    package let weightsAdvice: String
    /// How to convert its content to a data file.
    package let dataAdvice: String

    /// How many bytes suffice to recognize every format.
    package static let startBytes = 128

    /// The format of a file that begins with these bytes; nil if it is none of those known here.
    package init?(start: [UInt8]) {
        // Text is excluded first, since a table's first column may be named as another format begins, such as "GGUF
        // size".
        let isText = !start.contains { $0 < 0x09 || (0x0e..<0x20).contains($0) }
        let other = isText ? nil : Self.container(start) ?? Self.array(start)
        guard let found = Self.document(start) ?? other else { return nil }
        self = found
    }

    private init(_ name: String, weights: String, data: String) {
        self.name = name
        weightsAdvice = weights
        dataAdvice = data
    }

    /// A file that has to be unpacked, fetched or exported in any case, with one advice for weights and data.
    private init(_ name: String, advice: String) { self.init(name, weights: advice, data: advice) }

    static let safetensors = ForeignFile(
        "a safetensors file", weights: "fetch it again",
        data: "save its tensors with numpy.save, as a file each")

    /// Plain text in place of a safetensors file, recognized by eight letters where the length belongs; nil for
    /// anything else.
    static func text(_ start: [UInt8]) -> ForeignFile? {
        let first = start.prefix(8)
        guard first.count == 8, first.allSatisfy({ (0x20...0x7e).contains($0) || (0x09...0x0d).contains($0) })
        else { return nil }
        return ForeignFile("a text file", advice: "give the file of the weights")
    }

    private static func torch(_ name: String) -> ForeignFile {
        ForeignFile(
            name,
            weights:
                "convert it in Python with safetensors.torch.save_file(torch.load(FILE, weights_only=True), \"weights.safetensors\"), where it holds a state_dict",
            data: "convert its tensors in Python with numpy.save(\"x.npy\", tensor.numpy())")
    }

    private static func document(_ start: [UInt8]) -> ForeignFile? {
        let words = String(decoding: start.drop { [0x20, 0x09, 0x0a, 0x0d].contains($0) }, as: UTF8.self)
            .lowercased()
        if words.hasPrefix("version https://git-lfs") {
            return ForeignFile(
                "a Git LFS pointer, which stands for the file",
                advice: "fetch the file itself with git lfs pull")
        }
        if ["<!doctype html", "<html"].contains(where: words.hasPrefix) {
            return ForeignFile(
                "a web page (HTML)", advice: "download the file itself: the address led to a page about it")
        }
        if words.hasPrefix("{\"") || words.hasPrefix("{ \"") {
            return ForeignFile(
                "JSON, as the index of several safetensors files is",
                weights: "give a safetensors file itself",
                data: "save the data as .npy or CSV")
        }
        return nil
    }

    /// Archives and files that hold several things.
    private static func container(_ start: [UInt8]) -> ForeignFile? {
        if start.starts(with: [0x50, 0x4b, 0x03, 0x04]) { return zip(start) }
        // A pickle of protocol 2 to 5.
        if start.count > 1, start[0] == 0x80, (2...5).contains(start[1]) {
            return torch("pickled Python objects, such as an old PyTorch file (.pt, .pth)")
        }
        let packed: [(name: String, magic: [UInt8])] = [
            ("gzip", [0x1f, 0x8b, 0x08]), ("bzip2", Array("BZh".utf8)),
            ("xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a]),
            ("Zstandard", [0x28, 0xb5, 0x2f, 0xfd]), ("7-Zip", [0x37, 0x7a, 0xbc, 0xaf]),
        ]
        for (name, magic) in packed where start.starts(with: magic) {
            return ForeignFile("a compressed file (\(name))", advice: "decompress it first")
        }
        if start.starts(with: [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a]) {
            return ForeignFile(
                "an HDF5 file (.h5)",
                weights: "read it with h5py and save its arrays with safetensors.numpy.save_file",
                data: "read it with h5py and save its arrays with numpy.save")
        }
        if start.starts(with: Array("GGUF".utf8)) {
            return ForeignFile(
                "a GGUF file", weights: "save the weights it was made from with safetensors.torch.save_file",
                data: "give a data file")
        }
        if start.starts(with: Array("PAR1".utf8)) {
            return ForeignFile(
                "a Parquet table", weights: "give a safetensors file",
                data: "convert it with pandas.read_parquet(FILE).to_csv(\"data.csv\", index=False)")
        }
        // Field 1 of ONNX's protocol buffer is a small version, field 2 the producer's name.
        if start.count > 8, start[0] == 0x08, (1...32).contains(start[1]), start[2] == 0x12, start[3] > 0 {
            return ForeignFile(
                "an ONNX model (.onnx)",
                weights: "save the weights it was made from with safetensors.torch.save_file",
                data: "give a data file")
        }
        return nil
    }

    private static func zip(_ start: [UInt8]) -> ForeignFile {
        // The first entry's name tells who wrote the archive.
        let entry = String(decoding: start.dropFirst(30), as: UTF8.self)
        if entry.contains("/data.pkl") || entry.contains("/byteorder") || entry.contains("/.format_version") {
            return torch("a PyTorch file (.pt, .pth: a zip archive of pickled objects)")
        }
        if entry.contains(".npy") {
            return ForeignFile(
                "a NumPy archive (.npz)",
                weights:
                    "convert it in Python with safetensors.numpy.save_file(dict(numpy.load(FILE)), \"weights.safetensors\")",
                data: "save each array of it with numpy.save, as a file of its own")
        }
        if entry.hasPrefix("[Content_Types].xml") || entry.hasPrefix("xl/") || entry.hasPrefix("_rels/") {
            return ForeignFile(
                "an Excel workbook (.xlsx)", weights: "give a safetensors file", data: "save it as CSV")
        }
        return ForeignFile("a zip archive", advice: "unpack it, and give the file in it")
    }

    /// Files that hold an array, a table or weights.
    private static func array(_ start: [UInt8]) -> ForeignFile? {
        if start.starts(with: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]) {
            return ForeignFile(
                "a NumPy array (.npy)",
                weights: "save weights by their names with safetensors.numpy.save_file",
                data: "set format: npy")
        }
        if start.count > 8, start[8] == UInt8(ascii: "{"), start[4..<8].allSatisfy({ $0 == 0 }) {
            return safetensors
        }
        if start.count > 3, start[0] == 0, start[1] == 0, (0x08...0x0e).contains(start[2]),
            (1...4).contains(start[3])
        {
            return ForeignFile("an IDX file", weights: "give a safetensors file", data: "set format: idx")
        }
        return nil
    }
}
