import Optimizers

extension BatchGrowth {
    /// Reads {factor, epochs | every | noise, max}.
    init(_ setting: Setting) throws(ConfigurationError) {
        let map = try SettingMap(
            setting, keys: ["factor", "epochs", "every", "noise", "max"],
            "options such as {factor: 2, epochs: [3, 6]}", noun: "option")
        var triggers: [Trigger] = []
        if let epochs = map["epochs"] { triggers.append(.atEpochs(try Self.epochs(epochs))) }
        if let every = map["every"] { triggers.append(.every(try every.whole(in: 1...1_000_000))) }
        if try map["noise"]?.flag() ?? false { triggers.append(.noise) }
        guard let trigger = triggers.first, triggers.count == 1 else {
            throw setting.error(
                triggers.isEmpty ? .missing : .conflict,
                "must say when with one of epochs, every and noise, has \(triggers.count) of them")
        }
        self.init(
            trigger,
            factor: try map["factor"]?.number("a number above 1 and at most 1000") { $0 > 1 && $0 <= 1000 }
                ?? 2,
            maximum: try map.optional("max")?.whole(in: 1...16_777_216))
    }

    /// The growth as one YAML value, with all its options.
    var yaml: String {
        var pairs: [(key: String, value: String)] = []
        switch trigger {
        case .atEpochs(let epochs):
            pairs.append(("epochs", "[\(epochs.map(String.init).joined(separator: ", "))]"))
        case .every(let interval): pairs.append(("every", "\(interval)"))
        case .noise: pairs.append(("noise", "true"))
        }
        pairs.append(("factor", YAMLWriter.number(factor)))
        if let maximum { pairs.append(("max", "\(maximum)")) }
        return YAMLWriter.flow(pairs)
    }

    private static func epochs(_ setting: Setting) throws(ConfigurationError) -> [Int] {
        var epochs: [Int] = []
        for element in try setting.list("a list of epochs such as [3, 6]") {
            let epoch = try element.whole(in: 1...1_000_000)
            if let last = epochs.last, epoch <= last {
                throw element.outOfRange("above the epoch before it, \(last)")
            }
            epochs.append(epoch)
        }
        if epochs.isEmpty { throw setting.outOfRange("a list of at least one epoch") }
        return epochs
    }
}
