import Graph

extension KernelCase {
    /// Matrix products, rows of classes, collectives, and mixtures of them with images.
    static let network: [KernelCase] = {
        var list = List()
        for (rows, inner, columns) in [(1, 1, 1), (5, 7, 3), (32, 17, 64), (2, 100, 1), (16, 16, 16)] {
            addDense(to: &list, rows: rows, inner: inner, columns: columns)
        }
        for (count, classes) in [(1, 4), (5, 4), (7, 33), (3, 10)] { addRows(to: &list, count, classes) }
        for shape in [[7], [12, 3, 2]] { addCollectives(to: &list, shape) }
        list.add("sum over shards of a parameter", x: [1], p: [[3]], counts: [1, 2, 1]) {
            $0.p[0].summedAcrossShards()
        }
        list.add("sum over shards of an input", x: [2], counts: [2, 2]) { $0.x.summedAcrossShards() + $0.x }
        for shape in [[12, 4, 4], [16, 4, 4]] { addMixtures(to: &list, shape) }
        return list.cases
    }()

    private static func addDense(to list: inout List, rows: Int, inner: Int, columns: Int) {
        for flag in [false, true] {
            let right = flag ? [columns, inner] : [inner, columns]
            list.add("matmul, transposed false \(flag)", x: [inner], p: [right], counts: [rows]) {
                $0.x.matmul($0.p[0], transposeB: flag)
            }
            // N is the inner dimension here.
            let other = flag ? [inner, rows] : [rows, inner]
            list.add("matmul, transposed true \(flag)", x: [columns], p: [other], counts: [rows]) {
                $0.x.matmul($0.p[0], transposeA: true, transposeB: flag)
            }
            list.add(
                "linear, relu \(flag)", x: [inner], p: [[columns, inner], [columns]], counts: [rows, 1]
            ) {
                $0.x.applying(.dense(.linear(relu: flag)), $0.p[0], $0.p[1])
            }
            list.add("linear without bias, relu \(flag)", x: [inner], p: [[columns, inner]], counts: [rows]) {
                $0.x.applying(.dense(.linear(relu: flag)), $0.p[0])
            }
        }
    }

    private static func addRows(to list: inout List, _ count: Int, _ classes: Int) {
        list.add("softmax", x: [classes], counts: [count]) { $0.x.softmax() }
        list.add("log-softmax", x: [classes], counts: [count]) { $0.x.logSoftmax() }
        list.add("softmax gradient", x: [classes], t: [classes], counts: [count]) {
            $0.x.softmax().applying(.rows(.softmaxGradient), $0.t)
        }
        list.add("log-softmax gradient", x: [classes], t: [classes], counts: [count]) {
            $0.x.logSoftmax().applying(.rows(.logSoftmaxGradient), $0.t)
        }
        list.add("cross-entropy", x: [classes], counts: [count, 2]) { $0.x.crossEntropy(labels: $0.labels) }
        list.add("cross-entropy gradient", x: [classes], t: [], counts: [count]) {
            $0.x.applying(.rows(.crossEntropyGradient), $0.labels, $0.t)
        }
        list.add("correct", x: [classes], counts: [count, 2], tolerance: 0) {
            $0.x.applying(.rows(.correctCount), $0.labels)
        }
    }

    /// Shards are of equal size where every example goes into the sum.
    private static func addCollectives(to list: inout List, _ shape: [Int]) {
        list.add("sum over shards", x: shape, counts: [2, 2, 2]) { $0.x.summedAcrossShards() }
        list.add("sum over shards of a tanh", x: shape, counts: [2, 2, 2]) {
            $0.x.tanh().summedAcrossShards()
        }
        list.add("float64 sum over shards", x: shape, counts: [2, 2, 2], tolerance: 1e-14) {
            $0.x.converted(to: .float64).summedAcrossShards()
        }
        list.add("sum over shards of a sum", x: shape, counts: [3, 1, 0, 2]) {
            let total = $0.x.sum([0]).summedAcrossShards()
            return $0.x * 0.5 + total.broadcast(to: $0.x.shape)
        }
        list.add("two sums over shards, one behind the other", x: shape, counts: [3, 1]) {
            let first = $0.x.sum([0]).summedAcrossShards()
            let second = ($0.x + first.broadcast(to: $0.x.shape)).squared().sum([0]).summedAcrossShards()
            return second * first
        }
        // The image is read again a stage later.
        list.add("a sum over shards of images and what comes after", x: shape, counts: [2, 2]) {
            $0.x.tanh().summedAcrossShards() * $0.x
        }
    }

    /// Layouts that meet, values with several readers, memory taken over in place.
    private static func addMixtures(to list: inout List, _ shape: [Int]) {
        let padded = Convolution2d(padding: 1)
        list.add("residual of mixed layouts", x: shape, t: shape, p: [[shape[0], shape[0], 3, 3]]) {
            let body = $0.x.convolution($0.p[0], geometry: padded)
            return (body + $0.t).relu() + $0.x
        }
        list.add("a value with many readers", x: shape, p: [[shape[0]]]) {
            let y = $0.x.applying(.dense(.biasAdd(relu: false)), $0.p[0])
            let (a, b, c) = (y.sigmoid(), y.relu(), y.transposed([0, 1, 3, 2]))
            return (a + b).flattened() + (c * y).flattened() + y.flattened()
        }
        list.add("a chain in place", x: shape, p: [[shape[0]]]) {
            var y = $0.x
            for _ in 0..<6 { y = (y.applying(.dense(.biasAdd(relu: true)), $0.p[0]) * 0.5).tanh() }
            return y
        }
        list.add("both ends of a chain", x: shape) {
            let y = $0.x.exp()
            return y.tanh() + y
        }
        list.add("sigmoid in front of a convolution", x: shape, p: [[5, shape[0], 3, 3]]) {
            $0.x.sigmoid().convolution($0.p[0], geometry: padded)
        }
        list.add("logarithm in front of a convolution", x: shape, p: [[5, shape[0], 3, 3]], isPositive: true)
        {
            $0.x.log().convolution($0.p[0], geometry: padded)
        }
        list.add("dropout between convolutions", x: shape, p: [[5, shape[0], 3, 3]]) {
            $0.x.applying(.random(.dropout(rate: 0.5, tag: 0)), $0.indices).convolution(
                $0.p[0], geometry: padded)
        }
        list.add("flatten and a dense layer", x: shape, p: [[6, shape.reduce(1, *)], [6]]) {
            $0.x.relu().flattened().linear(weight: $0.p[0], bias: $0.p[1])
        }
    }
}
