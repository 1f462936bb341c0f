import Graph

extension KernelCase {
    /// Operations that move or fold elements.
    static var shapes: [KernelCase] {
        moving + folding + uniform
    }

    private static var moving: [KernelCase] {
        cases("reshape", x: [6], tolerance: 0) { $0.x.reshaped(to: [2, $0.count, 3]) }
            + [[3, 2, 2], [12, 2, 3], [16, 2, 2]].flatMap { shape in
                cases("flatten", x: shape, tolerance: 0) { $0.x.flattened() }
                    + cases("reshape of a transposed image", x: shape, tolerance: 0) {
                        $0.x.transposed([0, 2, 3, 1]).flattened()
                    }
                    + [[1, 0, 2, 3], [3, 2, 1, 0], [0, 3, 1, 2]].flatMap { permutation in
                        cases("transpose \(permutation)", x: shape, tolerance: 0) { $0.x.transposed(permutation) }
                    }
            }
            + cases("transpose of a matrix", x: [5], tolerance: 0) { $0.x.transposed() }
            + cases("transpose of five dimensions", x: [2, 3, 4, 5], tolerance: 0) { $0.x.transposed([4, 0, 3, 1, 2]) }
            + cases("one-hot", x: [1], counts: [5], tolerance: 0) { $0.labels.oneHot(4) }
    }

    private static var folding: [KernelCase] {
        [[0], [1], [2], [0, 1], [0, 2, 3], [1, 3], [0, 1, 2, 3], [2, 3], []].flatMap { axes in
            [[3, 4, 5], [12, 2, 3], [16, 1, 2]].flatMap { shape in
                cases("sum over \(axes)", x: shape) { $0.x.sum(axes) }
                    + cases("float64 sum over \(axes)", x: shape, tolerance: 1e-13) {
                        $0.x.converted(to: .float64).sum(axes)
                    }
                    + cases("maximum over \(axes)", x: shape, tolerance: 0) { $0.x.maximum(axes) }
                    + cases("broadcast over \(axes)", x: shape, tolerance: 3e-6) {
                        // Reduced first, so that there is something to repeat.
                        $0.x.maximum(axes).broadcast(to: $0.x.shape) + $0.x
                    }
                    + cases("float64 broadcast over \(axes)", x: shape, tolerance: 1e-13) {
                        $0.x.converted(to: .float64).sum(axes).broadcast(to: $0.x.shape)
                    }
            }
        }
    }

    /// Values that do not depend on the shard are made once, apart from the shards' memory.
    private static var uniform: [KernelCase] {
        cases("a parameter itself", x: [1], p: [[3, 2]], tolerance: 0) { $0.p[0] }
            + cases("a function of parameters", x: [1], p: [[3, 2], [3, 2]]) { ($0.p[0].exp() * $0.p[1]).transposed() }
            + cases("a product of parameters and features", x: [4], p: [[5, 4], [5, 4]]) {
                $0.x.matmul($0.p[0].tanh() + $0.p[1], transposeB: true)
            }
            + cases("a convolution of parameters", x: [2, 3, 3], p: [[5, 2, 2, 2], [5, 2, 2, 2]]) {
                $0.x.convolution($0.p[0] * $0.p[1], geometry: Convolution2d())
            }
    }
}
