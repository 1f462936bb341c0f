/// The classes of a table's label column, in order: whole numbers ascending, or words by their bytes where one label
/// is no whole number.
struct ClassNames {
    /// The names, class 0 first; whole numbers in plain decimal digits.
    let names: [String]
    private var table = LabelTable()

    /// The classes of a run, in its order.
    init(names: [String]) {
        self.names = names
        for name in names { name.withBytes { _ = table.insert($0) } }
    }

    /// The classes among the labels found.
    init(found: LabelTable) {
        let labels = (0..<found.count).map { Array(found[$0]) }
        let numbers = labels.map { label in label.withUnsafeBytes(DecimalNumber.whole) }
        let whole = numbers.compactMap(\.self)
        if whole.count == labels.count {
            self.init(names: Set(whole).sorted().map(String.init))
        } else {
            let sorted = labels.sorted { $0.lexicographicallyPrecedes($1) }
            self.init(names: sorted.map { String(decoding: $0, as: UTF8.self) })
        }
    }

    /// Whether so many are whole numbers, and no other, that they may be meant as such.
    var areManyNumbers: Bool { names.count > 20 && names.allSatisfy { Int($0) != nil } }

    /// The class of a label; nil for one that is none of them.
    func index(of label: UnsafeRawBufferPointer) -> Int? {
        if let index = table.number(of: label) { return index }
        // 01 and +1 are 1.
        guard let number = DecimalNumber.whole(label) else { return nil }
        return String(number).withBytes { table.number(of: $0) }
    }
}

extension String {
    /// Calls `body` with the UTF-8 bytes.
    fileprivate func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(utf8).withUnsafeBytes(body)
    }
}
