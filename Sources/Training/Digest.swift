import Crypto
import Foundation

/// SHA-256 of values that must be the same everywhere.
struct Digest {
    private var hasher = SHA256()

    mutating func add(_ text: String) { hasher.update(data: Data("\(text.utf8.count):\(text)".utf8)) }

    mutating func add(_ bytes: UnsafeRawBufferPointer) { hasher.update(bufferPointer: bytes) }

    /// The digest: 32 bytes.
    var bytes: [UInt8] { Array(hasher.finalize()) }

    /// A digest in hexadecimal.
    static func text(_ bytes: [UInt8]) -> String {
        bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// The digest of a file's bytes.
    static func ofFile(_ data: Data) -> String { text(Array(SHA256.hash(data: data))) }
}
