import Optimizers

/// The section `training`: how long, in what portions, and how ranks work together.
package struct TrainingSection: Sendable, Equatable {
    /// How ranks of one node exchange data.
    package enum Transport: String, Sendable, CaseIterable {
        /// Shared memory inside a node where it can be had, messages between nodes.
        case auto
        /// Shared memory inside a node; an error where it cannot be had.
        case shared
        /// Messages between all ranks.
        case pointToPoint = "point_to_point"
    }

    /// What gradients are rounded to where they are summed.
    package enum Exchange: String, Sendable, CaseIterable {
        /// Sums of Float32.
        case float32
        /// Gradients and sums rounded to bfloat16: half the bytes between nodes, other results.
        case bfloat16
    }

    /// The vector instructions that arithmetic uses.
    package enum InstructionSet: String, Sendable, CaseIterable {
        /// The highest that all ranks have.
        case auto
        /// What every processor has.
        case baseline
        /// AVX2 with FMA.
        case avx2
        /// AVX-512.
        case avx512
    }

    /// Passes over the training set; 10 unless given.
    package let epochs: Int
    /// Examples of a mini-batch over all ranks, B; 256 unless given, nil for `full`, the whole training set.
    package let batch: Int?
    /// Mini-batches whose gradients a step takes together; 1 unless given.
    package let accumulate: Int
    /// How the mini-batch grows; nil, unless given, for not at all.
    package let growth: BatchGrowth?
    /// Whether each example is used once; false unless given.
    package let isOnline: Bool
    /// Whether updates are one step late, so that the exchange takes no time; false unless given.
    package let isDelayed: Bool
    /// Steps left out in a row that end a run; 10 unless given.
    package let maximumSkippedSteps: Int
    /// Which steps are left out for their loss; nil, unless given, for none.
    package let spikes: LossSpikeGuard?
    /// The metric that best weights and early stopping watch; nil, unless given, for the validation loss.
    package let watch: String?
    /// When the run ends before its time; nil, unless given, for never.
    package let earlyStopping: EarlyStopping?
    /// What is done when the training loss no longer falls; nil, unless given, for nothing.
    package let onPlateau: PlateauSetting?
    /// Shards a mini-batch is cut into, S; 8 unless given.
    package let shards: Int
    /// What everything random is drawn from; 0 unless given.
    package let seed: UInt64
    /// Seconds without progress after which a run is given up, 0 for never; 300 unless given.
    package let stallTimeout: Double
    /// Worker threads of a rank; nil, unless given, for its share of the node's cores.
    package let workers: Int?
    /// How ranks of one node exchange data; `auto` unless given.
    package let transport: Transport
    /// What gradients are rounded to where they are summed; `float32` unless given.
    package let exchange: Exchange
    /// Steps between comparisons of what ranks hold, 0 for none; 100 unless given.
    package let replicaCheckSteps: Int
    /// Gradients are exchanged in stretches of about this many bytes; 1,048,576 unless given.
    package let bucketBytes: Int
    /// The vector instructions that arithmetic uses; `auto` unless given.
    package let instructionSet: InstructionSet
    /// Clipping of the gradient; off unless given, by global norm as `clip: {norm: 1.0}` or `clip: 1.0`, or element by
    /// element as `clip: {value: 0.5}`.
    package let clipping: GradientClipping

    /// Examples of an optimizer step; nil where only the data say.
    var stepExamples: Int? {
        guard let batch else { return nil }
        return batch * accumulate
    }

    /// Examples of a batch in evaluation: those of training, or 1,024 where training takes all at once.
    package var evaluationBatch: Int { batch ?? 1024 }

    /// Reads the section, or the defaults where there is none.
    init(_ setting: Setting?, at location: SourceLocation) throws(ConfigurationError) {
        let none = ConfigurationNode(content: .mapping([]), location: location)
        let map = try SettingMap(setting ?? Setting(none, path: "training"), keys: Self.keys)
        // The limits keep products such as epochs · steps inside an Int.
        isOnline = try map["online"]?.flag() ?? false
        epochs = try map["epochs"]?.whole(in: 1...1_000_000) ?? (isOnline ? 1 : 10)
        if isOnline, epochs > 1, let setting = map["epochs"] {
            throw setting.error(.conflict, "must be 1 beside online: true, which uses each example once")
        }
        batch = map["batch"]?.plainText == "full" ? nil : try map["batch"]?.whole(in: 1...16_777_216) ?? 256
        accumulate = try map["accumulate"]?.whole(in: 1...1_000_000) ?? 1
        growth = try map.optional("batch_growth").map { setting throws(ConfigurationError) in
            try BatchGrowth(setting)
        }
        if batch == nil, let setting = map.optional("batch_growth") {
            throw setting.error(.conflict, "must be left out beside batch: full, which cannot grow")
        }
        isDelayed = try map["delayed"]?.flag() ?? false
        if isDelayed, accumulate > 1, let setting = map["delayed"] {
            throw setting.error(.conflict, "must be false beside accumulate, which is \(accumulate)")
        }
        maximumSkippedSteps = try map["max_skipped_steps"]?.whole(in: 0...1_000_000_000) ?? 10
        spikes = try map.optional("skip_spikes").map { setting throws(ConfigurationError) in
            try LossSpikeGuard(setting)
        }
        if let setting = map.optional("skip_spikes") {
            if isDelayed {
                throw setting.error(
                    .conflict,
                    "must be left out beside delayed: true, whose gradients are applied a step later")
            }
            if maximumSkippedSteps == 0 {
                throw setting.error(
                    .conflict, "must be left out beside max_skipped_steps: 0, which skips nothing")
            }
        }
        let stopping = try map.optional("early_stopping").map { setting throws(ConfigurationError) in
            try EarlyStoppingOptions(setting)
        }
        earlyStopping = stopping?.rule
        onPlateau = try map.optional("on_plateau").map { setting throws(ConfigurationError) in
            try PlateauSetting(setting)
        }
        if isOnline, let setting = map.optional("on_plateau") {
            throw setting.error(
                .conflict, "must be left out beside online: true, whose only epoch has none to compare with")
        }
        let watched = try map.optional("watch")?.watchedMetricName()
        watch = stopping?.metric ?? watched
        shards = try map["shards"]?.whole(in: 1...65_536) ?? 8
        seed = UInt64(try map["seed"]?.whole(in: 0...Int.max) ?? 0)
        stallTimeout =
            try map["stall_timeout"]?
            .number("a number of seconds from 0 to 10000000") { $0 >= 0 && $0 <= 1e7 } ?? 300
        workers = try map.optional("workers")?.whole(in: 1...4096)
        transport = try map["transport"]?.choice("transport") ?? .auto
        exchange = try map["exchange"]?.choice("exchange") ?? .float32
        replicaCheckSteps = try map["check_replicas"]?.whole(in: 0...1_000_000_000) ?? 100
        bucketBytes = try map["bucket_bytes"]?.whole(in: 1...1_073_741_824) ?? 1 << 20
        instructionSet = try map["instruction_set"]?.choice("instruction set") ?? .auto
        clipping = try map.optional("clip").map(Self.clipping) ?? .off
    }

    /// All keys of the section.
    static let keys = [
        "epochs", "batch", "accumulate", "batch_growth", "online", "delayed", "max_skipped_steps",
        "skip_spikes", "watch", "early_stopping", "on_plateau", "shards", "seed", "stall_timeout", "workers",
        "transport", "exchange", "check_replicas", "bucket_bytes", "instruction_set", "clip",
    ]

    private static func clipping(_ setting: Setting) throws(ConfigurationError) -> GradientClipping {
        guard case .mapping = setting.node.content else { return try clippingByNorm(setting) }
        let map = try SettingMap(setting, keys: ["norm", "max_norm", "value"])
        let norm = try map.either("norm", "max_norm")
        guard let value = map["value"] else {
            guard let norm else { throw map.missing("norm", "the largest norm a gradient may have") }
            return try clippingByNorm(norm)
        }
        guard norm == nil else {
            throw ConfigurationError(
                .conflict, at: value.location, key: value.path,
                "a gradient is clipped by norm or by value, not by both", advice: "remove one of the two")
        }
        let limit = try value.number("a number") { _ in true }
        do { return try GradientClipping(maximumValue: limit) } catch {
            throw value.outOfRange(error.allowed)
        }
    }

    private static func clippingByNorm(_ norm: Setting) throws(ConfigurationError) -> GradientClipping {
        let value = try norm.number("a number") { _ in true }
        do { return try GradientClipping(maximumNorm: value) } catch { throw norm.outOfRange(error.allowed) }
    }

    /// Writes the section, every setting as it was given and not as a machine resolves it.
    func write(to yaml: inout YAMLWriter) {
        yaml.heading("training")
        yaml.line("epochs", "\(epochs)", depth: 1)
        yaml.line("batch", batch.map(String.init) ?? "full", depth: 1)
        yaml.line("accumulate", "\(accumulate)", depth: 1)
        if let growth { yaml.line("batch_growth", growth.yaml, depth: 1) }
        yaml.line("online", "\(isOnline)", depth: 1)
        yaml.line("delayed", "\(isDelayed)", depth: 1)
        yaml.line("max_skipped_steps", "\(maximumSkippedSteps)", depth: 1)
        if let spikes { yaml.line("skip_spikes", spikes.yaml, depth: 1) }
        if let watch { yaml.line("watch", watch, depth: 1) }
        if let earlyStopping { yaml.line("early_stopping", earlyStopping.yaml, depth: 1) }
        if let onPlateau { yaml.line("on_plateau", onPlateau.yaml, depth: 1) }
        yaml.line("shards", "\(shards)", depth: 1)
        yaml.line("seed", "\(seed)", depth: 1)
        yaml.line("stall_timeout", YAMLWriter.number(stallTimeout), depth: 1)
        if let workers { yaml.line("workers", "\(workers)", depth: 1) }
        yaml.line("transport", transport.rawValue, depth: 1)
        yaml.line("exchange", exchange.rawValue, depth: 1)
        yaml.line("check_replicas", "\(replicaCheckSteps)", depth: 1)
        yaml.line("bucket_bytes", "\(bucketBytes)", depth: 1)
        yaml.line("instruction_set", instructionSet.rawValue, depth: 1)
        if let norm = clipping.maximumNorm {
            yaml.line("clip", "{norm: \(YAMLWriter.number(norm))}", depth: 1)
        }
        if let value = clipping.maximumValue {
            yaml.line("clip", "{value: \(YAMLWriter.number(value))}", depth: 1)
        }
    }
}
