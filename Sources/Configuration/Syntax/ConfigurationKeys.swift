import Optimizers

/// The keys of a configuration by their sections, to find the place of one that was written without it.
package enum ConfigurationKeys {
    /// The sections of a configuration.
    static let sections = [
        "data", "model", "loss", "init", "optimizer", "schedule", "training", "evaluation", "checkpoint",
        "logging", "output",
    ]

    /// The full paths of the keys that a word may mean, such as "training.batch" for batch_size, in the order of the sections.
    ///
    /// - Parameter place: The section that the word stands in, "" for none: one that knows it needs no other.
    package static func paths(of word: String, besides place: String = "") -> [String] {
        guard let own = all.first(where: { $0.section == place }), sameName(as: word, among: own.keys) == nil
        else { return [] }
        return all.filter { $0.section != place }.compactMap { section, keys in
            sameName(as: word, among: keys).map { section.isEmpty ? $0 : "\(section).\($0)" }
        }
    }

    /// The section that a word may mean.
    package static func section(_ word: String) -> String? { sameName(as: word, among: sections) }

    /// The one of some keys that a word is in other letters or in another program's words.
    package static func sameKey(as word: String, among keys: [String]) -> String? {
        sameName(as: word, among: keys)
    }

    /// The options of all that `names` name.
    static func options(
        of names: [String], _ optionNames: (String) throws(OptimizerError) -> [String]
    ) -> [String] {
        var options: [String] = []
        for option in names.flatMap({ (try? optionNames($0)) ?? [] }) where !options.contains(option) {
            options.append(option)
        }
        return options
    }

    private static let all: [(section: String, keys: [String])] = [
        ("", sections),
        ("data", DataSection.keys),
        ("data.train", DataFiles.keys),
        ("init", InitSection.keys),
        (
            "optimizer",
            options(of: OptimizerConfiguration.names, OptimizerConfiguration.optionNames)
                + OptimizerSection.commonKeys
        ),
        (
            "schedule",
            options(of: LearningRateSchedule.names, LearningRateSchedule.optionNames)
                + [MomentumSchedule.key]
        ),
        ("training", TrainingSection.keys),
        ("evaluation", EvaluationSection.keys),
        ("checkpoint", CheckpointSection.keys),
        ("logging", LoggingSection.keys),
    ]
}
