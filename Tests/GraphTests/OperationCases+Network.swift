import Graph
import GraphSupport

extension OperationCase {
    /// Matrix products, dense layers and convolutions.
    static var products: [OperationCase] {
        var cases: [OperationCase] = []
        for (transposeA, transposeB) in [(false, false), (false, true), (true, false), (true, true)] {
            cases.append(
                OperationCase(
                    "matmul \(transposeA) \(transposeB)",
                    [.parameter(transposeA ? [3, 2] : [2, 3]), .parameter(transposeB ? [4, 3] : [3, 4])],
                    counts: [1]
                ) { $0[0].matmul($0[1], transposeA: transposeA, transposeB: transposeB) })
        }
        let dense: [Leaf] = [.features([3]), .parameter([4, 3])]
        for relu in [false, true] {
            cases += [
                OperationCase("linear relu: \(relu)", dense + [.parameter([4])], counts: [3, 0, 1]) {
                    $0.node(.dense(.linear(relu: relu)), $0[0], $0[1], $0[2])
                },
                OperationCase("linear without bias relu: \(relu)", dense) {
                    $0.node(.dense(.linear(relu: relu)), $0[0], $0[1])
                },
                OperationCase("biasAdd on rows relu: \(relu)", [.features([3]), .parameter([3])]) {
                    $0.node(.dense(.biasAdd(relu: relu)), $0[0], $0[1])
                },
                OperationCase("biasAdd on images relu: \(relu)", [.features([3, 2, 2]), .parameter([3])]) {
                    $0.node(.dense(.biasAdd(relu: relu)), $0[0], $0[1])
                },
            ]
        }
        let geometries = [
            Convolution2d(),
            Convolution2d(stride: Extent2d(2, 1), padding: Extent2d(1, 2)),
            Convolution2d(stride: 3, padding: 1, groups: 2),
        ]
        return cases + geometries.flatMap(convolutions)
    }

    private static func convolutions(_ geometry: Convolution2d) -> [OperationCase] {
        let image = [4, 6, 5]
        let weight = [2, 4 / geometry.groups, 3, 2]
        let output = Array(geometry.outputShape(input: [1] + image, weight: weight).dropFirst())
        let extent = Extent2d(image[1], image[2])
        let name = "stride \(geometry.stride) padding \(geometry.padding) groups \(geometry.groups)"
        let counts = [2, 0, 1]
        return [
            OperationCase("convolution \(name)", [.features(image), .parameter(weight)], counts: counts) {
                $0.node(.convolution(.convolution(geometry)), $0[0], $0[1])
            },
            OperationCase(
                "convolutionInputGradient \(name)", [.features(output), .parameter(weight)], counts: counts
            ) { $0.node(.convolution(.convolutionInputGradient(geometry, extent)), $0[0], $0[1]) },
            OperationCase(
                "convolutionWeightGradient \(name)", [.features(image), .targets(output)], counts: counts
            ) { $0.node(.convolution(.convolutionWeightGradient(geometry, Extent2d(3, 2))), $0[0], $0[1]) },
        ]
    }

    /// Pooling with windows that overlap and reach into padding.
    static var pooling: [OperationCase] {
        let windows = [
            Window2d(kernel: 2),
            Window2d(kernel: Extent2d(3, 2), stride: Extent2d(2, 1), padding: Extent2d(1, 1)),
        ]
        return windows.flatMap { window in
            let image = [2, 5, 4]
            let input = Extent2d(5, 4)
            let output = [2, window.output(of: input).height, window.output(of: input).width]
            let name = "\(window.kernel) stride \(window.stride) padding \(window.padding)"
            // The offsets come from another tensor's maxima, so that they do not move with what is differentiated.
            @Sendable func offsets(_ image: Tensor) -> Tensor {
                let pool = image.builder.addNode(.pooling(.maxPool(window)), [image.value])
                return Tensor(Graph.Value(pool, 1), in: image.builder)
            }
            return [
                OperationCase("maxPool \(name)", [.features(image)], counts: [2, 0, 1]) {
                    $0[0].maxPooled(window)
                },
                OperationCase("maxPoolScatter \(name)", [.features(output), .targets(image)]) {
                    $0.node(.pooling(.maxPoolScatter(window, input)), $0[0], offsets($0[1]))
                },
                OperationCase("maxPoolGather \(name)", [.features(image), .targets(image)]) {
                    $0.node(.pooling(.maxPoolGather(window)), $0[0], offsets($0[1]))
                },
                OperationCase("averagePool \(name)", [.features(image)]) { $0[0].averagePooled(window) },
                OperationCase("averagePoolScatter \(name)", [.features(output)]) {
                    $0.node(.pooling(.averagePoolScatter(window, input)), $0[0])
                },
            ]
        }
    }

