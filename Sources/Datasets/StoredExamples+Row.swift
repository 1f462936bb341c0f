extension StoredExamples {
    /// The features of one example as they were stored, rounded to Float32.
    package func features(ofRow row: Int) -> [Float] {
        precondition((0..<layout.count).contains(row), "row \(row) of \(layout.count)")
        let width = layout.width
        let start = features + row * width * layout.elementType.size
        return (0..<width).map { place in
            switch layout.elementType {
            case .uint8: Float(start.load(fromByteOffset: place, as: UInt8.self))
            case .float32: start.load(fromByteOffset: 4 * place, as: Float.self)
            case .float64: Float(start.load(fromByteOffset: 8 * place, as: Double.self))
            }
        }
    }
}
