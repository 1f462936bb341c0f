// Trains a small model in ways that the command line does not offer: with a deviation that must change its bytes, so
// that tests can show they would notice, or on one machine that stands for several nodes.
// Use: training-controls CONTROL FEATURES.npy TARGETS.npy OUTPUT cnn|line|mlp|narrow|product [KEY=VALUE ...]
import DistributedTraining
import Foundation

let arguments = CommandLine.arguments
guard arguments.count >= 6, let control = ReplicaSettings.Control(rawValue: arguments[1]),
    let options = ControlOptions(arguments.dropFirst(6))
else {
    DistributedProgram.write(
        "training-controls: error: expected CONTROL FEATURES TARGETS OUTPUT MODEL [KEY=VALUE ...]")
    exit(ExitStatus.usage.rawValue)
}
let isLine = arguments[5] == "line"
// The same but for a few units: another program under the same arguments.
let isNarrow = arguments[5] == "narrow"
let isMLP = arguments[5] == "mlp" || isNarrow
let isProduct = arguments[5] == "product"
exit(
    DistributedProgram.run(
        name: "training-controls", transport: options.transport,
        stallTimeout: options.stallTimeout
    ) { whole in
        let cluster = try options.nodeSize.map { try whole.withNodes(ofAtMost: $0) } ?? whole
        let rate = isLine ? 0.01 : 0.05
        var settings = TrainingSettings(
            data: .init(
                training: DatasetSource(format: .npy, features: arguments[2], labels: arguments[3]),
                normalization: isLine || isProduct ? .none : .standardize),
            loss: isLine || isProduct ? .meanSquaredError : .crossEntropy,
            optimizer: try options.optimizer(rate: rate), output: arguments[4])
        settings.epochs = 1
        settings.batch = isLine || isProduct ? 8 : 36
        settings.control = control
        try options.apply(to: &settings)
        let model: any Model =
            isLine
            ? Linear(1, bias: false)
            : isProduct
                ? [
                    Linear(1, bias: false, initializer: .constant(0)),
                    Linear(1, bias: false, initializer: .constant(0)),
                ] as Sequential
                : isMLP
                    ? [Linear(300), Tanh(), Linear(isNarrow ? 600 : 700), Tanh(), Linear(4)] as Sequential
                    : [Conv2d(8, kernel: 3), BatchNormalization(), ReLU(), Flatten(), Linear(4)] as Sequential
        let result = try Trainer.train(model, settings, on: cluster)
        // One line per rank, in rank order.
        let stateBytes = try cluster.world.allGather(result.optimizerStateBytes)
        let counts = try cluster.world.allGather(result.executedExamples)
        if cluster.rank == 0 {
            print("executed", counts.map(String.init).joined(separator: " "))
            print("state_bytes", stateBytes.map(String.init).joined(separator: " "))
            print("nodes", cluster.nodes.map { String($0.count) }.joined(separator: " "))
        }
    })
