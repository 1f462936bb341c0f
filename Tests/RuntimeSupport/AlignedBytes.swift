/// Memory at a multiple of 64, filled with a pattern that is NaN in every floating-point type.
///
/// What a program reads before it has written it shows up as NaN in a result.
final class AlignedBytes {
    /// The start.
    let base: UnsafeMutableRawPointer
    /// Its size.
    let count: Int

    /// Memory of `count` bytes.
    init(_ count: Int) {
        self.count = count
        base = .allocate(byteCount: max(64, count), alignment: 64)
        base.initializeMemory(as: UInt8.self, repeating: 0xFF, count: max(64, count))
    }

    deinit { base.deallocate() }

    /// Writes `values` as elements of another type.
    func store<Element: BitwiseCopyable>(
        _ values: [Double], at offset: Int = 0, as convert: (Double) -> Element
    ) {
        let target = (base + offset).assumingMemoryBound(to: Element.self)
        precondition(
            offset + values.count * MemoryLayout<Element>.stride <= max(64, count),
            "\(values.count) elements at \(offset) of \(count) bytes")
        for (place, value) in values.enumerated() { target[place] = convert(value) }
    }
}
