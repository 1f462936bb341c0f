/// The meaning of a lone value after a key, so that an override can change a part of a short form: `--set
/// model.1.linear.bias=false` turns `linear: 128` into `linear: {out: 128, bias: false}`.
struct ShortForms {
    /// By key, the option that a lone value sets: "out" for linear. The value may be a list, too.
    var options: [String: String]
    /// By key, the key for which a lone word is the value: "name" for optimizer.
    var names: [String: String]
}

extension ConfigurationNode {
    /// Sets an override's value at its path, making missing keys on the way.
    ///
    /// Whether such keys exist in a configuration is checked later, as for a file. Throws if the path leads into a
    /// value without parts, or to a place that a list does not have.
    ///
    /// - Parameter shorts: The meaning of lone values.
    mutating func apply(
        _ change: ConfigurationOverride, _ shorts: ShortForms
    ) throws(ConfigurationError) {
        if let key = change.path.first, key.hasPrefix(Self.freePrefix) {
            throw ConfigurationError(
                .unknownKey, at: change.value.location, key: change.path.joined(separator: "."),
                "keys that begin with \(Self.freePrefix) set nothing by themselves",
                advice: "set the key that takes the value, such as training.batch")
        }
        try set(change.path[...], to: change.value, walked: [], shorts)
    }

    /// Sets a value at the rest of a path.
    ///
    /// - Parameter walked: The parts of the path that lead here, for errors and short forms.
    private mutating func set(
        _ path: ArraySlice<String>, to value: ConfigurationNode, walked: [String],
        _ shorts: ShortForms
    ) throws(ConfigurationError) {
        guard let part = path.first else {
            self = value
            return
        }
        expandShortForm(for: part, key: walked.last ?? "", shorts)
        let inner = walked + [part]
        switch content {
        case .mapping(var entries):
            let place = entries.firstIndex { $0.key == part } ?? entries.count
            if place == entries.count {
                let blank = ConfigurationNode(content: .scalar("", isQuoted: false), location: value.location)
                entries.append(Entry(key: part, location: value.location, value: blank))
            }
            try entries[place].value.set(path.dropFirst(), to: value, walked: inner, shorts)
            content = .mapping(entries)
        case .sequence(var elements):
            guard let index = Int(part), elements.indices.contains(index) else {
                let places = elements.isEmpty ? "none" : "0 to \(elements.count - 1)"
                throw ConfigurationError(
                    .unknownKey, at: value.location, key: inner.joined(separator: "."),
                    "unknown place in a list; its places are \(places)")
            }
            try elements[index].set(path.dropFirst(), to: value, walked: inner, shorts)
            content = .sequence(elements)
        case .scalar:
            throw ConfigurationError(
                .wrongType, at: value.location, key: inner.joined(separator: "."),
                "\(walked.joined(separator: ".")) is \(phrase) (\(location)) and has no parts")
        }
    }

    /// Turns a short form into its long one if an override changes a part of it: nothing into no keys, "128" after
    /// linear into {out: 128}, the layer "relu" into {relu: {}}, the optimizer "adam" into {name: adam}.
    private mutating func expandShortForm(
        for part: String, key: String, _ shorts: ShortForms
    ) {
        guard case .scalar(let text, let isQuoted) = content else {
            if case .sequence = content, let option = shorts.options[key], Int(part) == nil {
                content = .mapping([Entry(key: option, location: location, value: self)])
            }
            return
        }
        if isBlank || isNull {
            content = .mapping([])
        } else if Int(key) != nil, !isQuoted, text == part {
            let none = ConfigurationNode(content: .mapping([]), location: location)
            content = .mapping([Entry(key: part, location: location, value: none)])
        } else if let option = shorts.options[key] ?? shorts.names[key] {
            content = .mapping([Entry(key: option, location: location, value: self)])
        }
    }
}
