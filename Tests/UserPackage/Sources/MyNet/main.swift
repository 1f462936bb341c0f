// Trains MyNet, goes on with it, or says what it has learned:
// mpirun -n 2 MyNet FEATURES.npy LABELS.npy OUTPUT [train|resume|evaluate|predict|rate], or what a configuration says, in its words:
// mpirun -n 2 MyNet NET.yaml OUTPUT
import DistributedTraining
import Foundation

let arguments = CommandLine.arguments
let task = arguments.count == 5 ? arguments[4] : "train"
if arguments.count == 3 {
    exit(
        DistributedProgram.run(name: "MyNet") { cluster in
            var configuration = try RunConfiguration(
                file: arguments[1], set: ["output=\(arguments[2])"], vocabulary: .mine)
            configuration.settings.sinks = [
                RunCallback.onEpoch { epoch in
                    epoch.evaluations.test?.value(of: "margin").map { $0 > 0.5 } == true ? .stop : .goOn
                }
            ]
            let result = try Trainer.train(configuration, on: cluster)
            if cluster.rank == 0 { print("trained \(result.steps) steps of \(arguments[1])") }
        })
}
guard (4...5).contains(arguments.count), ["train", "resume", "evaluate", "predict", "rate"].contains(task)
else {
    DistributedProgram.write(
        "MyNet: error: expected NET.yaml OUTPUT, or FEATURES.npy LABELS.npy OUTPUT [train|resume|evaluate|predict|rate]"
    )
    exit(ExitStatus.usage.rawValue)
}
exit(
    DistributedProgram.run(name: "MyNet") { cluster in
        let data = DatasetSource(format: .npy, features: arguments[1], labels: arguments[2])
        switch task {
        case "evaluate":
            let margin = Metric.custom(.margin)
            let result = try Trainer.evaluate(
                MyNet(), weights: arguments[3], data: data, metrics: [.f1, margin], on: cluster)
            guard cluster.rank == 0 else { return }
            print(
                "loss \(result.loss) f1 \(result.value(of: .f1) ?? .nan) of \(result.count), margin",
                result.value(of: margin) ?? .nan)
        case "predict":
            let new = DatasetSource(format: .npy, features: arguments[1], labels: nil)
            try Trainer.predict(MyNet(), weights: arguments[3], data: new, on: cluster) { prediction in
                print(prediction.index, prediction.classIndex ?? -1, prediction.outputs.count)
            }
        default:
            var settings = TrainingSettings(
                data: .init(training: data, test: data),
                optimizer: try OptimizerConfiguration(name: "adam", options: ["lr": 1e-3]),
                output: arguments[3])
            settings.epochs = 2
            settings.batch = 32
            settings.loggingSteps = 1
            settings.metrics = [.accuracy, .f1, .custom(.margin)]
            if task == "resume" { settings.resume = .auto }
            if task == "rate" {
                var options = RateSearchOptions()
                options.lowest = 1e-5
                let search = try Trainer.findRate(MyNet(), settings, options: options, on: cluster)
                if cluster.rank == 0 {
                    print(
                        "\(search.points.count) rates, suggestion \(search.suggestion ?? 0): \(search.reason)"
                    )
                }
                return
            }
            var steps = 0
            var margins: [Double] = []
            settings.sinks = [
                RunCallback.onStep { step in
                    steps += 1
                    return step.loss.isFinite ? .goOn : .stop
                },
                RunCallback.onEpoch { epoch in
                    if let margin = epoch.evaluations.test?.value(of: "margin") { margins.append(margin) }
                    return .goOn
                },
            ]
            let result = try Trainer.train(MyNet(), settings, on: cluster)
            guard cluster.rank == 0 else { return }
            print(
                "trained \(result.steps) steps (\(steps) seen) on \(cluster.size) ranks, margins \(margins), loss \(result.testLoss ?? .nan)"
            )
        }
    })
