import Layers

/// What makes a study quick: other values to vary, and changes of all runs and of single ones, after their own.
struct QuickChanges {
    /// The keys to vary instead of the study's; nil for those.
    let vary: Setting?
    /// The changes of all runs.
    let overrides: [ConfigurationOverride]
    /// The number of trials; nil for the study's.
    let trials: Int?
    /// The examples of a diagnosis; nil for the study's.
    let diagnosedExamples: Int?
    /// The changes of single runs; nil leaves one out.
    private let runs: [(name: String, overrides: [ConfigurationOverride]?, setting: Setting)]

    /// - Parameter isSearch: Whether `vary` says how values are drawn, and `trials` for how many runs.
    init(_ setting: Setting?, isSearch: Bool) throws(ConfigurationError) {
        guard let setting, case .mapping(let entries) = setting.node.content else {
            if let setting, !setting.node.isBlank, !setting.node.isNull {
                throw setting.wrongType(expected: "key paths with values, such as {training.epochs: 1}")
            }
            (vary, overrides, trials, diagnosedExamples, runs) = (nil, [], nil, nil, [])
            return
        }
        var (vary, trials, examples): (Setting?, Int?, Int?) = (nil, nil, nil)
        var overrides: [ConfigurationOverride] = []
        var runs: [(name: String, overrides: [ConfigurationOverride]?, setting: Setting)] = []
        for entry in entries {
            let part = Setting(entry.value, path: setting.inside(entry.key), at: entry.location)
            switch entry.key {
            case "vary":
                if isSearch {
                    _ = try StudyConfiguration.trials(part, count: 1, seed: 0)
                } else {
                    _ = try StudyConfiguration.combinations(part)
                }
                vary = part
            case "trials" where isSearch: trials = try part.whole(in: 1...StudyConfiguration.mostRuns)
            case "diagnose": examples = try part.whole(in: 1...1_000_000_000)
            case "runs":
                guard case .mapping(let names) = part.node.content else {
                    throw part.wrongType(expected: "runs by name, with their changes or null")
                }
                for name in names {
                    let run = Setting(name.value, path: part.inside(name.key), at: name.location)
                    runs.append(
                        (name.key, run.node.isNull ? nil : try StudyConfiguration.overrides(run), run))
                }
            default:
                overrides.append(
                    try ConfigurationOverride(path: entry.key, value: entry.value, at: entry.location))
            }
        }
        (self.vary, self.overrides, self.trials) = (vary, overrides, trials)
        (diagnosedExamples, self.runs) = (examples, runs)
    }

    /// The runs with their own changes, without those that are left out.
    func applied(
        to variants: [StudyConfiguration.Variant]
    ) throws(ConfigurationError) -> [StudyConfiguration.Variant] {
        for run in runs {
            guard variants.contains(where: { $0.name == run.name }) else {
                throw run.setting.error(
                    .unknownName, "unknown run \(ConfigurationError.quoted(run.name))",
                    advice: suggestion(for: run.name, among: variants.map(\.name), noun: "runs"))
            }
        }
        return variants.compactMap { variant in
            guard let changes = runs.first(where: { $0.name == variant.name }) else { return variant }
            return changes.overrides.map { (variant.name, variant.overrides + $0) }
        }
    }
}
