/// Sequences of unlike lengths.
extension DatasetLayout {
    /// Sets the features behind the lengths of examples in a row to 0.
    ///
    /// - Parameters:
    ///   - features: Examples of `width` features, one behind the other.
    ///   - lengths: The length of each of them.
    ///   - size: Bytes of a feature; those of the stored type unless given.
    func clear(
        _ features: UnsafeMutableRawPointer, behind lengths: UnsafeBufferPointer<Int32>, size: Int? = nil
    ) {
        let size = size ?? elementType.size
        let positions = positions
        // The positions of a channel are neighbours, or all channels of a position.
        let runs = positionAxis == 1 ? exampleShape[0] : 1
        let each = width / positions / runs * size
        for (example, length) in lengths.enumerated() where length < positions {
            for run in 0..<runs {
                let start = example * width * size + (run * positions + Int(length)) * each
                (features + start).initializeMemory(
                    as: UInt8.self, repeating: 0, count: (positions - Int(length)) * each)
            }
        }
    }
}
