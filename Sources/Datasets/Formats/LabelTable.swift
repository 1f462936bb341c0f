/// Distinct byte strings, numbered in order of first appearance; lookups make no String.
struct LabelTable {
    /// The most distinct strings; a column with more does not hold classes.
    static let most = 65_536

    private var bytes: [UInt8] = []
    /// Where string i ends in `bytes`; it begins at the end of the one before it.
    private var ends: [Int] = []
    /// A hash table: number + 1 of the string in each place, 0 for an empty place. The number of places is a power of
    /// two, and at most half of them are used.
    private var places: [Int32] = Array(repeating: 0, count: 64)

    /// The number of strings.
    var count: Int { ends.count }

    /// The number of a string; nil if it is not there.
    func number(of text: UnsafeRawBufferPointer) -> Int? {
        let number = places[place(of: text)]
        return number == 0 ? nil : Int(number) - 1
    }

    /// The number of a string, which is added if it is not there; nil if the table is full.
    mutating func insert(_ text: UnsafeRawBufferPointer) -> Int? {
        let place = place(of: text)
        if places[place] != 0 { return Int(places[place]) - 1 }
        guard count < Self.most else { return nil }
        bytes += text
        ends.append(bytes.count)
        places[place] = Int32(count)
        if 2 * count > places.count { grow() }
        return count - 1
    }

    /// The bytes of string `number`.
    subscript(number: Int) -> ArraySlice<UInt8> {
        bytes[(number == 0 ? 0 : ends[number - 1])..<ends[number]]
    }

    private mutating func grow() {
        places = Array(repeating: 0, count: 2 * places.count)
        for number in 0..<count {
            let empty = self[number].withUnsafeBytes { text -> Int in place(of: text) }
            places[empty] = Int32(number) + 1
        }
    }

    /// The place of a string, or the empty place for it.
    private func place(of text: UnsafeRawBufferPointer) -> Int {
        // The hash is seeded anew in every process, so a file cannot be made whose labels all fall into one place. The
        // order of places affects no result: strings are numbered by first appearance.
        var hasher = Hasher()
        hasher.combine(bytes: text)
        var place = hasher.finalize() & (places.count - 1)
        while places[place] != 0, !self[Int(places[place]) - 1].elementsEqual(text) {
            place = (place + 1) & (places.count - 1)
        }
        return place
    }
}
