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
        for shape in [[3, 4, 5], [2, 6], [7, 1, 16], [17, 33]] { addAlongAxes(to: &list, shape) }
        addLookups(to: &list)
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

    /// Parts, joins, padding and running sums along every axis.
    private static func addAlongAxes(to list: inout List, _ shape: [Int]) {
        for axis in 1...shape.count {
            let extent = shape[axis - 1]
            list.add("slice of axis \(axis)", x: shape, tolerance: 0) {
                $0.x.sliced(axis, (extent / 3)..<((extent + 2) / 2))
            }
            list.add("concatenate along axis \(axis)", x: shape, tolerance: 0) {
                .concatenated([$0.x, $0.x.sliced(axis, 0..<(extent / 2)), $0.x * 2], axis: axis)
            }
            for mode in Padding.Mode.allCases where mode != .reflect || extent > 1 {
                let before = min(2, mode == .reflect ? extent - 1 : extent)
                list.add("pad axis \(axis) by \(mode)", x: shape, tolerance: 0) {
                    $0.x.padded(axis, before: before, after: 1, mode)
                }
                list.add("fold axis \(axis) by \(mode)", x: shape) {
                    let padded = $0.x.padded(axis, before: before, after: 1, mode).squared()
                    let padding = Padding(axis: axis, before: before, after: 1, mode: mode)
                    return padded.applying(.moves(.padGradient(padding)))
                }
            }
            for reversed in [false, true] {
                list.add("cumulative sum of axis \(axis), reversed \(reversed)", x: shape) {
                    $0.x.cumulativeSum(axis, reversed: reversed)
                }
            }
        }
    }

    private static func addLookups(to list: inout List) {
        for width in [1, 5, 16, 33] {
            list.add("gather rows of \(width)", x: [1], p: [[4, width]], counts: [5, 2], tolerance: 0) {
                $0.p[0].gatheredRows($0.labels)
            }
            list.add("scatter rows of \(width)", x: [width], counts: [9]) {
                $0.x.scatteredRows($0.labels, rows: 5)
            }
        }
        for (rows, inner, columns) in [(1, 1, 1), (3, 5, 2), (16, 33, 17), (40, 32, 20)] {
            for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
                list.add(
                    "batched matmul \(transposeA) \(transposeB)",
                    x: [2] + (transposeA ? [inner, rows] : [rows, inner]),
                    t: [2] + (transposeB ? [columns, inner] : [inner, columns])
                ) { $0.x.batchedMatmul($0.t, transposeA: transposeA, transposeB: transposeB) }
            }
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
