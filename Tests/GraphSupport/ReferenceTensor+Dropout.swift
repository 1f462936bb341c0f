import CKernels

extension ReferenceTensor {
    /// A mask (N, ...) for these example indices [N]: 0 with probability `rate`, else 1 / (1 − rate).
    ///
    /// Element e of an example is kept where word e mod 4 of philox(key, (⌊e/4⌋, tag, low and high half of the
    /// example's index)) is at least rate · 2³². The rate is rounded to Float32, in which the kernels take it.
    package func dropoutMask(shape: [Int], rate: Double, tag: Int, key: dt_philox_key) -> ReferenceTensor {
        let rate = Double(Float(rate))
        let width = shape.dropFirst().reduce(1, *)
        var mask = ReferenceTensor(shape, repeating: 0)
        for (row, index) in values.enumerated() {
            let example = UInt64(bitPattern: Int64(index))
            for element in 0..<width {
                let counter = dt_philox_block(
                    word: (
                        UInt32(truncatingIfNeeded: element / 4), UInt32(truncatingIfNeeded: tag),
                        UInt32(truncatingIfNeeded: example), UInt32(truncatingIfNeeded: example >> 32)
                    ))
                let word = dt_philox(key, counter).word
                let chosen = [word.0, word.1, word.2, word.3][element % 4]
                if Double(chosen) >= rate * 0x1p32 { mask.values[row * width + element] = 1 / (1 - rate) }
            }
        }
        return mask
    }
}
