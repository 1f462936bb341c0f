import Graph

extension KernelCase {
    /// Batch norm, its parts and its derivatives, over rows and over whole and padded blocks of channels.
    static let batchNorm: [KernelCase] = {
        var list = List()
        for shape in [[7], [5, 3, 2], [12, 3, 2], [16, 2, 2], [3, 4]] {
            for relu in [false, true] {
                for synchronized in [true, false] {
                    let attributes = BatchNorm(epsilon: 1e-5, synchronized: synchronized, relu: relu)
                    addComposite(to: &list, shape, attributes)
                    addDerivatives(to: &list, shape, attributes)
                    addSums(
                        to: &list, shape, BatchNorm(epsilon: 1e-5, synchronized: synchronized), relu: relu)
                }
                addInference(to: &list, shape, relu: relu)
            }
            addStatistics(to: &list, shape)
        }
        return list.cases
    }()

    private static func describe(_ attributes: BatchNorm) -> String {
        "batch norm, synchronized \(attributes.synchronized), relu \(attributes.relu)"
    }

    private static func addComposite(to list: inout List, _ shape: [Int], _ attributes: BatchNorm) {
        let parameters = [[shape[0]], [shape[0]]]
        list.add(describe(attributes), x: shape, p: parameters, counts: [3, 2, 0, 4]) {
            $0.x.batchNormalized(attributes, weight: $0.p[0], bias: $0.p[1]).y
        }
    }

    private static func addDerivatives(to list: inout List, _ shape: [Int], _ attributes: BatchNorm) {
        let what = describe(attributes)
        let parameters = [[shape[0]], [shape[0]]]
        list.add(
            "gradient sums, \(what)", x: shape, t: shape, p: parameters, counts: [6, 5], tolerance: 1e-5
        ) {
            gradientSums(attributes, $0).sums
        }
        list.add(
            "input gradient, \(what)", x: shape, t: shape, p: parameters, counts: [6, 5], tolerance: 1e-5
        ) {
            let (sums, moments) = gradientSums(attributes, $0)
            let total = attributes.synchronized ? sums.summedAcrossShards() : sums
            return $0.x.applying(
                .batchNormalization(.batchNormInputGradient(attributes)), moments, $0.p[0], $0.p[1], $0.t,
                total)
        }
        for ofWeight in [false, true] {
            list.add(
                "parameter gradient \(ofWeight), \(what)", x: shape, t: shape, p: parameters, counts: [6, 5],
                tolerance: 1e-5
            ) {
                gradientSums(attributes, $0).sums.applying(
                    .batchNormalization(.batchNormParameterGradient(ofWeight: ofWeight)))
            }
        }
    }

    private static func gradientSums(
        _ attributes: BatchNorm, _ i: Ingredients
    ) -> (sums: Tensor, moments: Tensor) {
        let local = i.x.channelMoments()
        let moments = attributes.synchronized ? local.mergedAcrossShards() : local
        return (
            i.x.applying(
                .batchNormalization(.batchNormGradientSums(attributes)), moments, i.p[0], i.p[1], i.t),
            moments
        )
    }

    /// What one kernel makes of a batch norm, a sum and a ReLU, and of the way back.
    private static func addSums(to list: inout List, _ shape: [Int], _ attributes: BatchNorm, relu: Bool) {
        let what = "\(describe(attributes)), added, relu \(relu)"
        let parameters = [[shape[0]], [shape[0]]]
        @Sendable func sum(_ i: Ingredients) -> (result: Tensor, moments: Tensor) {
            let (y, moments) = i.x.batchNormalized(attributes, weight: i.p[0], bias: i.p[1])
            let sum = y + i.t
            return (relu ? sum.relu() : sum, moments)
        }
        list.add(what, x: shape, t: shape, p: parameters, counts: [3, 2, 0, 4]) { sum($0).result }
        list.add("the other way round, \(what)", x: shape, t: shape, p: parameters) { i in
            let sum = i.t + i.x.batchNormalized(attributes, weight: i.p[0], bias: i.p[1]).y
            return relu ? sum.relu() : sum
        }
        guard relu, attributes.synchronized else { return }
        for ofSums in [false, true] {
            list.add(
                "gradient of sums \(ofSums), \(what)", x: shape, t: shape, p: parameters, counts: [6, 5],
                tolerance: 1e-5
            ) {
                let (result, moments) = sum($0)
                let passed = result.applying(.elementwise(.binary(.reluGradient)), $0.t)
                let sums = $0.x.applying(
                    .batchNormalization(.batchNormGradientSums(attributes)), moments, $0.p[0], $0.p[1],
                    passed)
                guard !ofSums else { return sums }
                let total = sums.converted(to: .float32).sum()
                let ones = Array(repeating: 1, count: passed.shape.count)
                return passed + total.reshaped(to: ones).broadcast(to: passed.shape)
            }
        }
    }

    private static func addInference(to list: inout List, _ shape: [Int], relu: Bool) {
        let attributes = BatchNorm(epsilon: 1e-5, synchronized: true, relu: relu)
        let parameters = Array(repeating: [shape[0]], count: 4)
        list.add("given statistics, relu \(relu)", x: shape, p: parameters, isPositive: true) {
            $0.x.applying(
                .batchNormalization(.batchNormInference(attributes)), $0.p[0], $0.p[1], $0.p[2], $0.p[3])
        }
        guard !relu else { return }
        list.add("given statistics, added", x: shape, t: shape, p: parameters, isPositive: true) {
            let y = $0.x.applying(
                .batchNormalization(.batchNormInference(attributes)), $0.p[0], $0.p[1], $0.p[2], $0.p[3])
            return (y + $0.t).relu()
        }
    }

    private static func addStatistics(to list: inout List, _ shape: [Int]) {
        list.add("moments", x: shape, tolerance: 1e-12) { $0.x.channelMoments() }
        list.add("merged moments", x: shape, counts: [3, 0, 1, 2], tolerance: 1e-12) {
            $0.x.channelMoments().mergedAcrossShards()
        }
        list.add("running statistics", x: shape, p: [[shape[0]]], counts: [3, 1]) {
            let moments = $0.x.channelMoments().mergedAcrossShards()
            let mean = moments.applying(.batchNormalization(.runningMean(momentum: 0.3)), $0.p[0])
            return mean + moments.applying(.batchNormalization(.runningVariance(momentum: 0.2)), $0.p[0])
        }
    }
}
