// Trains a small model with a deviation that must change its bytes, so that tests can show they would notice.
// Use: training-controls CONTROL FEATURES.npy TARGETS.npy OUTPUT cnn|line
import DistributedTraining
import Foundation

let arguments = CommandLine.arguments
guard arguments.count == 6, let control = ReplicaSettings.Control(rawValue: arguments[1]) else {
    DistributedProgram.write("training-controls: error: expected CONTROL FEATURES TARGETS OUTPUT MODEL")
    exit(ExitStatus.usage.rawValue)
}
let isLine = arguments[5] == "line"
exit(
    DistributedProgram.run(name: "training-controls") { cluster in
        var settings = TrainingSettings(
            data: .init(
                training: DatasetSource(format: .npy, features: arguments[2], labels: arguments[3]),
                normalization: isLine ? .none : .standardize),
            loss: isLine ? .meanSquaredError : .crossEntropy,
            optimizer: try OptimizerConfiguration(
                name: "sgd", options: ["lr": .number(isLine ? 0.01 : 0.05)]),
            schedule: try LearningRateSchedule(baseRate: isLine ? 0.01 : 0.05), output: arguments[4])
        settings.epochs = 1
        settings.batch = isLine ? 8 : 36
        settings.overwritesOutput = true
        settings.control = control
        let model: any Model =
            isLine
            ? Linear(1, bias: false)
            : [Conv2d(8, kernel: 3), BatchNormalization(), ReLU(), Flatten(), Linear(4)] as Sequential
        let result = try Trainer.train(model, settings, on: cluster)
        // One line per rank, in rank order.
        let counts = try cluster.world.allGather(result.executedExamples)
        if cluster.rank == 0 { print("executed", counts.map(String.init).joined(separator: " ")) }
    })
