import Graph

extension KernelCase {
    /// Operations that move or fold elements.
    static let arrays: [KernelCase] = {
        var list = List()
        for shape in [[3, 2, 2], [12, 2, 3], [16, 2, 2]] { addMoves(to: &list, shape) }
        list.add("reshape", x: [6], tolerance: 0) { $0.x.reshaped(to: [2, $0.count, 3]) }
        list.add("transpose of a matrix", x: [5], tolerance: 0) { $0.x.transposed() }
        list.add("transpose of five dimensions", x: [2, 3, 4, 5], tolerance: 0) {
            $0.x.transposed([4, 0, 3, 1, 2])
        }
        list.add("one-hot", x: [1], counts: [5], tolerance: 0) { $0.labels.oneHot(4) }
        for axes in [[0], [1], [2], [0, 1], [0, 2, 3], [1, 3], [0, 1, 2, 3], [2, 3], []] {
            for shape in [[3, 4, 5], [12, 2, 3], [16, 1, 2]] { addFolds(to: &list, shape, axes) }
        }
        addUniform(to: &list)
        return list.cases
    }()

    private static func addMoves(to list: inout List, _ shape: [Int]) {
        list.add("flatten", x: shape, tolerance: 0) { $0.x.flattened() }
        list.add("flatten of a transposed image", x: shape, tolerance: 0) {
            $0.x.transposed([0, 2, 3, 1]).flattened()
        }
        for permutation in [[1, 0, 2, 3], [3, 2, 1, 0], [0, 3, 1, 2]] {
            list.add("transpose \(permutation)", x: shape, tolerance: 0) { $0.x.transposed(permutation) }
        }
    }

    private static func addFolds(to list: inout List, _ shape: [Int], _ axes: [Int]) {
        list.add("sum over \(axes)", x: shape) { $0.x.sum(axes) }
        list.add("maximum over \(axes)", x: shape, tolerance: 0) { $0.x.maximum(axes) }
        list.add("broadcast over \(axes)", x: shape, tolerance: 0) {
            // Reduced first, so that there is something to repeat.
            $0.x.maximum(axes).broadcast(to: $0.x.shape)
        }
        list.add("float64 sum over \(axes)", x: shape, tolerance: 1e-13) {
            $0.x.converted(to: .float64).sum(axes)
        }
        list.add("float64 broadcast over \(axes)", x: shape, tolerance: 1e-13) {
            $0.x.converted(to: .float64).sum(axes).broadcast(to: $0.x.shape)
        }
    }

    /// Values that do not depend on the shard are made once, apart from the shards' memory.
    private static func addUniform(to list: inout List) {
        list.add("a parameter itself", x: [1], p: [[3, 2]], tolerance: 0) { $0.p[0] }
        list.add("a function of parameters", x: [1], p: [[3, 2], [3, 2]]) {
            ($0.p[0].exp() * $0.p[1]).transposed()
        }
        list.add("a product with a function of parameters", x: [4], p: [[5, 4], [5, 4]]) {
            let weight = $0.p[0].tanh() + $0.p[1]
            return $0.x.matmul(weight, transposeB: true)
        }
        list.add(
            "a convolution with a function of parameters", x: [2, 3, 3], p: [[5, 2, 2, 2], [5, 2, 2, 2]]
        ) {
            let weight = $0.p[0] * $0.p[1]
            return $0.x.convolution(weight, geometry: Convolution2d())
        }
    }
}
