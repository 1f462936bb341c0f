import Testing
import Training

@testable import Configuration

/// `training.shards`, given or not.
@Suite struct ShardTests {
    private func shards(_ run: RunConfiguration) -> String? { run.line("shards") }

    /// What is not given follows from the mini-batch, the first of those that grow and each of those that are
    /// accumulated, and is written out; ranks and workers have no part in it.
    @Test(arguments: [
        ("batch: 1", "8"), ("batch: 256", "8"), ("batch: 257", "9"), ("batch: 1024", "32"),
        ("batch: 1024, shards: 8", "8"), ("batch: 16, shards: 65536", "65536"),
        ("batch: 512, shards: null", "16"),
        ("batch: 16777216", "65536"), ("seed: 1", "8"),
        ("batch: 512, accumulate: 4", "16"), ("batch: 512, workers: 40", "16"),
        ("batch: 320, batch_growth: {every: 1, factor: 4}", "10"),
    ])
    func theyFollowTheBatch(training: String, count: String) throws {
        let run = try read(small + "training: {\(training)}")
        #expect(shards(run) == count && "\(run.settings.shardCount)" == count)
        // A run's folder has the number, which another mini-batch then leaves as it is.
        let again = try read(run.yaml)
        #expect(again == run && again.settings.shards == Int(count))
        let other = try read(run.yaml, [.batch(4096)])
        #expect(shards(other) == count)
    }

    /// Where data or a measurement will say the mini-batch, nothing is written before.
    @Test(arguments: ["full", "auto"]) func laterMiniBatches(batch: String) throws {
        let run = try read(small + "training: {batch: \(batch)}")
        #expect(shards(run) == nil && run.settings.shards == nil)
        #expect(try read(run.yaml) == run)
        #expect(shards(try read(small + "training: {batch: \(batch), shards: 5}")) == "5")
    }

    /// Changes of the command line, and of a program after it has read the file.
    @Test func changes() throws {
        #expect(shards(try read(small, [.batch(1024)])) == "32")
        #expect(shards(try read(small, [.batch(1024), .shards(3)])) == "3")
        var run = try read(small + "training: {batch: 64}")
        run.settings.batch = 640
        #expect(run.settings.shardCount == 20 && run.text(of: run.settings).contains("  shards: 20\n"))
    }

    /// Each run of a study has the number of its own mini-batch, unless the study gives one.
    @Test func studies() throws {
        func counts(_ set: String) throws -> [Int] {
            try StudyConfiguration(
                yaml: "base: {recipe: fashion-mlp}\n\(set)vary: {training.batch: [64, 512, 2048]}\n",
                source: .file("/somewhere/study.yaml"), overrides: [], isQuick: false, currentFolder: "/"
            ).runs.map(\.configuration.settings.shardCount)
        }
        #expect(try counts("") == [8, 16, 64])
        #expect(try counts("set: {training.shards: 4}\n") == [4, 4, 4])
    }

    /// There is no one number to name as the default.
    @Test func noDefaultIsNamed() {
        let row = MethodsTable().lines.first { $0.hasPrefix("| `shards` |") }
        #expect(
            row?.contains("one for every 32 examples unless given") == true && row?.hasSuffix("| | |") == true
        )
        let lines = ConfigurationSchema().text.split(separator: "\n").drop { !$0.contains("\"shards\": {") }
        let own = lines.prefix { !$0.contains("}") }
        #expect(own.contains { $0.contains("65536") } && !own.contains { $0.contains("default") }, "\(own)")
    }
}
