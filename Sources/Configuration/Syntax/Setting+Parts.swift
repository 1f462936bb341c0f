import Options

/// The parts of a setting, and errors about them.
extension Setting {
    /// Where an error about the setting as a whole belongs: at its value, or at its key where the value has several lines. A
    /// value that an override has put stands elsewhere than its key; then its place counts.
    var place: SourceLocation {
        if case .scalar = node.content { return node.location }
        return node.location.source == location.source ? location : node.location
    }

    /// Whether something was written that is not keys with values.
    var isValue: Bool {
        if case .mapping = node.content { false } else { !node.isBlank && !node.isNull }
    }

    /// The part of the setting that a path leads to, or what holds it where it was not written.
    func part(_ key: String) -> Setting {
        var setting = self
        for name in key.split(separator: ".") {
            switch setting.node.content {
            case .mapping(let entries):
                guard let entry = entries.first(where: { $0.key == name }) else { return setting }
                setting = Setting(entry.value, path: setting.inside(entry.key), at: entry.location)
            case .sequence(let elements):
                guard let place = Int(name), elements.indices.contains(place) else { return setting }
                setting = Setting(elements[place], path: setting.inside("\(place)"))
            case .scalar: return setting
            }
        }
        return setting
    }

    /// The error of making something of this setting, at the part it is about.
    func configurationError(_ error: OptionError) -> ConfigurationError {
        let kind: ConfigurationError.Kind =
            switch error.kind {
            case .unknownName: .unknownName
            case .unknownOption: .unknownKey
            case .missingOption: .missing
            case .wrongType: .wrongType
            case .outOfRange: .outOfRange
            case .conflict: .conflict
            }
        let part = part(error.key)
        let problem =
            error.kind == .wrongType
            ? "expected \(error.allowed), found \(part.node.value)" : error.problem
        // What is wrong with a choice as a whole has no key of its own where only its name was written.
        let isOfWhole = error.key == "name" && (error.kind == .conflict || !node.keys.contains("name"))
        return ConfigurationError(
            kind, at: part.place, key: isOfWhole ? path : inside(error.key), problem,
            advice: error.remedy)
    }
}
