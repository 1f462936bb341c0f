/// The classes of a table's label column, in order: whole numbers ascending or, if one label is not a whole number,
/// words sorted by their bytes.
struct ClassNames {
    /// The names, class 0 first; whole numbers in plain decimal digits.
    let names: [String]
    private var table = LabelTable()

    /// The classes of an earlier run, in its order.
    init(names: [String]) {
        self.names = names
        for name in names { name.withBytes { _ = table.insert($0) } }
    }

    /// The classes that occur among the labels.
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

    /// Whether there are so many, all whole numbers, that they are probably meant as numbers.
    var areManyNumbers: Bool { names.count > 20 && names.allSatisfy { Int($0) != nil } }

    /// The class of a label; nil if it is none of the classes.
    func index(of label: UnsafeRawBufferPointer) -> Int? {
        if let index = table.number(of: label) { return index }
        // As class labels, 01 and +1 are the same as 1.
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
