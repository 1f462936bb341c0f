import CKernels
import Cluster
import DataParallel
import Datasets
import DistributedTraining
import Foundation
import Layers

/// How many examples a second products with the Hessian take, and gradients of the same pass.
enum ProductSpeed {
    /// Measures both in turns and prints one JSON line: examples per second of each; collective.
    ///
    /// - Parameters:
    ///   - name: mlp or cnn, the networks of the recipes, with batch norm as in training.
    ///   - batch: Examples of a mini-batch.
    ///   - seconds: How long each is measured.
    static func measure(_ name: String, batch: Int, seconds: Double, on cluster: Cluster) throws {
        let count = batch * 4
        let data = try Dataset(
            name: name,
            features: (0..<count * 784).map { element in
                let number = (element * 7919 + 13) % 1009
                return Float(number) / 504 - 1
            },
            exampleShape: [1, 28, 28],
            labels: .classes((0..<count).map { Int32(($0 * 7 + 3) % 10) } as [Int32], count: 10))
        let network: Sequential = name == "cnn" ? .cnn(classes: 10) : .mlp(classes: 10)
        let model = try TracedModel(
            network, exampleShape: [1, 28, 28], target: .classes(10), loss: .crossEntropy)
        let state = try ModelState(cluster: cluster, model: model)
        try state.set(model.initialValues(seed: 5))
        let objective = DatasetObjective(
            order: EpochOrder(inOrder: count, batchSize: batch),
            maker: BatchMaker(
                examples: data.examples, scaling: FeatureScaling(unchanged: data.layout.channels),
                kernels: cluster.kernels),
            shards: 8, workers: nil, dropoutKey: dt_philox_key(word: (1, 2)))
        let gradient = try DatasetGradient(cluster: cluster, state: state, objective: objective)
        let hessian = try HessianProduct(cluster: cluster, state: state, objective: objective)
        let direction = try hessian.slices.vector { variable in
            let size = model.variables[variable].shape.reduce(1, *)
            return (0..<size).map { element -> Float in
                let number = (element * 31 + variable * 17 + 5) % 23 - 11
                return Float(number) / 1600
            }
        }
        var rates: [String: Double] = [:]
        let measures: [(String, () throws -> Void)] = [
            ("gradients", { _ = try gradient.compute() }),
            ("products", { _ = try hessian.multiply(direction) }),
        ]
        for (kind, run) in measures {
            try run()
            var (done, spent) = (0, 0.0)
            while spent < seconds {
                let start = ProcessInfo.processInfo.systemUptime
                try run()
                try cluster.world.barrier()
                // All ranks stop after the same run.
                spent += try cluster.world.broadcast(ProcessInfo.processInfo.systemUptime - start, root: 0)
                done += count
            }
            rates[kind] = Double(done) / spent
        }
        if cluster.rank == 0, let gradients = rates["gradients"], let products = rates["products"] {
            print("{\"gradients_per_second\":\(gradients),\"products_per_second\":\(products)}")
        }
        try gradient.free()
        try hessian.free()
        try state.free()
    }
}
