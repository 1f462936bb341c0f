extension Operation {
    /// Sequences of examples, of which each may end earlier than the tensor that holds it: its length, int32[N], says where.
    public enum Sequence: Sendable, Hashable {
        /// Lengths [N] → float32[N, steps]: 1 at positions in front of the length, else 0.
        case mask(steps: Int)
        /// Lengths [N] → int32[N]: the lengths behind a convolution or pooling by windows, at least 1.
        case windowed(Window1d)
    }
}

/// Windows that move along a sequence.
public struct Window1d: Sendable, Hashable {
    /// Elements of a window.
    public let kernel: Int
    /// How far it moves.
    public let stride: Int
    /// Elements on each side that count as nothing.
    public let padding: Int
    /// How far apart a window's elements are.
    public let dilation: Int

    /// Windows of `kernel` elements; the stride is the kernel's extent unless given.
    public init(kernel: Int, stride: Int? = nil, padding: Int = 0, dilation: Int = 1) {
        self.kernel = kernel
        self.stride = stride ?? kernel
        self.padding = padding
        self.dilation = dilation
    }

    /// The windows that a sequence of `extent` elements has; 0 or less where none fits.
    package func output(of extent: Int) -> Int {
        let room = extent + 2 * padding - dilation * (kernel - 1) - 1
        return room < 0 ? 0 : room / stride + 1
    }
}

extension Operation.Sequence: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        let lengths = operands[0]
        operands.require(lengths.element == .int32 && lengths.shape.count == 1, "lengths must be int32[N]")
        switch self {
        case .mask(let steps): return [TensorType([lengths.shape[0], steps])]
        case .windowed: return [lengths]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] { [] }

    var definition: Definition? { nil }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// The lengths of this tensor's sequences; nil where all of them fill it.
    ///
    /// What is made of a tensor has the lengths of its first operand that has any.
    public var lengths: Tensor? { lengthsValue.map { Tensor($0, in: builder) } }

    /// The same tensor, its sequences being of these lengths, int32[N]; nil for sequences that fill it.
    public func with(lengths: Tensor?) -> Tensor { Tensor(value, in: builder, lengths: lengths?.value) }

    /// Notes that a layer reads this tensor as sequences whose positions lie along `axis`: 1 in (N, T, E), 2 in (N, C, L).
    ///
    /// Where the tensor is a model's features, that is how they are normalized, and which of them lengths count.
    public func readAsSequences(along axis: Int) { builder.noteSequences(value, along: axis) }

    /// float32[N, steps]: 1 at positions in front of each of these lengths, int32[N].
    public func positionMask(steps: Int) -> Tensor { applying(.sequence(.mask(steps: steps))) }

    /// This tensor, (N, T, ...) or with positions along another axis, with zeros beyond its lengths.
    public func zeroedBeyondLengths(along axis: Int = 1) -> Tensor {
        guard let lengths else { return self }
        let mask = lengths.positionMask(steps: shape[axis])
        var extents = Array(repeating: 1, count: shape.count)
        (extents[0], extents[axis]) = (shape[0], shape[axis])
        let zeros = builder.constant(0, shape: shape)
        return mask.reshaped(to: extents).broadcast(to: shape).selecting(self, else: zeros)
            .with(lengths: lengths)
    }
}
