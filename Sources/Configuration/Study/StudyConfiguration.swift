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
/// metrics may be results of the diagnosis: verdict, critical_ratio, lambda_max and others.
package struct StudyConfiguration: Sendable, Equatable {
    /// What a row of the report stands for.
    package enum Axis: String, Sendable, CaseIterable {
        /// One row per run, with its last values.
        case run
        /// One row per epoch, with a column for each run.
        case epoch
        /// One row per logged step, with a column for each run.
        case step
    }

    package struct Run: Sendable, Equatable {
        /// Its name, which is also that of its output folder.
        package let name: String
        package let configuration: RunConfiguration
    }

    /// What the study is about, in one line.
    package let title: String
    /// The runs, in the order in which they are executed.
    package let runs: [Run]
    /// What a row of the report stands for.
    package let against: Axis
    /// The columns, by their names in metrics.jsonl; epoch_seconds is computed from them.
    package let metrics: [String]
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
    package init(
        yaml: String, source: SourceLocation.Source, overrides: [ConfigurationOverride] = [],
        output given: String? = nil, currentFolder: String = FileManager.default.currentDirectoryPath
    ) throws(ConfigurationError) {
        let node = try ConfigurationNode(yaml: yaml, source: source)
        let whole = Setting(node, path: "", at: SourceLocation(source))
        try whole.refuse(
            "model", besides: "base",
            "it is a configuration, which dtrain --config FILE trains; a study names it as base: {config: FILE}"
        )
        let map = try SettingMap(
            whole, keys: ["title", "base", "set", "vary", "runs", "report", "output"], "the parts of a study")
        title = try map["title"]?.text("what the study is about") ?? source.runName ?? "study"
        let base = try Self.base(
            map.required("base", "{recipe: NAME} or {config: FILE}"), source, currentFolder)
        let written = try map.optional("output")?.path("the path of a folder")
        let output = given ?? written ?? "studies/\(source.runName ?? "study")"
        self.output = output
        let common = try map.optional("set").map(Self.overrides) ?? []

        var variants = try map.optional("vary").map(Self.combinations) ?? []
        if let setting = map.optional("runs") { variants += try Self.named(setting) }
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
            runs.append(
                Run(
                    name: variant.name,
                    configuration: try base(common + variant.overrides + overrides + place)))
        }
        self.runs = runs
        let report = try SettingMap(
            map["report"]
                ?? Setting(
                    ConfigurationNode(content: .mapping([]), location: node.location), path: "report"),
            keys: ["against", "metrics", "diagnose"])
        let against: Axis = try report["against"]?.choice("axis") ?? .run
        self.against = against
        diagnosedExamples = try report["diagnose"].map { setting throws(ConfigurationError) in
            guard against == .run else {
                throw setting.error(.conflict, "diagnoses the weights that a run ends with: set against: run")
            }
            return try setting.whole(in: 1...1_000_000_000)
        }
        let others = Self.otherMetrics + (diagnosedExamples == nil ? [] : Self.diagnosedMetrics)
        metrics =
            try report["metrics"].map { setting throws(ConfigurationError) in
                var names: [String] = []
                for element in try setting.list("a list of metrics such as [train_loss, test_accuracy]") {
                    names.append(
                        try element.metricName(of: ["train", "validation", "test"], or: others))
                }
                return names
            } ?? ["train_loss", "test_loss", "test_accuracy"]
    }

    /// The most runs; a few keys with ten values each would make millions.
    private static let mostRuns = 1000
    /// The longest name in bytes, which leaves room for what folders and files add to it.
    private static let longestName = 200

    /// A run's name and its changes.
    private typealias Variant = (name: String, overrides: [ConfigurationOverride])

    /// A function that makes a run's configuration from its overrides.
    private static func base(
        _ setting: Setting, _ source: SourceLocation.Source, _ currentFolder: String
    ) throws(ConfigurationError) -> ([ConfigurationOverride]) throws(ConfigurationError) -> RunConfiguration {
        let map = try SettingMap(setting, keys: ["recipe", "config"])
        if let name = map["recipe"] {
            guard map["config"] == nil else {
                throw setting.error(.conflict, "must be either a recipe or a config, is both")
            }
            let word = try name.name(of: "recipe", among: Recipe.all.map(\.name))
            let recipe = try Recipe.named(word)
            return { overrides throws(ConfigurationError) in
                try RunConfiguration(recipe: recipe, overrides: overrides, currentFolder: currentFolder)
            }
        }
        let path = try map.required("config", "the path of a configuration, or a recipe").path(
            "the path of a file")
        let file = FilePaths(source: source, currentFolder: currentFolder).absolute(path, writtenIn: source)
        return { overrides throws(ConfigurationError) in
            try RunConfiguration(file: file, overrides: overrides, currentFolder: currentFolder)
        }
    }

    /// The numbers of metrics.jsonl that are not measured on a data set, and epoch_seconds.
    private static let otherMetrics = [
        "loss", "gradient_norm", "clip_ratio", "noise_scale", "gradient_norm_squared_unbiased",
        "lambda_max", "gradient_curvature", "gradient_over_rate", "norm_test", "inner_product_test",
        "gradient_snr", "radius", "products",
        "negative_curvature", "lr", "batch", "epoch", "step", "steps", "best_epoch", "best_step",
        "best_value", "restored_epoch", "restored_step", "skipped_steps", "epoch_seconds", "seconds",
        "samples_per_second", "evaluation_samples_per_second",
    ]

    /// The results of a diagnosis of the weights.
    private static let diagnosedMetrics = [
        "verdict", "critical_ratio", "lambda_max", "lambda_min", "minimum_ratio", "zero_ratio",
        "negative_ratio", "diagnosed_loss", "diagnosed_gradient_norm",
    ]

    /// Keys with values as overrides, where a key is a path such as training.batch.
    private static func overrides(_ setting: Setting) throws(ConfigurationError) -> [ConfigurationOverride] {
        guard case .mapping(let entries) = setting.node.content else {
            if setting.node.isBlank || setting.node.isNull { return [] }
            throw setting.wrongType(expected: "key paths with values, such as {training.batch: 64}")
        }
        var overrides: [ConfigurationOverride] = []
        for entry in entries {
            overrides.append(
                try ConfigurationOverride(path: entry.key, value: entry.value, at: entry.location))
        }
        return overrides
    }

    /// All combinations of the keys' values, where the last key's values change fastest. A run's name consists of the
    /// keys' last parts and the values, as in "lr-0.1-batch-64"; a value that is not a word is named by its place in
    /// the list.
    private static func combinations(_ setting: Setting) throws(ConfigurationError) -> [Variant] {
        guard case .mapping(let entries) = setting.node.content, !entries.isEmpty else {
            throw setting.wrongType(expected: "key paths with lists of values")
        }
        var variants: [Variant] = [("", [])]
        for entry in entries {
            let values = try Setting(entry.value, path: setting.inside(entry.key), at: entry.location).list(
                "a list of values")
            guard !values.isEmpty else {
                throw setting.error(.missing, "\(entry.key) has no values")
            }
            let short = fileName(entry.key.split(separator: ".").last.map(String.init) ?? entry.key)
            guard variants.count * values.count <= mostRuns else {
                throw setting.error(
                    .tooLarge, "expected at most \(mostRuns) runs, found more combinations",
                    advice: "vary fewer keys, or give the runs by name under runs")
            }
            var next: [Variant] = []
            for variant in variants {
                for (place, value) in values.enumerated() {
                    let text = value.node.word.map(Self.fileName) ?? "\(place)"
                    let name = variant.name.isEmpty ? "\(short)-\(text)" : "\(variant.name)-\(short)-\(text)"
                    let change = try ConfigurationOverride(
                        path: entry.key, value: value.node, at: entry.location)
                    next.append((name, variant.overrides + [change]))
                }
            }
            variants = next
        }
        return variants
    }

    /// Runs with given names.
    private static func named(_ setting: Setting) throws(ConfigurationError) -> [Variant] {
        guard case .mapping(let entries) = setting.node.content else {
            throw setting.wrongType(expected: "runs by name, such as {adam: {optimizer: {name: adam}}}")
        }
        var variants: [Variant] = []
        for entry in entries {
            // The run's folder must be neither the study's own nor its parent.
            guard fileName(entry.key) == entry.key, !entry.key.allSatisfy({ $0 == "." }) else {
                throw setting.error(
                    .outOfRange,
                    "a run's name must be made of letters, digits, \"-\", \"_\" and \".\", is \(ConfigurationError.quoted(entry.key))"
                )
            }
            let part = Setting(entry.value, path: setting.inside(entry.key), at: entry.location)
            variants.append((entry.key, try overrides(part)))
        }
        return variants
    }

    /// A word with only the characters that are safe in a file's name.
    private static func fileName(_ word: String) -> String {
        String(word.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) ? $0 : "_" })
    }
}
