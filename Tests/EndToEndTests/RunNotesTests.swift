import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// What a run says that trains, though not as its settings or its data promise, and in which order a log has it.
    @Suite(.serialized) struct RunNotes {
        private func notes(_ run: ProcessResult) -> [Substring] {
            (run.standardOutput + run.standardError).split(separator: "\n").filter {
                $0.hasPrefix("dtrain: note: ")
            }
        }

        /// Workers beyond a rank's shards or its cores.
        @Test func workersThatWait() throws {
            let data = try TestData()
            defer { data.remove() }
            let arguments = [
                "--config", try SameBytes.configuration(data, "mlp"), "--output", data.path("run"),
            ]
            let many = try DTrainRun.run(
                2, arguments + ["--overwrite", "--set", "training.workers=9"], options: ["--bind-to", "none"])
            #expect(many.exitCode == 0 && notes(many).count == 1, "\(many)")
            #expect(
                notes(many).first?.contains("training.workers is 9, but a rank has 4 shards and ") == true,
                "\(many)")
            let evaluated = try DTrainRun.run(0, ["evaluate", data.path("run")])
            #expect(evaluated.exitCode == 0 && notes(evaluated).count == 1, "\(evaluated)")
            for settings in [[], ["--set", "training.workers=1"]] {
                let run = try DTrainRun.run(2, arguments + ["--overwrite"] + settings)
                #expect(run.exitCode == 0 && notes(run).isEmpty, "\(run)")
            }
        }

        @Test(
            arguments: [
                ("cross_entropy", 4, nil), ("cross_entropy", 5, "output 4 never occurs"),
                ("cross_entropy", 10, "outputs 4 to 9 never occur"),
                ("hinge", 6, "outputs 4 to 5 never occur"),
                ("mse", 4, nil),
            ] as [(String, Int, String?)])
        func outputsWithoutExamples(_ loss: String, _ outputs: Int, _ note: String?) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try DTrainRun.run(
                0,
                [
                    "--config", try SameBytes.configuration(data, "mlp"), "--output", data.path("run"),
                    "--set",
                    "model.3.linear=\(outputs)", "--set", "loss=\(loss)",
                ])
            #expect(run.exitCode == 0 && notes(run).count == (note == nil ? 0 : 1), "\(run)")
            if let note { #expect(notes(run).first?.contains(note) == true, "\(run)") }
        }

        /// Statistics of few examples, by what they are taken over; Hessians of few examples; a rate that ended before
        /// the gradient did.
        @Test func fewExamples() throws {
            let data = try TestData()
            defer { data.remove() }
            func run(_ name: String, _ set: [String]) throws -> [Substring] {
                let run = try DTrainRun.run(
                    0,
                    ["--config", try SameBytes.configuration(data, "mlp"), "--output", data.path(name)]
                        + set.flatMap { ["--set", $0] })
                #expect(run.exitCode == 0, "\(run)")
                return notes(run)
            }
            func model(_ layer: String) -> String { "model=[{linear: 33}, \(layer), gelu, {linear: 4}]" }
            let few = try run("few", [model("batch_norm")])
            #expect(few.count == 1 && few[0].contains("of 6 examples, a mini-batch:"), "\(few)")
            #expect(few[0].contains("group_norm or batch_renorm"), "\(few)")
            let enough = try run("enough", [model("batch_norm"), "training.batch=16"])
            #expect(enough.isEmpty, "\(enough)")
            let shards = try run(
                "shards", [model("batch_norm: {sync: false}"), "training.batch=18", "training.shards=4"])
            #expect(shards.count == 1 && shards[0].contains("of 4 examples, a shard of a mini-batch of 18"))
            #expect(try run("group", [model("group_norm: 3")]).isEmpty)
            #expect(try run("renorm", [model("batch_renorm")]).isEmpty)
            let newton = try run("newton", ["optimizer={name: newton_cg}", "training.epochs=1"])
            #expect(newton.count == 1 && newton[0].contains("from 6 examples of 137"), "\(newton)")
            #expect(
                try run("full", ["optimizer={name: newton_cg}", "training.batch=full", "training.epochs=1"])
                    .isEmpty)
            let spent = try run("spent", ["schedule=cosine"])
            #expect(spent.count == 1 && spent[0].contains("schedule.eta_min"), "\(spent)")
            #expect(try run("kept", ["schedule={name: cosine, eta_min: 0.001}"]).isEmpty)
        }

        /// Prices of houses as README's example has them: some 100,000 each.
        private func writeHouses(_ data: TestData) throws {
            var number = 0
            for (name, count) in [("houses-1", 400), ("houses-2", 400), ("houses-test", 200)] {
                var text = "id,area,rooms,age,garden,price\n"
                for _ in 0..<count {
                    number += 1
                    let (area, rooms) = (40 + number * 7919 % 211, 1 + number * 104_729 % 8)
                    let (age, garden) = (number * 15_485_863 % 101, number * 32_452_843 % 797)
                    let price = 30_000 + 1800 * area + 6000 * rooms - 700 * age + 40 * garden
                    text +=
                        "\(number),\(area),\(rooms),\(age),\(garden),\(price + number * 49_979_687 % 9973)\n"
                }
                try data.write("\(name).csv", text: text)
            }
        }

        /// README's example learns; at a rate for targets near 1 it does not, and says so once, at any number of ranks.
        @Test func unlearnedTargets() throws {
            let data = try TestData()
            defer { data.remove() }
            try writeHouses(data)
            let folder = URL(fileURLWithPath: Checkout.script("test")).deletingLastPathComponent()
            let readme = try String(
                contentsOf: folder.deletingLastPathComponent().appendingPathComponent("README.md"),
                encoding: .utf8)
            let example = try #require(
                readme.components(separatedBy: "```yaml\n").first { $0.contains("houses-1.csv") }?
                    .components(separatedBy: "```").first)
            let arguments = [
                "--config", try data.write("houses.yaml", text: example), "--output", data.path("run"),
            ]
            let good = try DTrainRun.run(1, arguments)
            #expect(good.exitCode == 0 && notes(good).isEmpty, "\(good)")
            let r2 = good.standardOutput.components(separatedBy: "\ntest loss").last?
                .components(separatedBy: " r2 ").last?.split(separator: " ").first.flatMap { Double($0) }
            #expect((r2 ?? 0) > 0.9, "\(good)")
            for (ranks, settings) in [(0, []), (2, ["loss=huber", "evaluation.train=true"])] {
                let slow = ["optimizer.lr=0.01", "training.epochs=3"] + settings
                let run = try DTrainRun.run(
                    ranks, arguments + ["--overwrite"] + slow.flatMap { ["--set", $0] })
                #expect(run.exitCode == 0 && notes(run).count == 1, "\(run)")
                #expect(
                    notes(run).first?.hasPrefix("dtrain: note: R² is -") == true
                        && notes(run).first?.contains("e+05 and deviation ") == true, "\(run)")
            }
        }

        /// A log of both streams has its lines in the order of time.
        @Test(arguments: [0, 2])
        func linesStandInOrder(_ ranks: Int) throws {
            let data = try TestData()
            defer { data.remove() }
            _ = try SameBytes.configuration(data, "mlp")
            let study = try data.write(
                "study.yaml",
                text: """
                    title: Two rates
                    base: {config: mlp.yaml}
                    set: {training.epochs: 1}
                    vary: {optimizer.lr: [0.01, 0.1]}
                    report: {against: run, metrics: [train_loss]}
                    output: \(data.path("study"))
                    """)
            let log = data.path("log")
            let launcher = ranks == 0 ? "" : "mpirun -n \(ranks) --oversubscribe "
            let run = try ProcessRun.run(
                "bash",
                [
                    "-c",
                    "\(launcher)\(try BuiltExecutable.path("dtrain")) study '\(study)' --verbose > '\(log)' 2>&1",
                ],
                environment: ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"],
                timeLimit: Promptness.patience)
            let text = try String(contentsOfFile: log, encoding: .utf8)
            try #require(run.exitCode == 0, "\(text)")
            let order = text.split(separator: "\n").compactMap { line -> String? in
                ["(1 of 2)", "(2 of 2)", "epoch 1/1", "Two rates"].first { line.contains($0) }
            }
            #expect(order == ["(1 of 2)", "epoch 1/1", "(2 of 2)", "epoch 1/1", "Two rates"], "\(text)")
        }
    }
}
