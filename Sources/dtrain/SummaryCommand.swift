import ArgumentParser
import Configuration
import DataParallel
import Datasets
import Layers
import MPI
import Messages
import Training

struct SummaryCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "summary", abstract: "Layers, shapes, parameters, FLOPs, memory, rates.",
        usage: "dtrain summary [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        examples: [.init("dtrain summary --recipe fashion-cnn", "of a built-in model")])

    @OptionGroup(title: ConfigurationOptions.title) var source: ConfigurationOptions

    func run() throws {
        let configuration = try source.load()
        try configuration.requireFiles()
        // Every rank would print the same, so only rank 0 does.
        guard (LaunchEnvironment.current.rank ?? 0) == 0 else { return }
        let settings = configuration.settings
        try configuration.located {
            let loss = settings.loss
            func makeModel(_ layout: DatasetLayout) throws -> any Model {
                try configuration.makeModel(classes: layout.classCount)
            }
            var source = settings.data.training
            source = source.taking(try source.task(for: loss, makeModel: makeModel))
            let dataset = try Dataset(source)
            let layout = dataset.layout
            try LabelChecks.classes(dataset.examples, of: source, loss: loss)
            let model: TracedModel
            do {
                model = try TracedModel(
                    makeModel(layout), exampleShape: layout.exampleShape, target: layout.targetKind,
                    loss: loss)
            } catch let error as ModelError {
                throw LabelChecks.explained(error, dataset.examples, of: source, loss: loss)
            }
            let batch =
                settings.isFullBatch
                ? (layout.count + settings.accumulate - 1) / settings.accumulate : settings.batch
            let perShard = (batch + settings.shards - 1) / settings.shards
            let memory = try MemoryEstimate(
                model, count: perShard,
                rule: settings.optimizer.rule)
            print(Self.table(ModelSummary(model), example: layout.exampleShape))
            if let newton = memory.newton {
                let flops = ProgressReporter.number(Double(newton.flops))
                print(
                    "FLOPs of a product with the Hessian per example: \(flops); a step takes up to \(newton.products)"
                )
            }
            print("")
            print(
                "shards           \(settings.shards) of at most \(counted(perShard, "example")), batch \(batch)"
            )
            print(
                "memory per shard \(Self.bytes(memory.perShard))"
                    + (memory.keepsAllShards
                        ? ", all shards of a rank at a time (batch norm crosses shards)"
                        : ", one shard per worker at a time"))
            if let newton = memory.newton {
                print(
                    "Hessian products \(Self.bytes(newton.perShard)) per shard beside, vectors \(Self.bytes(newton.vectors)) over all ranks, up to \(Self.bytes(newton.basis)) more where there is no gradient"
                )
            }
            print(
                "parameters       \(Self.bytes(memory.parameters)) per node, optimizer state \(Self.bytes(memory.optimizerState))"
                    + (settings.optimizer.isSharded ? " over all ranks" : "")
            )
            try RateSummary.lines(settings, batch: batch).forEach { print($0) }
        }
    }

    private static func table(_ summary: ModelSummary, example: [Int]) -> String {
        let header = ["layer", "kind", "output", "parameters", "FLOPs"]
        var cells = [header, ["", "input", shape(example), "", ""]]
        for row in summary.rows {
            cells.append([
                row.name, row.kind, row.outputShape.map(shape) ?? "",
                ProgressReporter.number(Double(row.parameters)),
                row.flops.map { ProgressReporter.number(Double($0)) } ?? "",
            ])
        }
        cells.append([
            "", "total", "", ProgressReporter.number(Double(summary.parameters)),
            ProgressReporter.number(Double(summary.forwardFLOPs)),
        ])
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        let lines = cells.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column >= 3 ? padding + cell : cell + padding
            }.joined(separator: "  ")
        }
        let training = ProgressReporter.number(Double(summary.trainingFLOPs))
        return lines.joined(separator: "\n") + "\nFLOPs of a training step per example: \(training)"
    }

    private static func shape(_ shape: [Int]) -> String {
        "(\(shape.map(String.init).joined(separator: ", ")))"
    }

    private static func bytes(_ count: Int) -> String {
        count < 1 << 20
            ? "\(ProgressReporter.fixed(Double(count) / 1024, 1)) KiB"
            : "\(ProgressReporter.fixed(Double(count) / 1_048_576, 1)) MiB"
    }
}
