/// Which names a tensor may have; the same rule for reading and writing.
enum TensorName {
    /// The key under which a header keeps its strings.
    static let metadata = "__metadata__"

    /// What is wrong with a name; nil if it is usable.
    ///
    /// Tools turn names into files (one per tensor) and into paths of a tree, so a name must not be able to leave a
    /// folder or to forge a line of output.
    static func problem(_ name: String) -> String? {
        if name.isEmpty { return "an empty name" }
        if name == metadata { return "the reserved name \(metadata)" }
        let bytes = name.utf8
        if bytes.contains(UInt8(ascii: "/")) { return "a name with \"/\": \(SafetensorsError.quoted(name))" }
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == UInt8(ascii: ".") && $1 == $0 }) {
            return "a name with \"..\": \(SafetensorsError.quoted(name))"
        }
        if name.unicodeScalars.contains(where: \.isControlOrSeparator) {
            return "a name with a control character: \(SafetensorsError.quoted(name))"
        }
        return nil
    }

    /// Whether one name precedes another in a file: by their UTF-8 bytes, independent of any locale.
    static func precedes(_ a: String, _ b: String) -> Bool {
        a.utf8.lexicographicallyPrecedes(b.utf8)
    }
}

extension Unicode.Scalar {
    /// Whether the scalar is a control character (C0, DEL, C1) or a Unicode line or paragraph separator.
    var isControlOrSeparator: Bool {
        value < 0x20 || (0x7f...0x9f).contains(value) || value == 0x2028 || value == 0x2029
    }
}
