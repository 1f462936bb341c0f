import Foundation
import Layers
import Options
import Randomness

/// How the values of a key are drawn for the trials of a search.
enum DrawnValues: Equatable {
    /// One of these, each as likely.
    case choices([ConfigurationNode])
    /// A number from the first to the second, each as likely.
    case uniform(Double, Double)
    /// A number above 0 whose logarithm is drawn so.
    case logarithmic(Double, Double)
    /// A whole number from the first to the second, both included.
    case whole(Int, Int)

    private static let kinds = ["choices", "uniform", "log_uniform", "integer"]

    /// Whether a setting describes values to draw, and no list of them.
    static func isDescription(_ setting: Setting) -> Bool {
        if case .mapping = setting.node.content { true } else { false }
    }

    /// Reads a list of choices, or one of the four forms.
    init(_ setting: Setting) throws(ConfigurationError) {
        guard Self.isDescription(setting) else {
            self = .choices(
                try Self.choices(
                    setting, "a list of values, or how they are drawn, such as {log_uniform: [1e-4, 1]}"))
            return
        }
        let map = try SettingMap(setting, keys: Self.kinds, "how values are drawn")
        let given = Self.kinds.filter { map[$0] != nil }
        guard given.count == 1, let range = map[given[0]] else {
            throw setting.error(
                given.isEmpty ? .missing : .conflict,
                "must have one of choices, uniform, log_uniform and integer, has \(given.isEmpty ? "none" : given.joined(separator: " and "))"
            )
        }
        switch given[0] {
        case "choices": self = .choices(try Self.choices(range, "a list of values"))
        case "integer":
            let ends = try Self.ends(range)
            let (low, high) = (
                try ends.low.whole(in: -1_000_000_000...1_000_000_000),
                try ends.high.whole(in: -1_000_000_000...1_000_000_000)
            )
            guard low < high else { throw Self.empty(range) }
            self = .whole(low, high)
        case let kind:
            let (ends, isLogarithmic) = (try Self.ends(range), kind == "log_uniform")
            let allowed: AllowedNumbers = isLogarithmic ? .positive : .finite
            let (low, high) = (try ends.low.number(allowed), try ends.high.number(allowed))
            guard low < high else { throw Self.empty(range) }
            self = isLogarithmic ? .logarithmic(low, high) : .uniform(low, high)
        }
    }

    private static func choices(
        _ setting: Setting, _ expected: String
    ) throws(ConfigurationError) -> [ConfigurationNode] {
        let values = try setting.list(expected)
        guard !values.isEmpty else { throw setting.error(.missing, "has no values to choose from") }
        return values.map(\.node)
    }

    private static func ends(_ setting: Setting) throws(ConfigurationError) -> (low: Setting, high: Setting) {
        let ends = try setting.list("the lowest and the highest value, such as [0.1, 1]")
        guard ends.count == 2 else {
            throw setting.error(.outOfRange, "must be two numbers, is \(ends.count)")
        }
        return (ends[0], ends[1])
    }

    private static func empty(_ setting: Setting) -> ConfigurationError {
        setting.error(.outOfRange, "must be the lower number and the higher one, is \(setting.node.value)")
    }

    /// The value of a trial, at whose number `random` draws; at `location` in the text. Numbers have six significant
    /// digits, so that no rounding of the logarithm decides.
    func value(_ random: CounterRandom, trial: Int, at location: SourceLocation) -> ConfigurationNode {
        let place = UInt64(trial)
        switch self {
        case .choices(let values): return values[Int(random.below(UInt64(values.count), at: place))]
        case .uniform(let low, let high):
            // Neither difference nor product can overflow: both ends are within the range of Float32.
            return Self.number(low + random.uniform(at: place) * (high - low), low, high, location)
        case .logarithmic(let low, let high):
            let exponent = log(low) + random.uniform(at: place) * (log(high) - log(low))
            return Self.number(exp(exponent), low, high, location)
        case .whole(let low, let high):
            let offset = random.below(UInt64(high - low) + 1, at: place)
            return Self.node("\(low + Int(offset))", location)
        }
    }

    private static func number(
        _ value: Double, _ low: Double, _ high: Double, _ location: SourceLocation
    ) -> ConfigurationNode {
        let short = Double(String(format: "%.6g", value)) ?? value
        return node("\(min(max(short, low), high))", location)
    }

    private static func node(_ text: String, _ location: SourceLocation) -> ConfigurationNode {
        ConfigurationNode(content: .scalar(text, isQuoted: false), location: location)
    }
}

extension StudyConfiguration {
    /// The trials of a search: the value of each key is drawn from a stream of its own, at the trial's number, so that
    /// more trials leave the first ones as they were.
    static func trials(
        _ setting: Setting, count: Int, seed: UInt64
    ) throws(ConfigurationError) -> [Variant] {
        guard case .mapping(let entries) = setting.node.content, !entries.isEmpty else {
            throw setting.wrongType(expected: "key paths with lists of values, or how values are drawn")
        }
        var sources: [DrawnValues] = []
        for entry in entries {
            sources.append(
                try DrawnValues(
                    Setting(entry.value, path: setting.inside(entry.key), at: entry.location)))
        }
        var variants: [Variant] = []
        for trial in 0..<count {
            var changes: [ConfigurationOverride] = []
            for (place, (entry, source)) in zip(entries, sources).enumerated() {
                let random = CounterRandom(seed: seed, purpose: .search, stream: UInt64(place))
                changes.append(
                    try ConfigurationOverride(
                        path: entry.key,
                        value: source.value(random, trial: trial, at: entry.value.location),
                        at: entry.location))
            }
            let number = String(trial + 1)
            let zeros = String(repeating: "0", count: max(0, 3 - number.count))
            variants.append(("trial-\(zeros)\(number)", changes))
        }
        return variants
    }
}
