import Messages

/// The binary version of CIFAR-10 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): records
/// of one class byte and the 3,072 bytes of a 32 x 32 image, all of red, then green, then blue. Files follow each
/// other.
struct CIFAR10Files: RecordFormat {
    let name = "cifar10"

    private static let shape = [3, 32, 32]
    private static let imageBytes = 3072
    private static let recordBytes = 3073

    /// The sizes, computed from those of the files.
    func inspect(_ files: [DataOrigin], readsLabels: Bool) throws(DataError) -> DatasetLayout {
        var count = 0
        for file in files { count += try records(in: file) }
        guard count <= Int(Int32.max) else {
            throw DataError(
                .unsupported, path: files.first?.name ?? "", expected: "at most \(Int32.max) images",
                found: "\(count)", advice: "split the data set")
        }
        return DatasetLayout(
            count: count, exampleShape: Self.shape, elementType: .uint8,
            labels: readsLabels ? .classes : .none,
            classCount: readsLabels ? 10 : nil)
    }

    /// Reads all images and, if there is memory for them, labels.
    func load(
        _ files: [DataOrigin], _ layout: DatasetLayout, features: UnsafeMutableRawPointer,
        labels: UnsafeMutableRawPointer?
    ) throws(DataError) {
        let labels = labels?.bindMemory(to: Int32.self, capacity: layout.count)
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * Self.recordBytes, alignment: 64)
        defer { piece.deallocate() }
        guard let base = piece.baseAddress else { return }
        var count = 0
        for file in files {
            let reader = try DataReader(file)
            let first = count
            while true {
                let bytes = try reader.read(into: piece)
                guard bytes % Self.recordBytes == 0 else { throw Self.size(file, reader.position) }
                for record in 0..<bytes / Self.recordBytes {
                    let start = record * Self.recordBytes
                    guard count < layout.count else { throw changed(file) }
                    (features + count * Self.imageBytes).copyMemory(
                        from: base + start + 1, byteCount: Self.imageBytes)
                    guard piece[start] < 10 else {
                        throw ExampleChecks.outsideClasses(
                            "\(piece[start])", example: count - first, classes: 10, path: file.name)
                    }
                    labels?[count] = Int32(piece[start])
                    count += 1
                }
                if bytes < piece.count { break }
            }
        }
        guard count == layout.count else { throw changed(files[0]) }
    }

    private func records(in file: DataOrigin) throws(DataError) -> Int {
        let size = try DataReader.contentSize(of: file)
        guard size > 0, size % Self.recordBytes == 0 else {
            throw try DataReader(file).foreign([], or: Self.size(file, size))
        }
        return size / Self.recordBytes
    }

    private static func size(_ file: DataOrigin, _ found: Int) -> DataError {
        DataError(
            .size, path: file.name, expected: "records of \(recordBytes) bytes, a class and an image",
            found: counted(found, "byte"),
            advice: "give the binary version's batches, such as data_batch_1.bin")
    }

    private func changed(_ file: DataOrigin) -> DataError {
        DataError(
            .mismatch, path: file.name, expected: "the file that was inspected", found: "another",
            advice: "do not change data files while they are read")
    }
}
