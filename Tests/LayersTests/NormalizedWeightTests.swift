import Graph
import GraphSupport
import Testing

@testable import Layers

/// Weight norm and spectral norm: what they start from and what they compute.
@Suite struct NormalizedWeightTests {
    private func traced(_ layer: any Layer, _ exampleShape: [Int]) throws -> TracedModel {
        try TracedModel(layer, exampleShape: exampleShape, target: .none, loss: .meanSquaredError)
    }

    /// The layer's output for the unit vectors, row i being column i of the weight, and next states.
    private func columns(
        _ model: TracedModel, _ values: [ReferenceTensor], mode: GraphBuilder.Mode
    ) -> (weight: ReferenceTensor, states: [ReferenceTensor]) {
        let count = model.exampleShape[0]
        let unit = ReferenceTensor(
            [count, count], (0..<count * count).map { $0 % (count + 1) == 0 ? 1.0 : 0 })
        let results = ReferenceInterpreter().run(
            [ReferenceShard(count: count, features: unit)], variables: values
        ) { count in
            let builder = GraphBuilder(mode: mode, variables: model.variables.map(\.source))
            let y = model.model(builder.input(.features, TensorType([count, model.exampleShape[0]])))
            let updates = builder.stateUpdates.map { Graph.Result(.state($0.variable), $0.value) }
            return builder.graph(for: [Graph.Result(.output(.prediction), y.value)] + updates)
        }[0]
        return (
            results[.output(.prediction)],
            model.variables.indices.compactMap { place in
                results.roles.contains(.state(place)) ? results[.state(place)] : nil
            }
        )
    }

    @Test func weightNormStartsAsThePlainWeight() throws {
        let plain = try traced(Linear(4, bias: false), [6])
        let model = try traced(Linear(4, bias: false, form: .weightNorm), [6])
        let values = model.referenceVariables(seed: 1)
        // v is drawn as the second variable, so with the numbers of one; norms and shapes are what counts.
        for row in 0..<4 {
            let norm = values[1].values[row * 6..<(row + 1) * 6].reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect((values[0].values[row] - norm).magnitude < 1e-6)
        }
        #expect(plain.variables[0].shape == model.variables[1].shape)
        let weight = columns(model, values, mode: .training).weight
        let v = values[1].values
        let transposed = ReferenceTensor([6, 4], (0..<24).map { v[$0 % 4 * 6 + $0 / 4] })
        #expect(weight.mismatch(with: transposed, relative: 1e-6, absolute: 1e-6) == nil)
    }

    @Test func weightNormScalesDirections() throws {
        let model = try traced(Linear(2, bias: false, form: .weightNorm), [2])
        let values = [ReferenceTensor([2, 1], [10, -2]), ReferenceTensor([2, 2], [3, 4, 0, 0.5])]
        let weight = columns(model, values, mode: .evaluation).weight
        #expect(weight.mismatch(with: ReferenceTensor([2, 2], [6, 0, 8, -2])) == nil)
    }

    /// The largest singular value by many steps of the power method.
    private func largestSingularValue(_ matrix: ReferenceTensor) -> Double {
        let (rows, columns) = (matrix.shape[0], matrix.shape[1])
        var v = Array(repeating: 1.0, count: columns)
        v[0] = 1.5
        var sigma = 0.0
        for _ in 0..<5000 {
            let u = (0..<rows).map { row in
                (0..<columns).reduce(0) { $0 + matrix.values[row * columns + $1] * v[$1] }
            }
            let next = (0..<columns).map { column in
                (0..<rows).reduce(0) { $0 + matrix.values[$1 * columns + column] * u[$1] }
            }
            let norm = next.reduce(0) { $0 + $1 * $1 }.squareRoot()
            v = next.map { $0 / norm }
            sigma = norm.squareRoot()
        }
        return sigma
    }

    @Test func spectralNormStartsNearTheLargestSingularValue() throws {
        let model = try traced(Conv2d(5, kernel: 2, bias: false, form: .spectralNorm), [3, 4, 4])
        let values = model.referenceVariables(seed: 2)
        let matrix = ReferenceTensor([5, 12], values[0].values)
        let (u, v) = (values[1].values, values[2].values)
        for vector in [u, v] {
            #expect((vector.reduce(0) { $0 + $1 * $1 } - 1).magnitude < 1e-6)
        }
        let sigma = (0..<5).reduce(0.0) { sum, row in
            sum + u[row] * (0..<12).reduce(0) { $0 + matrix.values[row * 12 + $1] * v[$1] }
        }
        let exact = largestSingularValue(matrix)
        // 15 steps from a random start come close, never above.
        #expect(sigma <= exact * (1 + 1e-6) && sigma > 0.95 * exact)
        // Other parameters of one model have other numbers, other seeds too.
        #expect(model.referenceVariables(seed: 3)[2] != values[2])
    }

    @Test func spectralNormTakesOneStepInTraining() throws {
        let model = try traced(Linear(2, bias: false, form: .spectralNorm), [2])
        // W v = (3, 8), u = W v / √73, Wᵀ u = (9, 32)/√73, σ = ‖Wᵀ u‖.
        let values = [
            ReferenceTensor([2, 2], [3, 0, 0, 4]), ReferenceTensor([2], [1, 0]),
            ReferenceTensor([2], [1, 2]),
        ]
        let (weight, states) = columns(model, values, mode: .training)
        let (root, norm) = (73.0.squareRoot(), 1105.0.squareRoot())
        #expect(states.count == 2)
        #expect(states[0].mismatch(with: ReferenceTensor([2], [3 / root, 8 / root])) == nil)
        #expect(states[1].mismatch(with: ReferenceTensor([2], [9 / norm, 32 / norm])) == nil)
        let sigma = norm / root
        #expect(weight.mismatch(with: ReferenceTensor([2, 2], [3 / sigma, 0, 0, 4 / sigma])) == nil)
        // Evaluation takes u and v as they are: σ = (1, 0) · W (1, 2) = 3.
        let (fixed, none) = columns(model, values, mode: .evaluation)
        #expect(none.isEmpty)
        #expect(fixed.mismatch(with: ReferenceTensor([2, 2], [1, 0, 0, 4.0 / 3])) == nil)
    }

    @Test func summaryCountsWhatIsThere() throws {
        let layers: Sequential = [
            Conv2d(4, kernel: 3, padding: 1, form: .weightNorm), GroupNormalization(2),
            Conv2d(4, kernel: 3, padding: 1, bias: false, form: .spectralNorm), InstanceNormalization(),
            BatchRenormalization(), LayerNormalization(), Flatten(), Linear(3, form: .spectralNorm),
        ]
        let model = try TracedModel(
            layers, exampleShape: [2, 4, 4], target: .classes(3), loss: .crossEntropy)
        let summary = ModelSummary(model)
        #expect(summary.rows.map(\.parameters) == [4 + 72 + 4, 8, 144, 0, 8, 128, 0, 192 + 3])
        #expect(
            summary.rows.map(\.kind) == [
                "Conv2d", "GroupNormalization", "Conv2d", "InstanceNormalization", "BatchRenormalization",
                "LayerNormalization", "Flatten", "Linear",
            ])
        // Normalization counts no products, as batch norm's.
        #expect(summary.forwardFLOPs == 2 * (4 * 16 * 18 + 4 * 16 * 36 + 64 * 3))
        #expect(summary.rows.map { $0.flops ?? 0 }.reduce(0, +) == summary.forwardFLOPs)
    }
}
