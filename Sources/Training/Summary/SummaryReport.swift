import Cluster
import DataParallel
import Layers
import Messages

/// What `dtrain summary` says: the model, and what a run of it will take on this machine.
package struct SummaryReport: Sendable {
    /// The layers.
    let model: ModelSummary
    let exampleShape: [Int]
    /// The settings, with the mini-batch that the run would choose.
    let settings: TrainingSettings
    /// How it would choose it; nil where the settings say it.
    let choice: BatchChoice?
    /// The examples of a mini-batch.
    let batch: Int
    let memory: MemoryEstimate
    /// The memory of each rank, all on one node.
    let ranks: [MemoryEstimate.Rank]
    /// Worker threads of a rank.
    let workers: Int
    /// The time of an epoch with these ranks on this machine; nil where it was not measured.
    package internal(set) var time: EpochTime?

    /// The rank that takes most memory.
    private var largest: MemoryEstimate.Rank {
        ranks[ranks.indices.max { ranks[$0].total < ranks[$1].total } ?? 0]
    }

    /// All but the time, as text with a line end.
    package var page: String {
        get throws {
            var lines = [table]
            if let newton = memory.newton {
                let flops = Self.number(newton.flops)
                lines.append(
                    "FLOPs of a product with the Hessian per example: \(flops); a step takes up to \(newton.products)"
                )
            }
            let perShard = (batch + settings.shardCount - 1) / settings.shardCount
            lines += [
                "",
                "shards           \(settings.shardCount) of at most \(counted(perShard, "example")), batch \(batch)",
            ]
            if let choice { lines.append("                 \(choice.reason)") }
            lines.append("precision        \(settings.precision.rawValue)")
            lines.append(
                "memory per shard \(Self.bytes(memory.perShard))"
                    + (memory.keepsAllShards
                        ? ", all shards of a rank at a time (batch norm crosses shards)"
                        : ", one shard per worker at a time"))
            if let newton = memory.newton {
                lines.append(
                    "Hessian products \(Self.bytes(newton.perShard)) per shard beside, vectors \(Self.bytes(newton.vectors)) over all ranks, up to \(Self.bytes(newton.basis)) more where there is no gradient"
                )
            }
            lines.append(
                "parameters       \(Self.bytes(memory.parameters)) per node, optimizer state \(Self.bytes(memory.optimizerState))"
                    + (settings.optimizer.isSharded ? " over all ranks" : ""))
            lines += memoryLines
            lines += try RateSummary.lines(settings, batch: batch)
            return lines.joined(separator: "\n") + "\n"
        }
    }

    /// The time of an epoch as text with a line end; empty where it was not measured.
    package var timeText: String {
        guard let time else { return "" }
        let speed = Self.number(Int(time.samplesPerSecond.rounded()))
        let evaluation =
            time.evaluation > 0 ? ", evaluation \(Self.seconds(time.evaluation))" : ""
        return
            "time per epoch   \(Self.seconds(time.total)) at \(place): training \(Self.seconds(time.training)) (\(speed) examples a second)\(evaluation)\n"
    }

    /// All of it but the layers, as one JSON object on one line.
    package var json: String {
        var line = JSONLine()
        line.add("parameters", model.parameters)
        line.add("training_flops", model.trainingFLOPs)
        line.add("batch", batch)
        if let choice { line.add("batch_limit", choice.limit.rawValue) }
        line.add("shards", settings.shardCount)
        line.add("precision", settings.precision.rawValue)
        line.add("memory_per_shard_bytes", memory.perShard)
        line.add("ranks", ranks.count)
        line.add("workers", workers)
        line.add("memory_per_rank_bytes", largest.total)
        line.add("memory_per_node_bytes", memory.node(ranks))
        if let time {
            line.add("epoch_seconds", time.total)
            line.add("training_seconds", time.training)
            line.add("evaluation_seconds", time.evaluation)
            line.add("samples_per_second", time.samplesPerSecond)
        }
        return line.line
    }

    private var place: String {
        "\(counted(ranks.count, "rank")) of \(counted(workers, "worker"))"
    }

    private var memoryLines: [String] {
        let most = largest
        let parts = [
            ("program", most.program), ("data", most.data), ("weights", most.weights),
            ("gradients", most.gradients), ("optimizer", most.optimizerState), ("saving", most.copies),
            ("activations", most.activations),
        ].map { "\($0.0) \(Self.bytes($0.1))" }
        let rank = "memory per rank  \(Self.bytes(most.total)) at \(place)"
        let node =
            ranks.count > 1 ? ["memory of a node \(Self.bytes(memory.node(ranks))), shared memory once"] : []
        return ["\(rank): \(parts.joined(separator: ", "))"] + node
    }

    private var table: String {
        let header = ["layer", "kind", "output", "parameters", "FLOPs"]
        var cells = [header, ["", "input", Self.shape(exampleShape), "", ""]]
        for row in model.rows {
            cells.append([
                row.name, row.kind, row.outputShape.map(Self.shape) ?? "", Self.number(row.parameters),
                row.flops.map(Self.number) ?? "",
            ])
        }
        cells.append(["", "total", "", Self.number(model.parameters), Self.number(model.forwardFLOPs)])
        let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        let lines = cells.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column >= 3 ? padding + cell : cell + padding
            }.joined(separator: "  ")
        }
        return lines.joined(separator: "\n")
            + "\nFLOPs of a training step per example: \(Self.number(model.trainingFLOPs))"
    }

    private static func shape(_ shape: [Int]) -> String {
        "(\(shape.map(String.init).joined(separator: ", ")))"
    }

    private static func seconds(_ seconds: Double) -> String {
        seconds < 100 ? "\(ProgressReporter.significant(seconds, 3)) s" : TimeText.words(seconds)
    }

    private static func number(_ count: Int) -> String { ProgressReporter.number(Double(count)) }

    private static func bytes(_ count: Int) -> String {
        count < 1 << 20
            ? "\(ProgressReporter.fixed(Double(count) / 1024, 1)) KiB"
            : "\(ProgressReporter.fixed(Double(count) / 1_048_576, 1)) MiB"
    }
}
