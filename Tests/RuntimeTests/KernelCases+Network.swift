import Graph

extension KernelCase {
    /// Matrix products, rows of classes, batch norm, collectives and mixtures of them.
    static var network: [KernelCase] { dense + rows + batchNorm + collectives + mixtures }

    private static var dense: [KernelCase] {
        let sizes = [(1, 1, 1), (5, 7, 3), (32, 17, 64), (2, 100, 1), (16, 16, 16)]
        return sizes.flatMap { rows, inner, columns in
            [false, true].flatMap { transposed in
                // Features are N rows of `inner`; transposed, N is the inner dimension.
                cases("matmul, B transposed \(transposed)", x: [inner], p: [transposed ? [columns, inner] : [inner, columns]], counts: [rows]) {
                    $0.x.matmul($0.p[0], transposeB: transposed)
                }
                    + cases("matmul, A transposed, B transposed \(transposed)", x: [columns], p: [transposed ? [inner, rows] : [rows, inner]], counts: [rows]) {
                        $0.x.matmul($0.p[0], transposeA: true, transposeB: transposed)
                    }
                    + cases("linear, relu \(transposed)", x: [inner], p: [[columns, inner], [columns]], counts: [rows, 1]) {
                        $0.x.applying(.linear(relu: transposed), $0.p[0], $0.p[1])
                    }
                    + cases("linear without bias, relu \(transposed)", x: [inner], p: [[columns, inner]], counts: [rows]) {
                        $0.x.applying(.linear(relu: transposed), $0.p[0])
                    }
            }
        }
    }

    private static var rows: [KernelCase] {
        [(1, 4), (5, 4), (7, 33), (3, 10)].flatMap { count, classes in
            cases("softmax", x: [classes], counts: [count]) { $0.x.softmax() }
                + cases("log-softmax", x: [classes], counts: [count]) { $0.x.logSoftmax() }
                + cases("softmax gradient", x: [classes], t: [classes], counts: [count]) {
                    $0.x.softmax().applying(.softmaxGradient, $0.t)
                }
                + cases("log-softmax gradient", x: [classes], t: [classes], counts: [count]) {
                    $0.x.logSoftmax().applying(.logSoftmaxGradient, $0.t)
                }
                + cases("cross-entropy", x: [classes], counts: [count, 2]) { $0.x.crossEntropy(labels: $0.labels) }
                + cases("cross-entropy gradient", x: [classes], t: [], counts: [count]) {
                    $0.x.applying(.crossEntropyGradient, $0.labels, $0.t)
                }
                + cases("correct", x: [classes], counts: [count, 2], tolerance: 0) {
                    $0.x.applying(.correctCount, $0.labels)
                }
        }
    }

    private static var batchNorm: [KernelCase] {
        [[7], [5, 3, 2], [12, 3, 2], [16, 2, 2], [3, 4]].flatMap { shape in
            [true, false].flatMap { synchronized in
                [false, true].flatMap { relu in
                    let attributes = BatchNorm(epsilon: 1e-5, synchronized: synchronized, relu: relu)
                    let parameters = [[shape[0]], [shape[0]]]
                    let what = "batch norm, synchronized \(synchronized), relu \(relu)"
                    return cases(what, x: shape, p: parameters, counts: [3, 2, 0, 4]) {
                        $0.x.batchNormalized(attributes, weight: $0.p[0], bias: $0.p[1]).y
                    }
                        + cases("gradient sums of \(what)", x: shape, t: shape, p: parameters, counts: [3, 2]) {
                            let made = normalized(attributes, $0)
                            return $0.x.applying(.batchNormGradientSums(attributes), made, $0.p[0], $0.p[1], $0.t)
                        }
                        + cases("input gradient of \(what)", x: shape, t: shape, p: parameters, counts: [3, 2]) {
                            let made = normalized(attributes, $0)
                            let sums = $0.x.applying(
                                .batchNormGradientSums(attributes), made, $0.p[0], $0.p[1], $0.t)
                            let total = synchronized ? sums.summedAcrossShards() : sums
                            return $0.x.applying(
                                .batchNormInputGradient(attributes), made, $0.p[0], $0.p[1], $0.t, total)
                        }
                        + [false, true].flatMap { ofWeight in
                            cases("parameter gradient of \(what)", x: shape, t: shape, p: parameters, counts: [3, 2]) {
                                $0.x.applying(
                                    .batchNormGradientSums(attributes), normalized(attributes, $0), $0.p[0], $0.p[1],
                                    $0.t
                                ).applying(.batchNormParameterGradient(ofWeight: ofWeight))
                            }
                        }
                }
            }
                + [false, true].flatMap { relu in
                    cases("batch norm with given statistics, relu \(relu)", x: shape, p: Array(repeating: [shape[0]], count: 4), isPositive: true) {
                        $0.x.applying(
                            .batchNormInference(BatchNorm(epsilon: 1e-5, synchronized: true, relu: relu)), $0.p[0], $0.p[1],
                            $0.p[2], $0.p[3])
                    }
                }
                + cases("moments", x: shape, tolerance: 1e-12) { $0.x.applying(.channelMoments) }
                + cases("merged moments", x: shape, counts: [3, 0, 1, 2], tolerance: 1e-12) {
                    $0.x.applying(.channelMoments).applying(.crossShardMoments)
                }
                + cases("running statistics", x: shape, p: [[shape[0]]], counts: [3, 1]) {
                    let moments = $0.x.applying(.channelMoments).applying(.crossShardMoments)
                    return moments.applying(.runningMean(momentum: 0.3), $0.p[0])
                        + moments.applying(.runningVariance(momentum: 0.2), $0.p[0])
                }
        }
    }

