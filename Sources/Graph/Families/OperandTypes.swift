/// The types of an operation's operands, with what operations require of them.
struct OperandTypes {
    /// For messages.
    let operation: Operation
    let types: [TensorType]

    subscript(place: Int) -> TensorType { types[place] }

    /// The number of operands.
    var count: Int { types.count }

    func fail(_ reason: String) -> Never {
        preconditionFailure("\(operation) on \(types.map(\.description).joined(separator: ", ")): \(reason)")
    }

    func require(_ condition: Bool, _ reason: @autoclosure () -> String) {
        if !condition { fail(reason()) }
    }

    /// The extents of an operand that must be a matrix.
    func matrix(_ place: Int) -> (rows: Int, columns: Int) {
        require(types[place].shape.count == 2, "operand \(place) must be a matrix")
        return (types[place].shape[0], types[place].shape[1])
    }

    /// The shape of an operand that must be (N, C, H, W).
    func image(_ place: Int = 0) -> [Int] {
        require(types[place].shape.count == 4, "operand \(place) must be (N, C, H, W)")
        return types[place].shape
    }

    /// The channels of the first operand, (N, C, ...).
    func channels() -> Int {
        require(types[0].shape.count >= 2, "the operand needs a channel dimension")
        return types[0].shape[1]
    }

    /// The shape that `window` makes of the first operand, an image.
    func pooled(_ window: Window2d) -> [Int] {
        let shape = image()
        let input = Extent2d(shape[2], shape[3])
        require(window.fits(input), "the window is larger than the padded image")
        let output = window.output(of: input)
        return [shape[0], shape[1], output.height, output.width]
    }
}
