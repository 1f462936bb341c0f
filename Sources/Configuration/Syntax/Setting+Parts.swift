import Options

extension Setting {
    /// The location of an error about the setting as a whole: its value, or its key if the value has several lines. The
    /// value of an override has another source than its key; then its own location counts.
    var place: SourceLocation {
        if case .scalar = node.content { return node.location }
        return node.location.source == location.source ? location : node.location
    }

    /// Whether something other than keys with values was written.
    var isValue: Bool {
        if case .mapping = node.content { false } else { !node.isBlank && !node.isNull }
    }

    /// The part of the setting at a path, or the innermost part around it that was written.
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

    /// Converts an error about options to one at the part of the setting that it is about.
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
        // An error about a choice as a whole refers to the setting itself if only the choice's name was written.
        let isOfWhole = error.key == "name" && (error.kind == .conflict || !node.keys.contains("name"))
        return ConfigurationError(
            kind, at: part.place, key: isOfWhole ? path : inside(error.key), problem,
            advice: error.remedy)
    }
}
