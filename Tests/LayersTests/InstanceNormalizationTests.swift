import Graph
import GraphSupport
import Testing

@testable import Layers

/// Instance norm of sequences against numbers of torch.nn.InstanceNorm1d's formula, computed with NumPy in Float64.
@Suite struct InstanceNormalizationTests {
    private static let x = ReferenceTensor(
        [2, 2, 4], [1, 2, 4, 9, 0.5, -1, 3, -2.5, 7, 7, 1, -3, 10, 20, 30, 41])

    private static let plain = ReferenceTensor(
        [2, 2, 4],
        [
            -0.973328015, -0.648885343, 0.000000000, 1.622213358, 0.246182684, -0.492365367, 1.477096101,
            -1.230913418, 0.942808780, 0.942808780, -0.471404390, -1.414213170, -1.323898901, -0.455768474,
            0.412361953, 1.367305422,
        ])

    /// With weights 2 and −0.5, biases 1 and 0.25.
    private static let affine = ReferenceTensor(
        [2, 2, 4],
        [
            -0.946656029, -0.297770686, 1.000000000, 4.244426715, 0.126908658, 0.496182684, -0.488548051,
            0.865456709, 2.885617559, 2.885617559, 0.057191220, -1.828426339, 0.911949450, 0.477884237,
            0.043819024, -0.433652711,
        ])

    private func output(_ layer: InstanceNormalization, _ variables: [ReferenceTensor]) throws
        -> ReferenceTensor
    {
        let model = try TracedModel(layer, exampleShape: [2, 4], target: .none, loss: .meanSquaredError)
        #expect(model.variables.map(\.shape) == variables.map(\.shape))
        let shard = ReferenceShard(count: 2, features: Self.x)
        return ReferenceInterpreter().run([shard], variables: variables) { count in
            model.predictionGraph(count: count)
        }[0][.output(.prediction)]
    }

    @Test func sequencesAreNormalizedByChannel() throws {
        let plain = try output(InstanceNormalization(), [])
        #expect(plain.mismatch(with: Self.plain, relative: 1e-8, absolute: 1e-8) == nil)
        let affine = try output(
            InstanceNormalization(affine: true),
            [ReferenceTensor([2], [2, -0.5]), ReferenceTensor([2], [1, 0.25])])
        #expect(affine.mismatch(with: Self.affine, relative: 1e-8, absolute: 1e-8) == nil)
    }
}
