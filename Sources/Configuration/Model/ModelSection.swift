import Layers

/// The section `model`: a list of layers, or a built-in model.
package struct ModelSection: Sendable, Equatable {
    /// What the section describes.
    package enum Form: Sendable, Equatable {
        /// Layers applied one after another, as torch.nn.Sequential.
        case layers([LayerConfiguration])
        /// A ready-made model.
        case builtIn(BuiltInModelConfiguration)
    }

    /// What the section describes.
    package let form: Form
    /// How layers that do not say it themselves draw their first values.
    private let initializers: LayerInitializers?
    /// Where the section was written; no part of what it describes.
    let location: SourceLocation

    /// Reads the section.
    ///
    /// - Parameter initializers: How layers that do not say it themselves draw their first values.
    init(_ setting: Setting, initializers: LayerInitializers? = nil) throws(ConfigurationError) {
        location = setting.location
        self.initializers = initializers
        guard case .sequence = setting.node.content else {
            form = .builtIn(try BuiltInModelConfiguration(setting))
            guard initializers == nil else {
                throw setting.error(
                    .conflict,
                    "a built-in model draws its own first values, which init.default cannot change",
                    advice: "remove init.default, or write the model as a list of layers")
            }
            return
        }
        let layers = try LayerConfiguration.list(setting)
        guard !layers.isEmpty else { throw setting.wrongType(expected: "at least one layer") }
        form = .layers(layers)
    }

    /// Whether both describe the same model, wherever they were written.
    package static func == (a: ModelSection, b: ModelSection) -> Bool {
        a.form == b.form && a.initializers == b.initializers
    }

    /// Makes the model, with parameters of its own that get their shapes when it is traced.
    ///
    /// - Parameter classes: The number of outputs of a built-in model: the data set's classes, or the width of its
    ///   targets. A list of layers says by itself how many it has. Throws when a built-in model does not get it.
    package func makeModel(classes: Int?) throws(ConfigurationError) -> any Model {
        switch form {
        case .layers(let layers): return Sequential(layers.map { $0.kind.layer(initializers) })
        case .builtIn(let model):
            guard let classes, classes > 0 else {
                throw ConfigurationError(
                    .conflict, at: location, key: "model",
                    "a built-in model takes its number of outputs from the data, which says none",
                    advice: "write the model as a list of layers, or give the data labels")
            }
            return model.model(classes: classes)
        }
    }

    /// The error of a model that does not fit its data, at the line of the layer it is about.
    func configurationError(_ error: ModelError) -> ConfigurationError {
        var place = location
        var key = ["model"]
        if case .layers(var layers) = form {
            var parts = error.path.split(separator: ".")[...]
            // A path is an index, for a residual layer then the branch and an index again, and so on; what
            // follows belongs to the layer itself, such as the name of a parameter.
            while let index = parts.first.flatMap({ Int($0) }), layers.indices.contains(index) {
                place = layers[index].location
                key.append(String(index))
                parts = parts.dropFirst()
                guard case .residual(let body, let shortcut) = layers[index].kind, let branch = parts.first
                else {
                    break
                }
                layers = branch == "body" ? body : branch == "shortcut" ? shortcut : []
                if !layers.isEmpty { key += ["residual", String(branch)] }
                parts = parts.dropFirst()
            }
        }
        return ConfigurationError(.shape, at: place, key: key.joined(separator: "."), error.description)
    }

    /// Writes the section.
    func write(to yaml: inout YAMLWriter) {
        switch form {
        case .builtIn(let model): yaml.line("model", model.yaml)
        case .layers(let layers):
            yaml.heading("model")
            for layer in layers { layer.write(to: &yaml, depth: 1) }
        }
    }
}
