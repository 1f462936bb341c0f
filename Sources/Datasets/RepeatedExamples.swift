/// How many examples of a training set repeat an earlier one, byte for byte.
package struct RepeatedExamples: Sendable, Equatable {
    /// Examples whose features and labels are those of an earlier one.
    package let repeated: Int
    /// Other examples whose features are those of an earlier one, with another label.
    package let relabelled: Int

    /// The most bytes of features that are looked through: half a second of one core's work, twice that if some repeat.
    /// (Fashion-MNIST's 47 MB take 0.05 s.)
    package static let mostBytes = 512 << 20

    /// Counts the repetitions among all examples, or those of `rows`.
    ///
    /// Linear time, 16 bytes of memory an example. Examples are compared where their hashes agree, so that the numbers
    /// do not depend on the hash.
    package init(_ examples: StoredExamples, rows: [Int32]?) {
        let all = Self.repetitions(examples, rows: rows, comparesLabels: true)
        repeated = all
        // Of the distinct examples, those beyond the distinct features differ from another one in the label alone.
        relabelled =
            all == 0 || examples.labels == nil
            ? 0 : Self.repetitions(examples, rows: rows, comparesLabels: false) - all
    }

    /// The examples that equal an earlier one, in features or in features and labels.
    private static func repetitions(
        _ examples: StoredExamples, rows: [Int32]?, comparesLabels: Bool
    ) -> Int {
        let layout = examples.layout
        let (width, labelWidth) = (layout.width * layout.elementType.size, layout.labelSize)
        let (features, labels) = (examples.features, comparesLabels ? examples.labels : nil)
        func isSame(_ a: Int, _ b: Int) -> Bool {
            func part(_ base: UnsafeRawPointer, _ row: Int, _ width: Int) -> UnsafeRawBufferPointer {
                UnsafeRawBufferPointer(start: base + row * width, count: width)
            }
            guard part(features, a, width).elementsEqual(part(features, b, width)) else { return false }
            return labels.map {
                part($0, a, labelWidth).elementsEqual(part($0, b, labelWidth))
            } ?? true
        }
        let count = rows?.count ?? layout.count
        // Open addressing, at most half full: the low half of the hash, and the row + 1; 0 for an empty place.
        var table = Array(repeating: (tag: UInt32(0), row: Int32(0)), count: 2 * count)
        var repeated = 0
        table.withUnsafeMutableBufferPointer { table in
            for place in 0..<count {
                let row = rows.map { Int($0[place]) } ?? place
                var hash = Self.hash(features + row * width, width, seed: 0x9e37_79b9_7f4a_7c15)
                if let labels { hash = Self.hash(labels + row * labelWidth, labelWidth, seed: hash) }
                let tag = UInt32(truncatingIfNeeded: hash)
                var slot = Int(hash.multipliedFullWidth(by: UInt64(table.count)).high)
                while table[slot].row != 0 {
                    if table[slot].tag == tag, isSame(Int(table[slot].row) - 1, row) { break }
                    slot = slot + 1 == table.count ? 0 : slot + 1
                }
                if table[slot].row == 0 {
                    table[slot] = (tag, Int32(row) + 1)
                } else {
                    repeated += 1
                }
            }
        }
        return repeated
    }

    /// A hash of some bytes: eight at a time, multiplied to 128 bits and folded, as wyhash does.
    private static func hash(_ bytes: UnsafeRawPointer, _ count: Int, seed: UInt64) -> UInt64 {
        func mixed(_ a: UInt64, _ b: UInt64) -> UInt64 {
            let product = a.multipliedFullWidth(by: b)
            return product.high ^ product.low
        }
        var hash = seed ^ UInt64(count)
        var start = 0
        while start + 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)
            hash = mixed(hash ^ word, 0xe703_7ed1_a0b4_28db)
            start += 8
        }
        var last: UInt64 = 0
        while start < count {
            last = last << 8 | UInt64(bytes.load(fromByteOffset: start, as: UInt8.self))
            start += 1
        }
        return mixed(hash ^ last, 0x8ebc_6af0_9c88_c6e3) ^ hash
    }
}
