import Foundation

/// A folder that lives as long as the value.
final class TemporaryFolder {
    /// The folder's path.
    let path: String

    /// Creates an empty folder.
    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "safetensors-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The names in the folder, hidden ones too, sorted.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    /// Writes bytes to a file in the folder and returns its path.
    func write(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }
}
