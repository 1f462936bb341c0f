import Graph

extension KernelCase {
    /// Layer norm, group norm, their derivatives, and what batch renormalization reads of moments.
    static let normalization: [KernelCase] = {
        var list = List()
        for (shape, normalized) in [
            ([7], [7]), ([40], [40]), ([5, 3, 2], [5, 3, 2]), ([16, 2, 2], [2, 2]), ([3, 50], [50]),
            ([1], [1]),
        ] {
            addLayerNorm(to: &list, shape, normalized)
        }
        for (shape, groups) in [
            ([6], 2), ([5, 3, 2], 1), ([12, 3, 2], 3), ([12, 3, 2], 12), ([16, 5, 5], 4), ([20, 2, 2], 10),
            ([6, 4], 3), ([5, 7], 5),
        ] {
            for relu in [false, true] {
                addGroupNorm(to: &list, shape, GroupNorm(groups: groups, epsilon: 1e-5, relu: relu))
            }
        }
        for shape in [[7], [12, 3, 2]] {
            list.add("mean and deviation of channels", x: shape, counts: [3, 0, 1, 2]) {
                let moments = $0.x.channelMoments().mergedAcrossShards()
                return moments.applying(.batchNormalization(.channelMean))
                    * moments.applying(.batchNormalization(.channelDeviation(epsilon: 1e-3)))
            }
        }
        return list.cases
    }()

    private static func addLayerNorm(to list: inout List, _ shape: [Int], _ normalized: [Int]) {
        let parameters = [normalized, normalized]
        let counts = [3, 0, 1, 20]
        list.add("layer norm over \(normalized)", x: shape, p: parameters, counts: counts) {
            $0.x.layerNormalized(epsilon: 1e-5, weight: $0.p[0], bias: $0.p[1])
        }
        for output in 0..<3 {
            list.add(
                "layer norm gradient \(output) over \(normalized)", x: shape, t: shape, p: parameters,
                counts: counts, tolerance: 1e-5
            ) { gradient(.layerNormGradient(epsilon: 1e-5), $0, output) }
        }
    }

    private static func addGroupNorm(to list: inout List, _ shape: [Int], _ attributes: GroupNorm) {
        let what = "group norm of \(attributes.groups), relu \(attributes.relu)"
        let parameters = [[shape[0]], [shape[0]]]
        let counts = [3, 0, 1]
        list.add(what, x: shape, p: parameters, counts: counts) {
            $0.x.groupNormalized(attributes, weight: $0.p[0], bias: $0.p[1])
        }
        for output in 0..<3 {
            list.add(
                "gradient \(output), \(what)", x: shape, t: shape, p: parameters, counts: counts,
                tolerance: 1e-5
            ) { gradient(.groupNormGradient(attributes), $0, output) }
        }
    }

    private static func gradient(
        _ operation: Operation.ExampleNormalization, _ i: Ingredients, _ output: Int
    ) -> Tensor {
        let node = i.builder.addNode(
            .exampleNormalization(operation), [i.x, i.p[0], i.p[1], i.t].map(\.value))
        return Tensor(Graph.Value(node, output), in: i.builder)
    }
}
