import CKernels
import Datasets
import Foundation
import Layers
import ReplicaSupport
import Runtime
import Safetensors
import Testing

@testable import DataParallel

/// Products with a Hessian of 28,810 parameters, which take the kernels that large layers take, against PyTorch's in
/// float64.
@Suite(.serialized) struct ProductReferenceTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("EndToEndTests/Hessians/large").path

    @Test(arguments: [(0, 0.7, 1.0), (1, 1.3, 2.0)])
    func product(_ number: Int, _ frequency: Double, _ phase: Double) throws {
        prepareThreadForPrograms()
        let cluster = try TestCluster.get()
        let data = try Dataset(
            DatasetSource(
                format: .npy, features: "\(Self.folder)/features.npy", labels: "\(Self.folder)/labels.npy"))
        let network: Sequential = [Linear(150), ReLU(), Linear(150), Tanh(), Linear(10)]
        let model = try TracedModel(
            network, exampleShape: data.layout.exampleShape, target: .classes(10), loss: .crossEntropy)
        let weights = try SafetensorsFile.read(path: "\(Self.folder)/weights.safetensors")
        let state = try ModelState(cluster: cluster, model: model)
        defer { try? state.free() }
        try state.set(model.variables.map { try weights.tensor(named: $0.name) })
        let hessian = try HessianProduct(
            cluster: cluster, state: state,
            objective: DatasetObjective(
                order: EpochOrder(inOrder: data.count, batchSize: 64),
                maker: BatchMaker(
                    examples: data.examples, scaling: FeatureScaling(unchanged: data.layout.channels),
                    kernels: cluster.kernels),
                shards: 8, workers: 2, dropoutKey: ReplicaHarness.dropoutKey))
        defer { try? hessian.free() }
        // The direction's elements are numbered over all variables in order.
        var firsts = [0]
        for variable in model.variables {
            firsts.append(firsts[firsts.count - 1] + variable.shape.reduce(1, *))
        }
        let direction = try hessian.slices.vector { variable in
            (firsts[variable]..<firsts[variable + 1]).map { Float(sin(frequency * Double($0) + phase)) }
        }
        let product = try hessian.slices.values(hessian.multiply(direction).rounded()).joined()
        let expected = try SafetensorsFile.read(path: "\(Self.folder)/products.safetensors")
            .tensor(named: "product\(number)")
        #expect(product.count == 28_810 && expected.count == product.count)
        func norm(_ values: some Sequence<Double>) -> Double {
            values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        let difference = norm(zip(product, expected).map { Double($0) - Double($1) })
        let whole = norm(expected.map(Double.init))
        #expect(whole > 1)
        #expect(difference <= 1e-5 * whole, "off by \(difference) of \(whole)")
    }
}
