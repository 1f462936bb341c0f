import Graph
import GraphSupport
import Runtime
import RuntimeSupport
import Testing

/// Batch norm over shards of data with mean 10⁴ and deviation 10⁻²: Float32 holds about ten steps of a deviation
/// there, and all of them must arrive.
@Suite struct ShiftedBatchNormTests {
    /// The shape of an example and how the mini-batch is cut.
    struct Cut: Sendable, CustomTestStringConvertible {
        let shape: [Int]
        let counts: [Int]
        var testDescription: String { "\(shape) \(counts)" }

        static let all = [[5], [3, 2, 2], [16, 3, 3]].flatMap { shape in
            [[13], [6, 7], [1, 5, 0, 7], [0, 2, 2, 0, 8, 1]].map { Cut(shape: shape, counts: $0) }
        }
    }

    @Test(arguments: Cut.all)
    func equalsWholeBatch(_ cut: Cut) throws {
        prepareThreadForPrograms()
        let count = cut.counts.reduce(0, +)
        let channels = cut.shape[0]
        let features = ReferenceTensor.uniform([count] + cut.shape, bound: 3e-2, seed: 5).map {
            Double(Float(1e4 + $0))
        }
        let weight = ReferenceTensor([channels], repeating: 1)
        let bias = ReferenceTensor([channels], repeating: 0)
        let shards = ReferenceShard(count: count, features: features).split(cut.counts)
        let expected = normalized(features)
        for variant in KernelVariant.all {
            let run = try ShardedRun(shards, variables: [weight, bias], kernels: variant.kernels) { count in
                let builder = GraphBuilder(mode: .training)
                func parameter(_ place: Int) -> Tensor {
                    Tensor(
                        builder.add(.leaf(.parameter(place)), [], type: TensorType([channels])), in: builder)
                }
                let x = builder.input(.features, TensorType([count] + cut.shape))
                let attributes = BatchNorm(epsilon: 1e-12, synchronized: true)
                let y = x.batchNormalized(attributes, weight: parameter(0), bias: parameter(1)).y
                return builder.graph(for: [Graph.Result(.output(.prediction), y.value)])
            }
            run.run()
            let y = ReferenceTensor.concatenated(
                run.shards.map { run.result(.output(.prediction), shard: $0) })
            let worst = zip(y.values, expected.values).map { ($0 - $1).magnitude }.max() ?? .infinity
            // y is in units of the deviation.
            #expect(worst <= 1e-5, "\(variant.testDescription)")
        }
    }

    /// (x − mean) / deviation per channel over the whole mini-batch, in two passes of Float64.
    private func normalized(_ x: ReferenceTensor) -> ReferenceTensor {
        let channels = x.shape[1]
        let pixels = x.shape.dropFirst(2).reduce(1, *)
        var y = x
        for channel in 0..<channels {
            let places = x.values.indices.filter { $0 / pixels % channels == channel }
            let mean = places.map { x.values[$0] }.reduce(0, +) / Double(places.count)
            let squares = places.map { (x.values[$0] - mean) * (x.values[$0] - mean) }
            let deviation = (squares.reduce(0, +) / Double(places.count) + 1e-12).squareRoot()
            for place in places { y.values[place] = (x.values[place] - mean) / deviation }
        }
        return y
    }
}