    /// Softmax, cross-entropy and dropout.
    static var rows: [OperationCase] {
        let logits: [Leaf] = [.features([4])]
        let pair: [Leaf] = [.features([4]), .targets([4])]
        return [
            OperationCase("softmax", logits, counts: [3, 0, 1]) { $0[0].softmax() },
            OperationCase("softmaxGradient", pair, decomposedFirst: true) {
                $0.node(.rows(.softmaxGradient), $0[0], $0[1])
            },
            OperationCase("logSoftmax", logits) { $0[0].logSoftmax() },
            OperationCase("logSoftmaxGradient", pair, decomposedFirst: true) {
                $0.node(.rows(.logSoftmaxGradient), $0[0], $0[1])
            },
            OperationCase("crossEntropy", logits, counts: [3, 0, 1]) {
                $0[0].crossEntropy(labels: $0.labels)
            },
            OperationCase("crossEntropyGradient", [.features([4]), .targets([])], decomposedFirst: true) {
                $0.node(.rows(.crossEntropyGradient), $0[0], $0.labels, $0[1])
            },
            OperationCase("dropout", [.features([3, 5])], counts: [3, 0, 1]) {
                $0[0].droppedOut(rate: 0.4, exampleIndices: $0.exampleIndices)
            },
            OperationCase("dropoutMask", [.features([7])]) {
                $0[0]
                    * $0.node(.random(.dropoutMask(rate: 0.4, tag: 3, shape: $0[0].shape)), $0.exampleIndices)
            },
        ]
    }

    /// Batch norm in all its forms, and sums over shards.
    static var acrossShards: [OperationCase] {
        var cases: [OperationCase] = []
        for synchronized in [true, false] {
            for relu in [false, true] {
                let attributes = BatchNorm(epsilon: 1e-3, synchronized: synchronized, relu: relu)
                let counts = synchronized ? [3, 0, 1, 2] : [3, 2, 4]
                for shape in [[2], [2, 2, 3]] {
                    cases.append(
                        OperationCase(
                            "batchNorm synchronized: \(synchronized) relu: \(relu) on \(shape)",
                            [.features(shape), .parameter([2]), .parameter([2])], counts: counts
                        ) { $0[0].batchNormalized(attributes, weight: $0[1], bias: $0[2]).y })
                }
            }
        }
        for relu in [false, true] {
            cases.append(
                OperationCase(
                    "batchNormInference relu: \(relu)",
                    [
                        .features([2, 3]), .parameter([2]), .parameter([2], .positive), .parameter([2]),
                        .parameter([2]),
                    ], decomposedFirst: true
                ) {
                    let attributes = BatchNorm(epsilon: 1e-3, synchronized: false, relu: relu)
                    return $0.node(
                        .batchNormalization(.batchNormInference(attributes)), $0[0], $0[1], $0[2], $0[3],
                        $0[4])
                })
        }
        return cases + [
            OperationCase("crossShardSum", [.features([2, 3])], counts: [2, 0, 1]) {
                $0[0] * $0[0].sum([0, 2]).summedAcrossShards().broadcast(to: $0[0].shape)
            },
            OperationCase(
                "crossShardSum of two operands", [.features([3]), .targets([2])], counts: [2, 0, 1]
            ) {
                let sums = $0.builder.addNode(
                    .collective(.crossShardSum),
                    [$0[0].squared().sum([0]).value, $0[1].tanh().sum([0]).value])
                let first = Tensor(Graph.Value(sums, 0), in: $0.builder).sum([1])
                let second = Tensor(Graph.Value(sums, 1), in: $0.builder).broadcast(to: $0[1].shape)
                return $0[1] * second * first.broadcast(to: $0[1].shape)
            },
        ]
    }

    /// Layer norm and group norm.
    static var normalization: [OperationCase] {
        var cases: [OperationCase] = []
        for (shape, normalized) in [([5], [5]), ([3, 2, 2], [3, 2, 2]), ([3, 4], [4])] {
            cases.append(
                OperationCase(
                    "layerNorm over \(normalized) of \(shape)",
                    [.features(shape), .parameter(normalized), .parameter(normalized)], counts: [2, 0, 1]
                ) { $0.node(.exampleNormalization(.layerNorm(epsilon: 1e-3)), $0[0], $0[1], $0[2]) })
        }
        for (shape, groups) in [([4], 2), ([4, 2, 2], 1), ([4, 2, 2], 2), ([3, 2, 2], 3)] {
            for relu in [false, true] {
                let attributes = GroupNorm(groups: groups, epsilon: 1e-3, relu: relu)
                cases.append(
                    OperationCase(
                        "groupNorm of \(groups) groups relu: \(relu) on \(shape)",
                        [.features(shape), .parameter([shape[0]]), .parameter([shape[0]])], counts: [2, 0, 1]
                    ) { $0.node(.exampleNormalization(.groupNorm(attributes)), $0[0], $0[1], $0[2]) })
            }
        }
        return cases
    }

    /// Every case.
    static var all: [OperationCase] {
        elementwise + shapes + products + pooling + rows + acrossShards + normalization + sequences
    }
}
