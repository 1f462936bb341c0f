extension Operation {
    /// Pooling of images (N, C, H, W).
    public enum Pooling: Sendable, Hashable {
        /// x → (y, indices): each window's first largest element and its offset inside the window.
        case maxPool(Window2d)
        /// (dy, indices) → dx of the given input height and width.
        case maxPoolScatter(Window2d, Extent2d)
        /// (x, indices) → y: the elements at the offsets.
        case maxPoolGather(Window2d)
        /// The mean over each window, padding counted as zeros.
        case averagePool(Window2d)
        /// dy → dx of the given input height and width: the adjoint of averagePool.
        case averagePoolScatter(Window2d, Extent2d)
    }
}

extension Operation.Pooling: OperationFamily {
    func types(of operands: OperandTypes) -> [TensorType] {
        switch self {
        case .maxPool(let window):
            let shape = operands.pooled(window)
            operands.require(
                window.kernel.height * window.kernel.width <= 256, "the window has more than 256 elements")
            return [TensorType(shape), TensorType(shape, .uint8)]
        case .maxPoolScatter(_, let input), .averagePoolScatter(_, let input):
            let dy = operands.image()
            return [TensorType([dy[0], dy[1], input.height, input.width])]
        case .maxPoolGather(let window), .averagePool(let window):
            return [TensorType(operands.pooled(window))]
        }
    }

    func gradient(of dy: Tensor, at node: BackwardNode) -> [Tensor?] {
        let input = node.operands[0].extent
        switch self {
        case .maxPool(let window):
            return [dy.applying(.pooling(.maxPoolScatter(window, input)), node.results[1])]
        case .maxPoolScatter(let window, _):
            return [dy.applying(.pooling(.maxPoolGather(window)), node.operands[1])]
        case .maxPoolGather(let window):
            return [dy.applying(.pooling(.maxPoolScatter(window, input)), node.operands[1])]
        case .averagePool(let window):
            return [dy.applying(.pooling(.averagePoolScatter(window, input)))]
        case .averagePoolScatter(let window, _):
            return [dy.averagePooled(window)]
        }
    }

    var definition: Definition? {
        switch self {
        case .maxPool, .maxPoolScatter, .maxPoolGather, .averagePool, .averagePoolScatter: nil
        }
    }

    func flops(operands: [TensorType], results: [TensorType]) -> Int { 0 }
}

extension Tensor {
    /// The largest element of each window; padding never wins.
    public func maxPooled(_ window: Window2d) -> Tensor { applying(.pooling(.maxPool(window))) }

    /// The mean of each window, padding counted as zeros.
    public func averagePooled(_ window: Window2d) -> Tensor { applying(.pooling(.averagePool(window))) }

    /// Height and width of an image (N, C, H, W).
    var extent: Extent2d { Extent2d(shape[2], shape[3]) }
}
