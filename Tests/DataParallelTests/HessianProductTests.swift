import Cluster
import GraphSupport
import Layers
import ReplicaSupport
import Runtime
import Testing

@testable import DataParallel

/// The product of a data set's Hessian with a vector against a dense Hessian by differences in Float64.
@Suite(.serialized) struct HessianProductTests {
    /// The gradient of the mean loss over the data set in every trainable element, by the naive interpreter.
    private struct Gradient {
        let test: ProductCase
        let model: TracedModel

        func callAsFunction(_ variables: [ReferenceTensor]) -> [Double] {
            let count = ProductCase.count
            let features = test.features.map(Double.init)
            var sum: [Double] = []
            let weights = model.loss.function.classWeights
            let total = weights.map { weights in test.labels.map { weights[Int($0)] }.reduce(0, +) }
            for start in stride(from: 0, to: count, by: ProductCase.batch) {
                let rows = start..<min(start + ProductCase.batch, count)
                let width = features.count / count
                let batch = ReferenceShard(
                    count: rows.count,
                    features: ReferenceTensor(
                        test.shape(count: rows.count),
                        Array(features[rows.lowerBound * width..<rows.upperBound * width])),
                    labels: ReferenceTensor([rows.count], test.labels[rows].map(Double.init)),
                    exampleIndices: ReferenceTensor([rows.count], rows.map(Double.init)))
                let sizes = (0..<ProductCase.shards).map {
                    ($0 + 1) * rows.count / ProductCase.shards - $0 * rows.count / ProductCase.shards
                }
                let results = ReferenceInterpreter(dropoutKey: ReplicaHarness.dropoutKey).run(
                    batch.split(sizes), variables: variables
                ) { model.trainingGraph(count: $0) }
                // The interpreter's gradient is of the mini-batch's own mean.
                let own = weights.map { weights in test.labels[rows].map { weights[Int($0)] }.reduce(0, +) }
                let share = (own ?? Double(rows.count)) / (total ?? Double(count))
                let flat = model.variables.indices.filter { model.variables[$0].isTrainable }.flatMap {
                    place in
                    ReferenceTensor.total(results.map { $0[.gradient(parameter: place)] }).values
                }
                if sum.isEmpty { sum = Array(repeating: 0, count: flat.count) }
                for place in flat.indices { sum[place] += share * flat[place] }
            }
            return sum
        }
    }

    @Test(arguments: ProductCase.all)
    func equalsDenseHessian(_ test: ProductCase) throws {
        prepareThreadForPrograms()
        let model = try test.model()
        let gradient = Gradient(test: test, model: model)
        // The weights as the program has them.
        let values = model.referenceVariables(seed: 5).map { tensor in tensor.map { Double(Float($0)) } }
        let trainable = model.variables.indices.filter { model.variables[$0].isTrainable }
        let direction = trainable.flatMap {
            ProductCase.direction($0, count: values[$0].values.count).map(Double.init)
        }
        let step = 1e-5
        var expected = Array(repeating: 0.0, count: direction.count)
        var column = 0
        for variable in trainable {
            for element in values[variable].values.indices {
                var (above, below) = (values, values)
                above[variable].values[element] += step
                below[variable].values[element] -= step
                let distance = above[variable].values[element] - below[variable].values[element]
                for (row, pair) in zip(gradient(above), gradient(below)).enumerated() {
                    expected[row] += (pair.0 - pair.1) / distance * direction[column]
                }
                column += 1
            }
        }
        let products = try test.product(on: TestCluster.get())
        let product = trainable.flatMap { products[$0] }.map(Double.init)
        func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let difference = norm(zip(product, expected).map { $0 - $1 })
        #expect(norm(expected) > 0.1)
        #expect(difference <= 1e-4 * norm(expected), "off by \(difference) of \(norm(expected))")
    }

    @Test(arguments: ProductCase.all)
    func workersChangeNothing(_ test: ProductCase) throws {
        prepareThreadForPrograms()
        let alone = try test.product(on: TestCluster.get(), workers: 1)
        #expect(try test.product(on: TestCluster.get(), workers: 3) == alone)
    }

    @Test(arguments: ProductCase.all)
    func isSymmetric(_ test: ProductCase) throws {
        prepareThreadForPrograms()
        let products = try test.withProduct(on: TestCluster.get()) { hessian in
            try (0..<4).map { pair -> (defect: Double, scale: Double) in
                let (u, v) = (
                    try hessian.slices.vector { test.random($0, stream: 2 * pair) },
                    try hessian.slices.vector { test.random($0, stream: 2 * pair + 1) }
                )
                let (hu, hv) = (try hessian.multiply(u), try hessian.multiply(v))
                let norms = (
                    u: try u.squaredNorm().squareRoot(), v: try v.squaredNorm().squareRoot(),
                    hu: try hu.squaredNorm().squareRoot(), hv: try hv.squaredNorm().squareRoot()
                )
                return (
                    abs(try hv.dot(u) - hu.dot(v)), max(norms.u * norms.hv, norms.v * norms.hu)
                )
            }
        }
        for product in products {
            #expect(product.scale > 0.1)
            #expect(product.defect <= 1e-5 * product.scale)
        }
    }
}
