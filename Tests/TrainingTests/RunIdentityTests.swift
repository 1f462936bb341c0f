import Datasets
import Layers
import Optimizers
import Options
import Testing

@testable import Training

/// What tells one run from another, and what is said of it.
@Suite struct RunIdentityTests {
    /// A layer as a resolved configuration has it.
    private static func linear(_ out: Int) -> OptionValue {
        .choice("linear", [NamedOption("out", .whole(out)), NamedOption("bias", true)])
    }

    private static func settings() throws -> TrainingSettings {
        var settings = try SettingsTable.defaults
        settings.data.training = DatasetSource(
            csv: ["/a, b.csv", "/c.csv"],
            options: CSVOptions(label: [.name("y: z")], task: .classification, ignored: [.name("id")]))
        settings.data.validation = .fraction(0.1)
        settings.data.augmentation = [.flip()]
        settings.model = .list([
            linear(8), .text("relu"),
            .choice(
                "residual", [NamedOption("body", .list([linear(8)])), NamedOption("shortcut", .list([]))]),
            linear(4),
        ])
        settings.optimizer = try OptimizerConfiguration(name: "adam", options: ["lr": 0.05])
        settings.epochs = 1
        settings.batch = 32
        settings.workers = 2
        settings.output = "runs/x"
        return settings
    }

    private static func identity(_ settings: TrainingSettings, data: String = "d") -> RunIdentity {
        RunIdentity(
            settings: RunIdentity.entries(of: settings, SettingsTable()) {
                $0.effect == .results || $0.section == "data"
            }, model: "m", data: data)
    }

    private typealias Change = @Sendable (inout TrainingSettings) throws -> Void

    /// What is said where a run with changed settings goes on with one without; nil where it may.
    private static func changes(data: String = "d", _ changes: Change...) throws -> String? {
        let old = try settings()
        var new = old
        for change in changes { try change(&new) }
        let (before, now) = (identity(old), identity(new, data: data))
        let text = ConfigurationChange.text(now.changes(from: before))
        #expect(now.isSame(as: before) == (text == nil && data == "d"))
        // The other way round there is as much to say.
        #expect(now.changes(from: before).count == before.changes(from: now).count)
        return text
    }

    private static func withLayer(_ place: Int, _ layer: OptionValue?) -> Change {
        { settings in
            guard case .list(var layers) = settings.model else { return }
            if let layer { layers[place] = layer } else { layers.remove(at: place) }
            settings.model = .list(layers)
        }
    }

    private static let cases: [(change: Change, says: String)] = [
        (
            { $0.optimizer = try OptimizerConfiguration(name: "adam", options: ["lr": 0.1]) },
            "optimizer.lr: 0.1, the run has 0.05"
        ),
        (
            {
                $0.optimizer = try OptimizerConfiguration(
                    name: "adam", options: ["lr": 0.05, "betas": [0.8, 0.999]])
            },
            "optimizer.betas: [0.8, 0.999], the run has [0.9, 0.999]"
        ),
        (
            { $0.optimizer = try OptimizerConfiguration(name: "sgd", options: ["lr": 1]) },
            "optimizer.name: sgd, the run has adam; optimizer.lr: 1, the run has 0.05; optimizer.dampening: 0, the run has none; and 5 more changes"
        ),
        (
            { $0.schedule = try ScheduleConfiguration(name: "constant", options: ["by": "epoch"]) },
            "schedule.by: epoch, the run has step"
        ),
        ({ $0.batch = 64 }, "training.batch: 64, the run has 32"),
        ({ $0.isFullBatch = true }, "training.batch: full, the run has 32"),
        (
            { $0.data.augmentation = [.flip(probability: 0.25)] },
            "data.augment.0.flip.p: 0.25, the run has 0.5"
        ),
        (
            { $0.data.augmentation = [.crop(padding: 4)] },
            "data.augment.0: {crop: {padding: 4}}, the run has {flip: {p: 0.5, vertical: false}}"
        ),
        (withLayer(0, linear(9)), "model.0.linear.out: 9, the run has 8"),
        (
            withLayer(
                2,
                .choice(
                    "residual", [NamedOption("body", .list([linear(7)])), NamedOption("shortcut", .list([]))])
            ),
            "model.2.residual.body.0.linear.out: 7, the run has 8"
        ),
        (withLayer(1, .text("tanh")), "model.1: tanh, the run has relu"),
        (withLayer(1, nil), "model.1: none, the run has relu"),
        (withLayer(3, nil), "model.3: none, the run has {linear: {bias: true, out: 4}}"),
        (
            { $0.clipping = try GradientClipping(maximumNorm: 1) },
            "training.clip: {norm: 1}, the run has none"
        ),
        ({ $0.data.validation = nil }, "data.validation: none, the run has {fraction: 0.1}"),
        ({ $0.loss = .huber(delta: 2) }, "loss: {delta: 2, name: huber}, the run has cross_entropy"),
        ({ $0.seed = 1 << 63 }, "training.seed: 9223372036854775808, the run has 0"),
        (
            { $0.onPlateau = PlateauEscape() },
            "training.on_plateau: {action: escape, min_delta: 0.0001, patience: 3}, the run has none"
        ),
        ({ $0.exchange = .bfloat16 }, "training.exchange: bfloat16, the run has float32"),
        ({ $0.precision = .bfloat16 }, "training.precision: bfloat16, the run has float32"),
    ]

