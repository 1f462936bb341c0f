import Messages

/// The rule for how tensors lie in a file's data: side by side, without a gap, from the first byte to the last.
enum TensorLayout {
    /// Throws unless the entries cover every byte of the data exactly once.
    ///
    /// A hole could hide anything from a reader, and overlaps would let a small file claim to hold any number of
    /// tensors.
    static func check(_ entries: [TensorEntry], dataSize: Int, path: String) throws(SafetensorsError) {
        // Empty tensors lie at the edges of others, before the one that begins there.
        let ordered = entries.sorted { a, b in
            (a.offsets.lowerBound, a.offsets.upperBound) < (b.offsets.lowerBound, b.offsets.upperBound)
        }
        var end = 0
        for entry in ordered {
            let begin = entry.offsets.lowerBound
            guard begin == end else {
                throw SafetensorsError(
                    begin < end ? .overlap : .hole, path: path,
                    expected: "\(SafetensorsError.quoted(entry.name)) to begin at byte \(end) of the data",
                    found: "byte \(begin)")
            }
            end = entry.offsets.upperBound
        }
        guard end == dataSize else {
            throw SafetensorsError(
                end > dataSize ? .truncated : .trailingBytes, path: path,
                expected: "\(counted(end, "byte")) of data",
                found: counted(dataSize, "byte"))
        }
    }
}
