import DistributedTraining

/// What KEY=VALUE arguments say about a controlled run.
struct ControlOptions {
    /// Ranks of a pretended node at most; nil for the machine as it is.
    private(set) var nodeSize: Int?
    private(set) var transport = Cluster.Transport.auto
    /// Seconds without progress after which the run is given up.
    private(set) var stallTimeout = Watchdog.standardLimit
    private var name = "sgd"
    private var momentum = 0.0
    private var clip: Double?
    private var lookahead: Int?
    private var noDecay = false
    private var decay: Double?
    private var schedule: String?
    private var shards: Int?
    private var batch: Int?
    private var bucketBytes: Int?
    private var workers: Int?
    private var epochs: Int?
    private var steps: Int?
    private var accumulate: Int?
    private var delayed = false
    private var growth: BatchGrowth?
    private var fullBatch = false
    private var stopping: EarlyStopping?
    private var clipValue: Double?
    private var logs: Int?
    private var curvature: Int?
    private var plateau: Int?
    private var sink: String?
    private var stop: Int?
    private var resumes = false
    private var overwrites = true
    private var sharded = false
    private var exchange = GradientPrecision.float32
    private var checkpoints = TrainingSettings.Checkpoints()
    private var hidesFolder = false
    private var precision = Precision.float32
    private var rankWithoutBFloat16: Int?
    /// After every step unless told otherwise, so that every test would notice a false alarm.
    private var check = 1

    /// Reads the arguments; nil where one is not understood.
    init?(_ arguments: ArraySlice<String>) {
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, take(parts[0], parts[1]) else { return nil }
        }
    }

    private mutating func take(_ key: String, _ value: String) -> Bool {
        switch key {
        case "nodes":
            nodeSize = Int(value)
            return (nodeSize ?? 0) > 0
        case "transport":
            guard let known = Cluster.Transport(rawValue: value) else { return false }
            transport = known
            return true
        case "stall": return take(Double(value)) { $0.stallTimeout = $1 }
        case "optimizer":
            name = value
            return OptimizerConfiguration.names.contains(value)
        case "momentum": return take(Double(value)) { $0.momentum = $1 }
        case "lookahead": return take(Int(value)) { $0.lookahead = $1 }
        case "no_decay": return take(Bool(value)) { $0.noDecay = $1 }
        case "decay": return take(Double(value)) { $0.decay = $1 }
        case "schedule": return take(value) { $0.schedule = $1 }
        case "accumulate": return take(Int(value)) { $0.accumulate = $1 }
        case "delayed": return take(Bool(value)) { $0.delayed = $1 }
        case "full": return take(Bool(value)) { $0.fullBatch = $1 }
        case "grow_every": return take(Int(value)) { $0.growth = BatchGrowth(.every($1)) }
        case "grow_by_noise": return take(Double(value)) { $0.growth = BatchGrowth(.noise, factor: $1) }
        case "patience": return take(Int(value)) { $0.stopping = EarlyStopping(patience: $1) }
        case "clip_value": return take(Double(value)) { $0.clipValue = $1 }
        case "log": return take(Int(value)) { $0.logs = $1 }
        case "curvature": return take(Int(value)) { $0.curvature = $1 }
        case "plateau": return take(Int(value)) { $0.plateau = $1 }
        case "clip": return take(Double(value)) { $0.clip = $1 }
        case "shards": return take(Int(value)) { $0.shards = $1 }
        case "batch": return take(Int(value)) { $0.batch = $1 }
        case "bucket": return take(Int(value)) { $0.bucketBytes = $1 }
        case "workers": return take(Int(value)) { $0.workers = $1 }
        case "epochs": return take(Int(value)) { $0.epochs = $1 }
        case "steps": return take(Int(value)) { $0.steps = $1 }
        case "sink": return take(value) { $0.sink = $1 }
        case "stop_at": return take(Int(value)) { $0.stop = $1 }
        case "resume": return take(Bool(value)) { $0.resumes = $1 }
        case "overwrite": return take(Bool(value)) { $0.overwrites = $1 }
        case "sharded": return take(Bool(value)) { $0.sharded = $1 }
        case "every_steps": return take(Int(value)) { $0.checkpoints.everySteps = $1 }
        case "every_minutes": return take(Double(value)) { $0.checkpoints.everyMinutes = $1 }
        case "keep": return take(Int(value)) { $0.checkpoints.keep = $1 }
        case "best": return take(Bool(value)) { $0.checkpoints.keepsBest = $1 }
        case "hidden": return take(Bool(value)) { $0.hidesFolder = $1 }
        case "precision": return take(Precision(rawValue: value)) { $0.precision = $1 }
        case "lacks_bfloat16": return take(Int(value)) { $0.rankWithoutBFloat16 = $1 }
        case "exchange": return take(GradientPrecision(rawValue: value)) { $0.exchange = $1 }
        case "check": return take(Int(value)) { $0.check = $1 }
        default: return false
        }
    }

    private mutating func take<T>(_ value: T?, _ set: (inout ControlOptions, T) -> Void) -> Bool {
        guard let value else { return false }
        set(&self, value)
        return true
    }

    /// The optimizer with learning rate `rate`.
    func optimizer(rate: Double) throws -> OptimizerConfiguration {
        var options: [String: OptionValue] = name == NewtonCG.name ? [:] : ["lr": .number(rate)]
        if momentum != 0 { options["momentum"] = .number(momentum) }
        if let decay { options["weight_decay"] = .number(decay) }
        return try OptimizerConfiguration(
            name: name, options: options, sharded: sharded,
            noDecay: noDecay ? DecayExemption.allCases : [],
            lookahead: try lookahead.map { try LookaheadOptions(k: $0) })
    }

    /// Puts what was given in the place of the settings' values.
    func apply(to settings: inout TrainingSettings) throws {
        if let schedule {
            let watches = schedule == "reduce_on_plateau"
            settings.schedule = try ScheduleConfiguration(
                name: schedule, options: watches ? ["patience": 0] : [:])
            if watches { settings.data.validation = .fraction(0.25) }
        }
        if let clip { settings.clipping = try GradientClipping(maximumNorm: clip) }
        if let clipValue { settings.clipping = try GradientClipping(maximumValue: clipValue) }
        if let accumulate { settings.accumulate = accumulate }
        if let logs { settings.loggingSteps = logs }
        settings.curvatureSteps = curvature
        settings.onPlateau = plateau.map { PlateauEscape(patience: $0) }
        settings.isDelayed = delayed
        settings.isFullBatch = fullBatch
        settings.growth = growth
        if let stopping {
            settings.data.validation = .fraction(0.25)
            settings.earlyStopping = stopping
        }
        if let shards { settings.shards = shards }
        if let batch { settings.batch = batch }
        if let bucketBytes { settings.bucketBytes = bucketBytes }
        if let epochs { settings.epochs = epochs }
        settings.workers = workers
        settings.exchange = exchange
        settings.precision = precision
        settings.replicaCheckSteps = check
        settings.stepLimit = steps
        settings.checkpoints = checkpoints
        if let sink { settings.sinks.append(StepLines(path: sink)) }
        if let stop {
            settings.sinks.append(
                RunCallback { event in
                    if case .step(let step) = event, step.step == stop { return .stop }
                    return .goOn
                })
        }
        #if FAULT_INJECTION
            settings.hidesFolder = hidesFolder
            settings.rankWithoutBFloat16 = rankWithoutBFloat16
        #endif
        settings.overwritesOutput = overwrites && !resumes
        if resumes { settings.resume = .auto }
    }
}
