/// The section `init`: what training starts from.
package struct InitSection: Sendable, Equatable {
    /// The absolute path of the weights to start from, a safetensors file, a run's folder or one of its checkpoints; nil,
    /// unless given, for seeded initial values.
    package let weights: String?
    /// How layers that do not say it themselves draw their first values; as in PyTorch unless given.
    let standard: LayerInitializers?

    /// All keys of the section.
    static let keys = ["weights", "default"]

    /// Reads the section; nil is none.
    init(_ setting: Setting?, paths: FilePaths) throws(ConfigurationError) {
        guard let setting else {
            (weights, standard) = (nil, nil)
            return
        }
        let path = "the path of a safetensors file or of a run's folder"
        let map = try SettingMap(setting, keys: Self.keys)
        guard map["weights"] != nil || map["default"] != nil else { throw map.missing("weights", path) }
        weights = try map["weights"].map { setting throws(ConfigurationError) in
            paths.absolute(try setting.path(path), writtenIn: setting.node.location.source)
        }
        standard = try map["default"].map { setting throws(ConfigurationError) in
            try LayerInitializers(setting)
        }
    }

    /// Writes the section, if there is any.
    func write(to yaml: inout YAMLWriter) {
        var pairs: [(key: String, value: String)] = []
        if let weights { pairs.append(("weights", YAMLWriter.string(weights))) }
        if let standard { pairs.append(("default", standard.yaml)) }
        if !pairs.isEmpty { yaml.line("init", YAMLWriter.flow(pairs)) }
    }
}
