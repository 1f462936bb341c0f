// Trains MyNet: mpirun -n 2 MyNet FEATURES.npy LABELS.npy OUTPUT
import DistributedTraining
import Foundation

let arguments = CommandLine.arguments
guard arguments.count == 4 else {
    DistributedProgram.write("MyNet: error: expected FEATURES.npy LABELS.npy OUTPUT")
    exit(ExitStatus.usage.rawValue)
}
exit(
    DistributedProgram.run(name: "MyNet") { cluster in
        var settings = TrainingSettings(
            data: .init(training: DatasetSource(format: .npy, features: arguments[1], labels: arguments[2])),
            optimizer: try OptimizerConfiguration(name: "adam"),
            schedule: try LearningRateSchedule(baseRate: 1e-3), output: arguments[3])
        settings.epochs = 2
        settings.batch = 32
        let result = try Trainer.train(MyNet(), settings, on: cluster)
        if cluster.rank == 0 { print("trained \(result.steps) steps on \(cluster.size) ranks") }
    })
