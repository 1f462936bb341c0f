import Safetensors

/// The fixtures on disk and malformed files made by hand.
enum Fixture {
    /// The path of a committed file; see scripts/references/safetensors_fixtures.py.
    static func path(_ name: String) -> String {
        let folder = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return folder.joined(separator: "/") + "/Data/\(name).safetensors"
    }

    /// A file's bytes: the length of the header, the header as it is and that many zeros as data.
    static func file(_ header: String, data: Int = 0) -> [UInt8] {
        file(Array(header.utf8), data: data)
    }

    /// The same of a header's bytes.
    static func file(_ header: [UInt8], data: Int = 0) -> [UInt8] {
        length(UInt64(header.count)) + header + [UInt8](repeating: 0, count: data)
    }

    /// A header length as the format stores it.
    static func length(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// One tensor's member of a header.
    static func tensor(_ name: String, _ type: String, _ shape: String, _ begin: Int, _ end: Int) -> String {
        "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}"
    }

    /// The error that reading the bytes throws, or nil when they are a valid file.
    static func failure(_ bytes: [UInt8]) -> SafetensorsError? {
        do throws(SafetensorsError) {
            _ = try SafetensorsFile(bytes: bytes, path: "fixture")
            return nil
        } catch {
            return error
        }
    }
}
