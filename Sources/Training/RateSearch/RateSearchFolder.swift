/// The folder for the files of a range test; files that an earlier one has left there are replaced.
struct RateSearchFolder {
    /// The losses as a table.
    static let tableName = "lr-find.csv"
    /// The picture.
    static let pictureName = "lr-find.svg"

    private let path: String

    /// Makes the folder where it is missing; throws where nothing can be written there.
    init(_ path: String) throws {
        self.path = path
        try FileOutput.makeFolder(path)
        _ = try FileOutput.probe(folder: path, byteCount: 1 << 12)
    }

    /// Writes the table and, if there is one, the picture.
    func write(_ search: RateSearch, picture: String?) throws {
        try TextOutput(path: "\(path)/\(Self.tableName)").finish(search.csv)
        if let picture { try TextOutput(path: "\(path)/\(Self.pictureName)").finish(picture) }
    }
}
