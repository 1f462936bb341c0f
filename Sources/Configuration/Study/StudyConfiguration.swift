import Foundation
import Layers

/// A comparison: one configuration, varied to make several runs, and a report about them.
///
///     title: Loss against epoch for three learning rates
///     base: {recipe: fashion-mlp}                # or {config: FILE.yaml}
///     set: {training.epochs: 5}                  # for all runs
///     vary: {optimizer.lr: [0.01, 0.1, 1.0]}     # all combinations where there are several keys
///     runs:                                      # instead of vary, or beside it
///       adam: {optimizer: {name: adam}}
///     report: {against: epoch, metrics: [train_loss, test_accuracy]}
///     output: studies/rates
///
/// A run's configuration is the base, changed in this order by `set`, by `vary` or `runs`, by the command line, and by
/// the run's own folder inside the study's.
///
/// With `report: {against: run, diagnose: 5000}` each run's weights are diagnosed on that many training examples, and
/// metrics may be results of the diagnosis: verdict, critical_ratio, lambda_max and others. With `report: {reach: {metric:
/// test_accuracy, value: 0.8}}` metrics may be reach_step and reach_epoch, the first at which the value is reached.
///
/// With `trials: 20` the values under `vary` are drawn, as lists or `{uniform: [a, b]}` and the like say, and bad trials are
/// stopped early; see `DrawnValues` and `StudySearch`.
///
/// `pictures` names pictures of the runs; see `StudyPicture`. `quick` is what `--quick` changes: keys of all runs after their
/// own, and under `vary`, `runs` and `diagnose` other lists of values, further changes of single runs (null leaves one out),
/// and another number of examples.
package struct StudyConfiguration: Sendable, Equatable {
    /// What a row of the report stands for.
    package enum Axis: String, Sendable, CaseIterable {
        /// One row per run, with its last values.
        case run
        /// One row per epoch, with a column for each run.
        case epoch
        /// One row per logged step, with a column for each run.
        case step
        /// One row per evaluation that `evaluation.every_steps` asks for and per end of an epoch, with a column for
        /// each run.
        case evaluation

        /// The number that tells a run's rows apart, by its name in metrics.jsonl.
        package var placeName: String { self == .evaluation ? "step" : rawValue }
    }

    package struct Run: Sendable, Equatable {
        /// Its name, which is also that of its output folder.
        package let name: String
        package let configuration: RunConfiguration
        /// Its value of each of `variedKeys`, on one line; empty where it leaves the base's.
        package let values: [String]
    }

    /// A value of a metric, which is reached from above for a loss, and from below for everything else.
    package struct Reach: Sendable, Equatable {
        package let metric: String
        package let value: Double

        package func isReached(by number: Double) -> Bool {
            metric.hasSuffix("loss") ? number <= value : number >= value
        }
    }

    /// What the study is about, in one line.
    package let title: String
    /// The runs, in the order in which they are executed.
    package let runs: [Run]
    /// The key paths that `vary` varies.
    package let variedKeys: [String]
    /// How trials are ranked and stopped; nil for a study whose runs all train to the end.
    package let search: StudySearch?
    /// What a row of the report stands for.
    package let against: Axis
    /// The columns, by their names in metrics.jsonl, and what `StudyMetrics` adds to them.
    package let metrics: [String]
    /// A metric and the value at which a run has reached it; nil where nothing asks for it.
    package let reach: Reach?
    /// The pictures.
    package let pictures: [StudyPicture]
    /// The number of training examples, a seeded sample, on which each run's weights are diagnosed; nil for no
    /// diagnosis.
    package let diagnosedExamples: Int?
    /// The folder for the runs and the report.
    package let output: String

    /// Reads a study.
    ///
    /// - Parameters:
    ///   - yaml: The text.
    ///   - source: Where the text is from; relative paths start from a file's folder.
    ///   - overrides: Changes by the command line, for all runs.
    ///   - output: A folder that replaces the text's; nil for none.
    ///   - isQuick: Whether the changes of `quick` are made.
    package init(
        yaml: String, source: SourceLocation.Source, overrides: [ConfigurationOverride] = [],
        output given: String? = nil, isQuick: Bool = false,
        currentFolder: String = FileManager.default.currentDirectoryPath
    ) throws(ConfigurationError) {
        let node = try ConfigurationNode(yaml: yaml, source: source)
        let whole = Setting(node, path: "", at: SourceLocation(source))
        try whole.refuse(
            "model", besides: "base",
            "it is a configuration, which dtrain --config FILE trains; a study names it as base: {config: FILE}"
        )
        let map = try SettingMap(
            whole,
            keys: [
                "title", "base", "set", "vary", "trials", "seed", "search", "runs", "quick", "report",
                "pictures", "output",
            ], "the parts of a study")
        title = try map["title"]?.text("what the study is about") ?? source.runName ?? "study"
        let base = try Self.base(
            map.required("base", "{recipe: NAME} or {config: FILE}"), source, currentFolder)
        let written = try map.optional("output")?.path("the path of a folder")
        let output = given ?? written ?? "studies/\(source.runName ?? "study")"
        self.output = output
        let common = try map.optional("set").map(Self.overrides) ?? []

        // Read whether it is used or not, so that mistakes in it are found.
        let (trials, search, seed) = try Self.search(map)
        self.search = search
        let reduced = try QuickChanges(map.optional("quick"), isSearch: search != nil)
        let quick = isQuick ? reduced : nil
        let vary = quick?.vary ?? map.optional("vary")
        let variedKeys = Self.keys(of: vary)
        self.variedKeys = variedKeys
        var variants: [Variant] = []
        if let trials {
            guard let vary else { throw map.missing("vary", "the keys whose values are drawn") }
            variants = try Self.trials(vary, count: quick?.trials ?? trials, seed: seed)
        } else if let vary {
            variants = try Self.combinations(vary)
        }
        if let setting = map.optional("runs") { variants += try Self.named(setting) }
        var leftOut: [String] = []
        if let quick {
            // Pictures may be of any run of the whole study.
            if trials == nil, quick.vary != nil, let all = map.optional("vary") {
                leftOut = try Self.combinations(all).map(\.name)
            }
            leftOut += variants.map(\.name)
            variants = try quick.applied(to: variants)
            leftOut.removeAll { name in variants.contains { $0.name == name } }
        }
        guard !variants.isEmpty else {
            throw map.missing("runs", "the runs by name with what each changes, or vary with lists of values")
        }
        guard variants.count <= Self.mostRuns else {
            throw whole.error(.tooLarge, "expected at most \(Self.mostRuns) runs, found \(variants.count)")
        }
        var runs: [Run] = []
        for variant in variants {
            guard !runs.contains(where: { $0.name == variant.name }) else {
                throw whole.error(
                    .duplicateKey, "two runs are called \(ConfigurationError.quoted(variant.name))")
            }
            guard variant.name.utf8.count <= Self.longestName else {
                throw whole.error(
                    .tooLarge,
                    "expected runs' names of at most \(Self.longestName) bytes, found \(ConfigurationError.quoted(variant.name))",
                    advice: "give such runs short names under runs")
            }
            let place: [ConfigurationOverride] = [.output("\(output)/\(variant.name)")]
            let changes = common + variant.overrides + (quick?.overrides ?? []) + overrides + place
            runs.append(
                Run(
                    name: variant.name, configuration: try base(changes),
                    values: Self.values(of: variedKeys, after: changes)))
        }
        self.runs = runs
        if let search, let setting = map.optional("search") ?? map.optional("trials") {
            for run in runs { try search.check(run.configuration, at: setting) }
        }
        let report = try SettingMap(
            map["report"]
                ?? Setting(
                    ConfigurationNode(content: .mapping([]), location: node.location), path: "report"),
            keys: ["against", "metrics", "diagnose", "reach"])
        let against: Axis = try report["against"]?.choice("axis") ?? .run
        self.against = against
        let diagnosed = try report["diagnose"].map { setting throws(ConfigurationError) in
            guard against == .run else {
                throw setting.error(.conflict, "diagnoses the weights that a run ends with: set against: run")
            }
            guard search == nil else {
                throw setting.error(.conflict, "does not go with trials, most of which are stopped early")
            }
            return try setting.whole(in: 1...1_000_000_000)
        }
        diagnosedExamples = diagnosed.map { quick?.diagnosedExamples ?? $0 }
        reach = try report["reach"].map { setting throws(ConfigurationError) in try Self.reach(setting) }
        let others =
            StudyMetrics.others + (diagnosed == nil ? [] : StudyMetrics.diagnosed)
            + (reach == nil ? [] : [StudyMetrics.reachStep, StudyMetrics.reachEpoch])
        metrics =
            try report["metrics"].map { setting throws(ConfigurationError) in
                var names: [String] = []
                for element in try setting.list("a list of metrics such as [train_loss, test_accuracy]") {
                    names.append(try Self.metric(element, others, against))
                }
                return names
            } ?? search.map(Self.standardMetrics) ?? Self.standardMetrics(of: runs)
        pictures =
            try map.optional("pictures").map { setting throws(ConfigurationError) in
                try Self.pictures(setting, runs: runs, leftOut: leftOut, others: others)
            } ?? []
    }

    /// Reads what makes a study a search: the number of trials, how they are ranked, and the seed of what is drawn.
    private static func search(
        _ map: SettingMap
    ) throws(ConfigurationError) -> (trials: Int?, search: StudySearch?, seed: UInt64) {
        guard let trials = map.optional("trials") else {
            for key in ["search", "seed"] {
                if let found = map.optional(key) {
                    throw found.error(
                        .conflict, "is for trials with drawn values", advice: "set trials, as trials: 20")
                }
            }
            return (nil, nil, 0)
        }
        if let runs = map.optional("runs") {
            throw runs.error(
                .conflict, "does not go with trials",
                advice: "give a search and other runs a study each")
        }
        let seed = try map.optional("seed").map { setting throws(ConfigurationError) in
            try setting.whole(in: 0...Int.max)
        }
        return (
            try trials.whole(in: 1...mostRuns), try StudySearch(map.optional("search")), UInt64(seed ?? 0)
        )
    }

    /// What a search reports unless it says so: nothing of the test set, which must not decide.
    private static func standardMetrics(_ search: StudySearch) -> [String] {
        ["train_loss", "validation_loss"] + (search.metric == "validation_loss" ? [] : [search.metric])
    }

    /// What a comparison reports unless it says so: of the test set, or of validation data where no run has one.
    private static func standardMetrics(of runs: [Run]) -> [String] {
        let data = runs.map(\.configuration.settings.data)
        let set =
            data.contains { $0.test != nil }
            ? "test" : data.contains { $0.validation != nil } ? "validation" : nil
        return ["train_loss"] + (set.map { ["\($0)_loss", "\($0)_accuracy"] } ?? [])
    }

    /// Reads the name of a metric to report, which may be one of each class.
    private static func metric(
        _ setting: Setting, _ others: [String], _ against: Axis
    ) throws(ConfigurationError) -> String {
        guard let name = setting.plainText, StudyMetrics.classMetric(name) != nil else {
            return try setting.metricName(of: StudyMetrics.sets, or: others + StudyMetrics.ofClasses)
        }
        guard against == .run else {
            throw setting.error(
                .conflict, "\(name) is measured at the end of a run alone", advice: "set against: run")
        }
        return name
    }

    private static func reach(_ setting: Setting) throws(ConfigurationError) -> Reach {
        let map = try SettingMap(setting, keys: ["metric", "value"])
        let name = try map.required("metric", "a metric such as test_accuracy").metricName(
            of: StudyMetrics.sets, or: StudyMetrics.others)
        guard StudyMetrics.isNumber(name) else {
            throw setting.error(.outOfRange, "\(name) is a word, and has no value to reach")
        }
        return Reach(metric: name, value: try map.required("value", "the value to reach").number(.finite))
    }

    private static func pictures(
        _ setting: Setting, runs: [Run], leftOut: [String], others: [String]
    ) throws(ConfigurationError) -> [StudyPicture] {
        let names = runs.map(\.name)
        guard case .mapping(let entries) = setting.node.content else {
            throw setting.wrongType(
                expected: "pictures by name, such as {loss: {curves: [loss], against: step}}")
        }
        var pictures: [StudyPicture] = []
        for entry in entries {
            try requireFileName(entry.key, of: "picture", setting)
            guard entry.key != "study" else {
                throw setting.error(
                    .duplicateKey, "study.svg is the picture of the table: give this one another name")
            }
            guard !names.contains(entry.key) else {
                throw setting.error(
                    .duplicateKey, "a run is called \(ConfigurationError.quoted(entry.key)) as well")
            }
            let part = Setting(entry.value, path: setting.inside(entry.key), at: entry.location)
            let picture = try StudyPicture(entry.key, part, runs: names + leftOut, others: others)
            // What quick leaves out takes its pictures with it.
            if case .landscape(let landscape) = picture.content,
                landscape.runs.contains(where: leftOut.contains)
            {
                continue
            }
            if case .landscape(let landscape) = picture.content, case .path(let walked) = landscape.way {
                for run in runs
                where walked.contains(run.name) && run.configuration.settings.parameterSteps == nil {
                    throw part.error(
                        .conflict, "run \(run.name) keeps no path: set logging.parameters, such as 1, for it")
                }
            }
            pictures.append(picture)
        }
        return pictures
    }
}