    /// The moments a batch norm uses.
    private static func normalized(_ attributes: BatchNorm, _ i: Ingredients) -> Tensor {
        let local = i.x.applying(.channelMoments)
        return attributes.synchronized ? local.applying(.crossShardMoments) : local
    }

    private static var collectives: [KernelCase] {
        [[7], [12, 3, 2]].flatMap { shape in
            // Shards of equal size, since an operand of a collective has one type.
            cases("sum over shards", x: shape, counts: [2, 2, 0, 2]) { $0.x.summedAcrossShards() }
                + cases("float64 sum over shards", x: shape, counts: [2, 2, 2], tolerance: 1e-14) {
                    $0.x.converted(to: .float64).summedAcrossShards()
                }
                + cases("sum over shards of a sum", x: shape, counts: [3, 1, 0, 2]) {
                    $0.x * 0.5 + $0.x.sum([0]).summedAcrossShards().broadcast(to: $0.x.shape)
                }
                + cases("sum over shards twice", x: shape, counts: [3, 1]) {
                    let first = $0.x.sum([0]).summedAcrossShards()
                    return (($0.x + first.broadcast(to: $0.x.shape)).squared().sum([0]).summedAcrossShards() * first)
                }
        } + cases("sum over shards of a parameter", x: [1], p: [[3]], counts: [1, 2, 1]) { $0.p[0].summedAcrossShards() }
            + cases("sum over shards of an input", x: [2], counts: [2, 2]) { $0.x.summedAcrossShards() + $0.x }
    }

    /// Layouts that meet, values with several readers, memory taken over in place.
    private static var mixtures: [KernelCase] {
        [[12, 4, 4], [16, 4, 4]].flatMap { shape in
            cases("residual of mixed layouts", x: shape, t: shape, p: [[shape[0], shape[0], 3, 3]]) {
                ($0.x.convolution($0.p[0], geometry: Convolution2d(padding: 1)) + $0.t).relu() + $0.x
            }
                + cases("a value with many readers", x: shape, p: [[shape[0]]]) {
                    let y = $0.x.applying(.biasAdd(relu: false), $0.p[0])
                    let a = y.sigmoid()
                    let b = y.relu()
                    let c = y.transposed([0, 1, 3, 2])
                    return (a + b).flattened() + (c * y).flattened() + y.flattened()
                }
                + cases("a chain in place", x: shape, p: [[shape[0]]]) {
                    var y = $0.x
                    for _ in 0..<6 { y = (y.applying(.biasAdd(relu: true), $0.p[0]) * 0.5).tanh() }
                    return y
                }
                + cases("both ends of a chain in place", x: shape) {
                    let y = $0.x.exp()
                    return y.tanh() + y
                }
                + cases("sigmoid in front of a convolution", x: shape, p: [[5, shape[0], 3, 3]]) {
                    $0.x.sigmoid().convolution($0.p[0], geometry: Convolution2d(padding: 1))
                }
                + cases("logarithm in front of a convolution", x: shape, p: [[5, shape[0], 3, 3]], isPositive: true) {
                    $0.x.log().convolution($0.p[0], geometry: Convolution2d(padding: 1))
                }
                + cases("dropout between convolutions", x: shape, p: [[5, shape[0], 3, 3]]) {
                    $0.x.applying(.dropout(rate: 0.5, tag: 0), $0.indices)
                        .convolution($0.p[0], geometry: Convolution2d(padding: 1))
                }
                + cases("flatten and a dense layer", x: shape, p: [[6, shape.reduce(1, *)], [6]]) {
                    $0.x.relu().flattened().linear(weight: $0.p[0], bias: $0.p[1])
                }
        }
    }
}
