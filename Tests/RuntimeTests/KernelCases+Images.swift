import Graph

extension KernelCase {
    /// Convolutions, pooling and biases.
    static var images: [KernelCase] { convolutions + computedFilters + pooling + biases }

    /// One convolution.
    private struct Geometry {
        let image: [Int]
        let outputs: Int
        let kernel: Extent2d
        let geometry: Convolution2d

        init(
            _ image: [Int], _ outputs: Int, _ kernel: Extent2d, stride: Extent2d = 1, padding: Extent2d = 0,
            groups: Int = 1
        ) {
            self.image = image
            self.outputs = outputs
            self.kernel = kernel
            geometry = Convolution2d(stride: stride, padding: padding, groups: groups)
        }

        var filter: [Int] { [outputs, image[0] / geometry.groups, kernel.height, kernel.width] }
        var output: [Int] { Array(geometry.outputShape(input: [1] + image, weight: filter).dropFirst()) }
    }

    private static let geometries = [
        Geometry([3, 8, 8], 16, 3, padding: 1), Geometry([1, 9, 9], 8, 5, padding: 2),
        Geometry([16, 6, 6], 16, 3, padding: 1), Geometry([12, 7, 7], 20, 3, stride: 2, padding: 1),
        Geometry([16, 8, 8], 32, 1, stride: 2), Geometry([17, 4, 4], 33, 3, padding: 1),
        Geometry([6, 7, 5], 10, Extent2d(3, 2), stride: Extent2d(2, 1), padding: Extent2d(1, 0)),
        Geometry([8, 5, 5], 8, 3, padding: 1, groups: 2), Geometry([32, 4, 4], 32, 3, padding: 1, groups: 2),
        Geometry([12, 5, 5], 12, 3, padding: 1, groups: 12), Geometry([16, 5, 5], 16, 3, stride: 2, groups: 16),
        Geometry([6, 5, 5], 9, 3, padding: 1, groups: 3),
        // Strides that leave the last rows and columns unread.
        Geometry([8, 8, 9], 8, 3, stride: 3), Geometry([5, 3, 3], 7, 3),
        Geometry([4, 6, 6], 4, Extent2d(1, 4), stride: Extent2d(1, 3), padding: Extent2d(0, 2)),
    ]

    private static var convolutions: [KernelCase] {
        geometries.flatMap { g in
            [[3], [1], [2, 1]].flatMap { counts in
                cases("convolution \(g.geometry)", x: g.image, p: [g.filter], counts: counts) {
                    $0.x.convolution($0.p[0], geometry: g.geometry)
                }
                    + cases("input gradient \(g.geometry)", x: g.output, p: [g.filter], counts: counts) {
                        $0.x.applying(
                            .convolutionInputGradient(g.geometry, Extent2d(g.image[1], g.image[2])), $0.p[0])
                    }
                    + cases("weight gradient \(g.geometry)", x: g.image, t: g.output, counts: counts) {
                        $0.x.applying(.convolutionWeightGradient(g.geometry, g.kernel), $0.t)
                    }
            }
        }
    }

    /// Filters that were themselves computed, with the examples in the place of outputs.
    private static var computedFilters: [KernelCase] {
        [Convolution2d(padding: 1), Convolution2d(padding: 1, groups: 2)].flatMap { geometry in
            cases(
                "a filter per shard \(geometry)", x: [8 * geometry.groups, 3, 3], p: [[2, 8 * geometry.groups, 5, 5]],
                counts: [4]
            ) {
                // The images as filters: (N, C, 3, 3) over C · groups channels.
                let filter = $0.x.shape[1] == $0.p[0].shape[1] / geometry.groups
                    ? $0.x : $0.x.reshaped(to: [$0.count * geometry.groups, 8, 3, 3])
                return $0.p[0].convolution(filter, geometry: geometry)
            }
        } + cases("a blocked image as filter in groups", x: [4, 3, 3], p: [[3, 8, 5, 5]], counts: [6]) {
            $0.p[0].convolution($0.x, geometry: Convolution2d(groups: 2))
        }
    }

    private static var pooling: [KernelCase] {
        let windows = [
            Window2d(kernel: 2), Window2d(kernel: 3, stride: 2, padding: 1), Window2d(kernel: 2, stride: 1),
            Window2d(kernel: Extent2d(3, 2), stride: Extent2d(2, 1), padding: Extent2d(1, 0)),
            Window2d(kernel: Extent2d(6, 5)), Window2d(kernel: 2, stride: 3),
        ]
        return windows.flatMap { window in
            [5, 12, 16, 1].flatMap { channels in
                let image = [channels, 6, 5]
                let input = Extent2d(6, 5)
                let size = window.output(of: input)
                let output = [channels, size.height, size.width]
                return cases("max pool \(window)", x: image, counts: [2, 1], tolerance: 0) { $0.x.maxPooled(window) }
                    + cases("max pool scatter \(window)", x: image, t: output) {
                        let pool = $0.builder.addNode(.maxPool(window), [$0.x.value])
                        let indices = Tensor(Graph.Value(pool, 1), in: $0.builder)
                        return $0.t.applying(.maxPoolScatter(window, input), indices)
                    }
                    + cases("max pool gather \(window)", x: image, t: image, tolerance: 0) {
                        let pool = $0.builder.addNode(.maxPool(window), [$0.x.value])
                        let indices = Tensor(Graph.Value(pool, 1), in: $0.builder)
                        return $0.t.applying(.maxPoolGather(window), indices)
                    }
                    + cases("average pool \(window)", x: image, counts: [2, 1]) { $0.x.averagePooled(window) }
                    + cases("average pool scatter \(window)", x: output) {
                        $0.x.applying(.averagePoolScatter(window, input))
                    }
            }
        }
    }

    private static var biases: [KernelCase] {
        [[7], [5, 3, 2], [12, 3, 2], [16, 2, 2], [1, 2, 2]].flatMap { shape in
            [false, true].flatMap { relu in
                cases("bias, relu \(relu)", x: shape, p: [[shape[0]]], counts: [3, 1]) {
                    $0.x.applying(.biasAdd(relu: relu), $0.p[0])
                }
            }
        }
    }
}
