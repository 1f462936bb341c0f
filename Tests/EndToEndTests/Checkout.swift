import Foundation

/// The files of the project that tests are of.
enum Checkout {
    /// The path of one of its scripts.
    static func script(_ name: String) -> String {
        folder.deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent(
            "scripts/\(name)"
        ).path
    }

    /// The path of a file that stands beside these tests.
    static func file(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
}
