import Options

/// One key of a configuration: its form, its meaning, and the setting that it reads and writes.
package struct SettingKey: Sendable {
    /// Whether a changed value makes another run, with other checkpoints and weights.
    package enum Effect: Sendable {
        /// The key affects the bytes of results.
        case results
        /// The key affects how a run proceeds, where its files are or what is reported, but not its weights.
        case conduct
    }

    /// The path, such as "training.shards".
    package let path: String
    /// The section that contains the key, "training"; the whole path if there is none.
    package let section: String
    /// The name in the section, "shards"; empty for a key that is a section itself.
    package let name: String
    /// The form of its value.
    package let form: OptionForm
    /// A description in one sentence.
    package let summary: String
    /// Its source, authors and year; empty if there is none.
    package let source: String
    /// Whether a changed value makes another run.
    package let effect: Effect
    /// Whether the value follows from other settings where it is not given, so that there is no default to name.
    package let isDerived: Bool
    /// The value in some settings; `.none` if it is not set.
    package let value: @Sendable (TrainingSettings) -> OptionValue
    /// Sets a value that has the form; throws if the value makes no sense.
    package let set: @Sendable (inout TrainingSettings, OptionValue) throws(OptionError) -> Void

    /// A key for a setting that always has a value.
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

    /// A key for a setting that may be nil.
    init<Value>(
        _ path: String, _ setting: any WritableKeyPath<TrainingSettings, Value?> & Sendable,
        optional codec: OptionCodec<Value>, _ effect: Effect, _ summary: String, source: String = ""
    ) {
        self.init(path, setting, codec.orNone(), effect, summary, source: source)
    }

    /// A key for a number of steps that is nil for none: it may be given as 0, and is not written then.
    init(
        _ path: String, countOrOff setting: any WritableKeyPath<TrainingSettings, Int?> & Sendable,
        _ effect: Effect, _ summary: String, source: String = ""
    ) {
        let codec = OptionCodec<Int?>.count(upTo: 1_000_000_000)
        self.init(path, codec.form, effect, summary, source: source) {
            $0[keyPath: setting].map(OptionValue.whole) ?? .none
        } set: { settings, value throws(OptionError) in
            settings[keyPath: setting] = try codec.decode(value)
        }
    }

    /// A key for several settings, or for a part of one.
    init(
        _ path: String, _ form: OptionForm, _ effect: Effect, _ summary: String, source: String = "",
        isDerived: Bool = false,
        value: @escaping @Sendable (TrainingSettings) -> OptionValue,
        set: @escaping @Sendable (inout TrainingSettings, OptionValue) throws(OptionError) -> Void
    ) {
        self.path = path
        section = String(path.prefix { $0 != "." })
        name = String(path.dropFirst(section.count + 1))
        self.form = form
        self.effect = effect
        self.isDerived = isDerived
        self.summary = summary
        self.source = source
        self.value = value
        self.set = set
    }
}
