import Graph

extension ReferenceTensor {
    /// Each window's first largest element and its offset k · kernel width + l inside the window.
    func maxPool(_ window: Window2d) -> (y: ReferenceTensor, indices: ReferenceTensor) {
        var y = ReferenceTensor(pooledShape(window), repeating: -.infinity)
        var indices = ReferenceTensor(y.shape, repeating: -1)
        Self.forEachPixel(x: shape, y: y.shape, window) { xAt, yAt, offset in
            let value = values[xAt]
            if indices.values[yAt] < 0 || Self.isLarger(value, than: y.values[yAt]) {
                y.values[yAt] = value
                indices.values[yAt] = Double(offset)
            }
        }
        return (y, indices)
    }

    /// dy added where its window's offset points: this tensor is dy.
    func maxPoolScatter(_ indices: ReferenceTensor, _ window: Window2d, input: Extent2d) -> ReferenceTensor {
        var dx = ReferenceTensor([shape[0], shape[1], input.height, input.width], repeating: 0)
        Self.forEachPixel(x: dx.shape, y: shape, window) { xAt, yAt, offset in
            if indices.values[yAt] == Double(offset) { dx.values[xAt] += values[yAt] }
        }
        return dx
    }

    /// The element of each window at its offset.
    func maxPoolGather(_ indices: ReferenceTensor, _ window: Window2d) -> ReferenceTensor {
        var y = ReferenceTensor(indices.shape, repeating: 0)
        Self.forEachPixel(x: shape, y: y.shape, window) { xAt, yAt, offset in
            if indices.values[yAt] == Double(offset) { y.values[yAt] = values[xAt] }
        }
        return y
    }

    /// The mean of each window, padding counted as zeros.
    func averagePool(_ window: Window2d) -> ReferenceTensor {
        var y = ReferenceTensor(pooledShape(window), repeating: 0)
        Self.forEachPixel(x: shape, y: y.shape, window) { xAt, yAt, _ in
            y.values[yAt] += values[xAt] / Double(window.kernel.height * window.kernel.width)
        }
        return y
    }

    /// The adjoint of the mean: this tensor is dy.
    func averagePoolScatter(_ window: Window2d, input: Extent2d) -> ReferenceTensor {
        var dx = ReferenceTensor([shape[0], shape[1], input.height, input.width], repeating: 0)
        Self.forEachPixel(x: dx.shape, y: shape, window) { xAt, yAt, _ in
            dx.values[xAt] += values[yAt] / Double(window.kernel.height * window.kernel.width)
        }
        return dx
    }

    private func pooledShape(_ window: Window2d) -> [Int] {
        let extent = window.output(of: Extent2d(shape[2], shape[3]))
        return [shape[0], shape[1], extent.height, extent.width]
    }

    /// Visits every pixel of every window: its offset in x, the window's in y, and its place in the window.
    private static func forEachPixel(
        x: [Int], y: [Int], _ window: Window2d, _ visit: (Int, Int, Int) -> Void
    ) {
        for plane in 0..<y[0] * y[1] {
            for i in 0..<y[2] {
                for j in 0..<y[3] {
                    for k in 0..<window.kernel.height {
                        for l in 0..<window.kernel.width {
                            let row = i * window.stride.height + k - window.padding.height
                            let column = j * window.stride.width + l - window.padding.width
                            guard 0..<x[2] ~= row, 0..<x[3] ~= column else { continue }
                            visit(
                                (plane * x[2] + row) * x[3] + column,
                                (plane * y[2] + i) * y[3] + j,
                                k * window.kernel.width + l)
                        }
                    }
                }
            }
        }
    }
}
