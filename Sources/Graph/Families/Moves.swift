extension Operation {
    /// Elements along one axis: parts of a tensor, tensors joined, padded or summed up along it.
    public enum Moves: Sendable, Hashable {
        /// The extents first ..< first + count of an axis.
        case slice(axis: Int, first: Int, count: Int)
        /// Several tensors one behind the other along an axis; the other extents agree.
        case concatenate(axis: Int)
        /// More elements in front of an axis and behind it.
        case pad(Padding)
        /// dy of a padded tensor → dx: what stands in padding is added to the element that it repeats.
        case padGradient(Padding)
        /// The sum of all elements up to each one along an axis, or from each one on if reversed.
        case cumulativeSum(axis: Int, reversed: Bool)
    }
}

/// How an axis is padded.
public struct Padding: Sendable, Hashable {
    /// What stands in the padding; raw values are torch's names.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Zeros.
        case constant
        /// The axis mirrored at its first and its last element, which are not repeated.
        case reflect
        /// The first and the last element.
        case replicate
        /// The other end of the axis.
        case circular
    }

    /// The padded axis.
    public let axis: Int
    /// Elements in front of it and behind it.
    public let before: Int
    public let after: Int
    /// What they are.
    public let mode: Mode

    public init(axis: Int, before: Int, after: Int, mode: Mode = .constant) {
        self.axis = axis
        self.before = before
        self.after = after
        self.mode = mode
    }

    /// Whether an axis of `extent` elements has enough of them to be repeated.
    func fits(_ extent: Int) -> Bool {
        let most = max(before, after)
        switch mode {
        case .constant: return true
        case .reflect: return most < max(extent, 1)
        case .replicate: return extent > 0 || most == 0
        case .circular: return most <= extent
        }
    }
}

extension Operation.Moves: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        let x = operands[0]
        var shape = x.shape
        operands.require(shape.indices.contains(axis), "no axis \(axis)")
        switch self {
        case .slice(_, let first, let count):
            operands.require(
                first >= 0 && count >= 0 && first + count <= shape[axis],
                "elements \(first) ..< \(first + count) are not all there")
            shape[axis] = count
        case .concatenate:
            shape[axis] = operands.types.reduce(0) { $0 + $1.shape[axis] }
            for type in operands.types {
                var other = type.shape
                other[axis] = shape[axis]
                operands.require(
                    other == shape && type.element == x.element, "tensors differ beside axis \(axis)")
            }
        case .pad(let padding):
            operands.require(
                padding.before >= 0 && padding.after >= 0 && padding.fits(shape[axis]),
                "the axis has too few elements to be padded so")
            shape[axis] += padding.before + padding.after
        case .padGradient(let padding):
            shape[axis] -= padding.before + padding.after
            operands.require(shape[axis] >= 0, "the axis is shorter than its padding")
        case .cumulativeSum: break
        }
        return [TensorType(shape, x.element)]
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let x = node.operands[0]
        switch self {
        case .slice(let axis, let first, let count):
            return [dy.padded(axis, before: first, after: x.shape[axis] - first - count)]
        case .concatenate(let axis):
            var first = 0
            return zip(node.operands, node.wanted).map { operand, isWanted in
                let count = operand.shape[axis]
                defer { first += count }
                return isWanted ? dy.sliced(axis, first..<(first + count)) : nil
            }
        case .pad(let padding):
            guard padding.mode == .constant else { return [dy.applying(.moves(.padGradient(padding)))] }
            return [dy.sliced(padding.axis, padding.before..<(padding.before + x.shape[padding.axis]))]
        case .padGradient(let padding): return [dy.applying(.moves(.pad(padding)))]
        case .cumulativeSum(let axis, let reversed):
            return [dy.cumulativeSum(axis, reversed: !reversed)]
        }
    }

    var definition: Definition? {
        switch self {
        case .slice, .concatenate, .pad, .padGradient, .cumulativeSum: nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }

    /// The axis along which elements move.
    package var axis: Int {
        switch self {
        case .slice(let axis, _, _), .concatenate(let axis), .cumulativeSum(let axis, _): axis
        case .pad(let padding), .padGradient(let padding): padding.axis
        }
    }
}

extension Tensor {
    /// The elements of `range` along `axis`.
    public func sliced(_ axis: Int, _ range: Range<Int>) -> Tensor {
        guard range != 0..<shape[axis] else { return self }
        return applying(.moves(.slice(axis: axis, first: range.lowerBound, count: range.count)))
    }

    /// Tensors one behind the other along `axis`; there must be at least one.
    public static func concatenated(_ tensors: [Tensor], axis: Int) -> Tensor {
        guard let first = tensors.first, tensors.count > 1 else {
            precondition(!tensors.isEmpty, "nothing to concatenate")
            return tensors[0]
        }
        return first.applying(.moves(.concatenate(axis: axis)), Array(tensors.dropFirst()))
    }

    /// The tensor with elements in front of `axis` and behind it, as torch.nn.functional.pad.
    public func padded(_ axis: Int, before: Int, after: Int, _ mode: Padding.Mode = .constant) -> Tensor {
        guard before > 0 || after > 0 else { return self }
        return applying(.moves(.pad(Padding(axis: axis, before: before, after: after, mode: mode))))
    }

    /// The sum of all elements up to each one along `axis`, or from each one on if reversed, added up in Float64.
    public func cumulativeSum(_ axis: Int, reversed: Bool = false) -> Tensor {
        applying(.moves(.cumulativeSum(axis: axis, reversed: reversed)))
    }
}
