/// Why a safetensors file cannot be read or written: one problem of one file, in one line.
public struct SafetensorsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sort of problem, for code that decides by it.
    public enum Reason: String, Sendable, CaseIterable {
        /// There is no file at the path.
        case missing
        /// The file cannot be opened or read, or is no regular file.
        case unreadable
        /// The file cannot be created, written, flushed or renamed.
        case unwritable
        /// The data do not fit into this machine's memory.
        case memory
        /// The file ends before its header or its last tensor does.
        case truncated
        /// The header's length is above the limit or below that of an empty object.
        case headerLength
        /// The header is not JSON of the form that the format prescribes.
        case malformedHeader
        /// There are more names than any file has.
        case tooManyNames
        /// Two tensors, or two keys of one object, have the same name.
        case duplicateName
        /// A tensor's name is empty, holds "..", "/" or a control character, or is reserved.
        case unusableName
        /// The element type is not one that this library knows.
        case unknownType
        /// A number, or a product of dimensions, exceeds 64 bits, or a shape has too many dimensions.
        case overflow
        /// A tensor's offsets are not two, are reversed or do not span shape times element size.
        case offsets
        /// Bytes between two tensors belong to neither of them.
        case hole
        /// Two tensors share bytes.
        case overlap
        /// Bytes follow the last tensor.
        case trailingBytes
        /// No tensor has the name that was asked for.
        case missingTensor
        /// A tensor's elements are of a type that the caller's request cannot take.
        case wrongType
        /// An element has no finite counterpart in the type that was asked for.
        case outOfRange
    }

    /// The sort of problem, on which code may decide.
    public let reason: Reason
    /// The file, or the name of bytes given in memory.
    public let path: String
    /// What should have been there.
    public let expected: String
    /// What was there.
    public let found: String

    init(_ reason: Reason, path: String, expected: String, found: String) {
        self.reason = reason
        self.path = path
        self.expected = expected
        self.found = found
    }

    /// The path, what was expected and what was found; always one line, whatever the file or its name contains.
    public var description: String {
        Self.oneLine("\(path): expected \(expected), found \(found)")
    }

    /// A name from a file in quotes, cut so that a hostile name cannot fill a screen.
    static func quoted(_ name: String) -> String {
        let shown = name.unicodeScalars.prefix(80)
        let rest = shown.endIndex == name.unicodeScalars.endIndex ? "" : "…"
        return "\"\(String(shown))\(rest)\""
    }

    /// The text with every control character and line separator replaced by a question mark.
    private static func oneLine(_ text: String) -> String {
        var line = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            line.append(scalar.isControlOrSeparator ? "?" : scalar)
        }
        return String(line)
    }
}