    @Test(arguments: cases.indices) func oneKey(_ place: Int) throws {
        #expect(try Self.changes(Self.cases[place].change) == Self.cases[place].says)
    }

    @Test func severalKeys() throws {
        let rate: Change = { $0.optimizer = try OptimizerConfiguration(name: "adam", options: ["lr": 1]) }
        #expect(
            try Self.changes({ $0.data.validation = .fraction(0.2) }, rate)
                == "optimizer.lr: 1, the run has 0.05; data.validation.fraction: 0.2, the run has 0.1")
        #expect(
            try Self.changes(rate, { $0.epochs = 2 }, { $0.batch = 1 }, Self.withLayer(1, .text("tanh")))?
                .hasSuffix("; and 1 more change") == true)
    }

    /// Where a run stands and how it goes is not what it is.
    @Test func conductIsNoChange() throws {
        #expect(
            try Self.changes(
                { $0.workers = 1 }, { $0.output = "runs/y" }, { $0.checkpoints.keep = 9 },
                { $0.loggingSteps = 3 },
                { $0.stallTimeout = 5 }, { $0.optimizer.isSharded = true }, { $0.initialWeights = "w" },
                { $0.metrics = [.f1] }, { $0.transport = .pointToPoint }, { $0.instructionSet = .avx2 })
                == nil)
    }

    /// Files are named where their content is another, and not where they merely stand elsewhere.
    @Test func filesCountByTheirContent() throws {
        let moved: Change = { settings in
            settings.data.training = settings.data.training.moved { "/elsewhere\($0)" }
        }
        #expect(try Self.changes(moved) == nil)
        #expect(
            try Self.changes(data: "e", moved)?.hasPrefix(
                "data.train.files: [/elsewhere/a, b.csv, /elsewhere/c.csv], the run has [/a, b.csv, /c.csv]")
                == true)
        #expect(try Self.changes(data: "e") == nil)
    }

    /// A checkpoint knows nothing of a key, or of an option, that came later: there it had its default.
    @Test func whatCameLaterHadItsDefault() throws {
        let settings = try Self.settings()
        let now = Self.identity(settings)
        func without(_ key: String, option: String? = nil) -> RunIdentity {
            RunIdentity(
                settings: now.settings.compactMap { entry in
                    guard entry.key == key else { return entry }
                    guard let option, case .options(let options) = entry.value else { return nil }
                    return RunIdentity.Entry(
                        key: key, value: .options(options.filter { $0.name != option }))
                }, model: "m", data: "d")
        }
        #expect(now.isSame(as: without("training.exchange")))
        #expect(now.isSame(as: without("training.precision")))
        #expect(now.isSame(as: without("optimizer", option: "amsgrad")))
        #expect(now.isSame(as: without("training.shards")))
        #expect(!now.isSame(as: without("training.batch")))
        #expect(!now.isSame(as: without("optimizer", option: "lr")))
    }

    @Test func otherModelsAndVersions() throws {
        let now = Self.identity(try Self.settings())
        #expect(!now.isSame(as: RunIdentity(settings: now.settings, model: "n", data: "d")))
        #expect(!now.isSame(as: RunIdentity(settings: now.settings, model: "m", data: "e")))
        #expect(!now.isSame(as: RunIdentity(settings: now.settings, model: "m", data: "d", version: 2)))
    }

    /// A checkpoint's file gives back what was written.
    @Test func filesKeepIt() throws {
        let now = Self.identity(try Self.settings())
        let bytes = try CheckpointFormat.encoder().encode(now)
        let again = try CheckpointFormat.decoder().decode(RunIdentity.self, from: bytes)
        #expect(again == now && again.isSame(as: now))
        #expect(try CheckpointFormat.encoder().encode(again) == bytes)
    }

    @Test func environments() {
        let own = RunEnvironment(instructionSet: "avx2", libraries: ["oneDNN": "2.6.3"])
        #expect(own.difference(from: own) == nil)
        #expect(
            own.difference(from: RunEnvironment(instructionSet: "avx512", libraries: ["oneDNN": "3.1"]))
                == "avx512 instead of avx2, oneDNN 3.1 instead of 2.6.3")
    }

    @Test func theCommandOfANewRun() {
        let command = NewRunCommand(
            program: "dtrain",
            arguments: ["train", "--resume", "auto", "--epochs", "3", "--output=/none/a b"])
        #expect(
            command.text(after: "/none/a b/", takesWeights: true)
                == "dtrain train --epochs 3 --config '/none/a b//config.yaml' --set 'init.weights=\"/none/a b/\"' --output '/none/a b-2'"
        )
        let named = NewRunCommand(program: "./d", arguments: ["--config", "x.yaml", "--resume=auto"])
        #expect(
            named.text(after: "/none/x", takesWeights: false) == "./d --config x.yaml --output /none/x-2")
    }
}
