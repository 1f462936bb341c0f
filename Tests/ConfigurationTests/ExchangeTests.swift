import Testing

@testable import Configuration

/// How gradients are exchanged and where optimizer state is kept.
@Suite struct ExchangeTests {
    @Test func defaults() throws {
        let run = try read(small)
        #expect(run.settings.exchange == .float32)
        #expect(!run.settings.optimizer.isSharded)
        #expect(try read(small + "optimizer: sgd").settings.optimizer.isSharded == false)
    }

    @Test(arguments: ["sgd", "adam", "adamw"])
    func sharded(_ name: String) throws {
        let run = try read(small + "optimizer: {name: \(name), sharded: true}")
        let plain = try read(small + "optimizer: {name: \(name), sharded: false}")
        #expect(run.settings.optimizer.isSharded && !plain.settings.optimizer.isSharded)
        #expect(run != plain)
        // It says where state is kept, not what the rule does.
        #expect(run.settings.optimizer.options == plain.settings.optimizer.options)
        #expect(try read(run.yaml) == run)
    }

    @Test func bfloat16() throws {
        let run = try read(small + "training: {exchange: bfloat16}")
        #expect(run.settings.exchange == .bfloat16)
        #expect(try read(run.yaml) == run)
    }

    @Test func precision() throws {
        #expect(try read(small).settings.precision == .float32)
        #expect(try read(small).line("precision") == "float32")
        let run = try read(small + "training: {precision: bfloat16}")
        #expect(run.settings.precision == .bfloat16 && run.line("precision") == "bfloat16")
        #expect(try read(run.yaml) == run)
        let back = try read(run.yaml, [.set("training.precision=float32")])
        #expect(back == (try read(small)))
    }

    @Test(arguments: [
        ("optimizer: {name: sgd, sharded: 1}", "optimizer.sharded: expected true or false, found 1"),
        (
            "optimizer: {name: sgd, shard: true}",
            "optimizer.shard: unknown option of sgd; did you mean \"sharded\"?"
        ),
        (
            "training: {exchange: float16}",
            "training.exchange: unknown exchange \"float16\"; did you mean \"bfloat16\"?"
        ),
        ("schedule: {name: constant, sharded: true}", "schedule.sharded: unknown option of constant"),
    ])
    func errors(_ text: String, _ expected: String) {
        let message = failure(small + text)
        #expect(message.contains(expected), "\(message)")
    }
}
