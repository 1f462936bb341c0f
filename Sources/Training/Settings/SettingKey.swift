import Options

/// One key of a configuration: what it may be, what it means, and the setting that it is.
package struct SettingKey: Sendable {
    /// Whether another value makes another run, whose checkpoints and weights are others.
    package enum Effect: Sendable {
        /// It decides the bytes of results.
        case results
        /// It decides how a run goes, where it stands or what is written of it, but no byte of its weights.
        case conduct
    }

    /// The path, such as "training.shards".
    package let path: String
    /// The section that it stands in, "training"; the whole path of a key that stands in none.
    package let section: String
    /// What it is called there, "shards"; empty for a key that is a section itself.
    package let name: String
    /// What it may be.
    package let form: OptionForm
    /// What it is, in one sentence.
    package let summary: String
    /// Where it comes from, authors and year; empty where there is nothing to name.
    package let source: String
    /// Whether another value makes another run.
    package let effect: Effect
    /// What the settings say; `.none` where it is left out.
    package let value: @Sendable (TrainingSettings) -> OptionValue
    /// Makes a setting of a value that has the form; throws where it does not make sense.
    package let set: @Sendable (inout TrainingSettings, OptionValue) throws(OptionError) -> Void

    /// The key of a setting.
    init<Value>(
        _ path: String, _ setting: any WritableKeyPath<TrainingSettings, Value> & Sendable,
        _ codec: OptionCodec<Value>, _ effect: Effect, _ summary: String, source: String = ""
    ) {
        self.init(path, codec.form, effect, summary, source: source) {
            codec.encode($0[keyPath: setting])
        } set: { settings, value throws(OptionError) in
            settings[keyPath: setting] = try codec.decode(value)
        }
    }

    /// The key of a setting that may be left out.
    init<Value>(
        _ path: String, _ setting: any WritableKeyPath<TrainingSettings, Value?> & Sendable,
        optional codec: OptionCodec<Value>, _ effect: Effect, _ summary: String, source: String = ""
    ) {
        self.init(path, setting, codec.orNone(), effect, summary, source: source)
    }

    /// A key that is more than one setting, or a part of one.
    init(
        _ path: String, _ form: OptionForm, _ effect: Effect, _ summary: String, source: String = "",
        value: @escaping @Sendable (TrainingSettings) -> OptionValue,
        set: @escaping @Sendable (inout TrainingSettings, OptionValue) throws(OptionError) -> Void
    ) {
        self.path = path
        section = String(path.prefix { $0 != "." })
        name = String(path.dropFirst(section.count + 1))
        self.form = form
        self.effect = effect
        self.summary = summary
        self.source = source
        self.value = value
        self.set = set
    }
}
