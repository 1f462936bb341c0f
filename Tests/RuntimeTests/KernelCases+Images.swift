import Graph

extension KernelCase {
    /// Convolutions, pooling and biases.
    static let images: [KernelCase] = {
        var list = List()
        for geometry in ConvolutionCase.all {
            for counts in [[3], [1], [2, 1]] { addConvolutions(to: &list, geometry, counts) }
        }
        addComputedFilters(to: &list)
        for window in windows {
            for channels in [5, 12, 16, 1] { addPooling(to: &list, window, channels) }
        }
        for shape in [[7], [5, 3, 2], [12, 3, 2], [16, 2, 2], [1, 2, 2]] {
            for relu in [false, true] {
                list.add("bias, relu \(relu)", x: shape, p: [[shape[0]]], counts: [3, 1]) {
                    $0.x.applying(.dense(.biasAdd(relu: relu)), $0.p[0])
                }
            }
        }
        return list.cases
    }()

    private static let windows = [
        Window2d(kernel: 2), Window2d(kernel: 3, stride: 2, padding: 1), Window2d(kernel: 2, stride: 1),
        Window2d(kernel: Extent2d(3, 2), stride: Extent2d(2, 1), padding: Extent2d(1, 0)),
        Window2d(kernel: Extent2d(6, 5)), Window2d(kernel: 2, stride: 3),
    ]

    private static func addConvolutions(to list: inout List, _ test: ConvolutionCase, _ counts: [Int]) {
        let geometry = test.geometry
        let extent = Extent2d(test.image[1], test.image[2])
        let kernel = test.kernel
        list.add("convolution, \(test)", x: test.image, p: [test.filter], counts: counts) {
            $0.x.convolution($0.p[0], geometry: geometry)
        }
        list.add("input gradient, \(test)", x: test.output, p: [test.filter], counts: counts) {
            $0.x.applying(.convolution(.convolutionInputGradient(geometry, extent)), $0.p[0])
        }
        list.add("weight gradient, \(test)", x: test.image, t: test.output, counts: counts) {
            $0.x.applying(.convolution(.convolutionWeightGradient(geometry, kernel)), $0.t)
        }
    }

    /// Filters that a shard computes: images with examples in the place of outputs.
    private static func addComputedFilters(to list: inout List) {
        for groups in [1, 2] {
            list.add(
                "images as filters in \(groups) groups", x: [8, 3, 3], p: [[2, 8 * groups, 5, 5]], counts: [6]
            ) {
                $0.p[0].convolution($0.x, geometry: Convolution2d(padding: 1, groups: groups))
            }
            list.add(
                "sigmoids as filters in \(groups) groups", x: [8, 3, 3], p: [[2, 8 * groups, 5, 5]],
                counts: [6]
            ) {
                $0.p[0].convolution($0.x.sigmoid(), geometry: Convolution2d(padding: 1, groups: groups))
            }
        }
    }

    private static func addPooling(to list: inout List, _ window: Window2d, _ channels: Int) {
        let input = Extent2d(6, 5)
        let image = [channels, 6, 5]
        let size = window.output(of: input)
        let output = [channels, size.height, size.width]
        list.add("max pool \(window)", x: image, counts: [2, 1], tolerance: 0) { $0.x.maxPooled(window) }
        list.add("max pool scatter \(window)", x: image, t: output) {
            $0.t.applying(.pooling(.maxPoolScatter(window, input)), indices($0.x, window))
        }
        list.add("max pool gather \(window)", x: image, t: image, tolerance: 0) {
            $0.t.applying(.pooling(.maxPoolGather(window)), indices($0.x, window))
        }
        list.add("average pool \(window)", x: image, counts: [2, 1]) { $0.x.averagePooled(window) }
        list.add("average pool scatter \(window)", x: output) {
            $0.x.applying(.pooling(.averagePoolScatter(window, input)))
        }
    }

    /// Where in its window each maximum is.
    private static func indices(_ x: Tensor, _ window: Window2d) -> Tensor {
        Tensor(Graph.Value(x.builder.addNode(.pooling(.maxPool(window)), [x.value]), 1), in: x.builder)
    }
}
