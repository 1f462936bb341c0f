import Options

/// The layers that change shapes or hold other layers.
extension NamedChoice where Element == LayerMaker {
    static var flatten: NamedChoice {
        NamedChoice("flatten", "Each example to one row of numbers.") { _ in LayerMaker(Flatten()) }
    }

    static var residual: NamedChoice {
        NamedChoice(
            "residual", "body(x) + shortcut(x).",
            [
                .required("body", layerList(isEmptyAllowed: false), "The layers of the branch that learns."),
                .optional(
                    "shortcut", layerList(isEmptyAllowed: true), default: .list([]),
                    "The layers of the way around it; none leave x as it is."),
            ], source: "He et al. 2016"
        ) { options throws(OptionError) in
            guard ![.list([]), .numbers([])].contains(options.value("body")) else {
                throw OptionError(
                    .missingOption, key: "body", value: "", allowed: "a list of at least one layer")
            }
            return LayerMaker(parts: { parts throws(OptionError) in
                Residual(
                    try branch("body", options, parts), shortcut: try branch("shortcut", options, parts))
            })
        }
    }

    private static func layerList(isEmptyAllowed: Bool) -> OptionForm {
        .list(
            .kind(LayerParts.layerKind, LayerParts.layerPhrase), "a list of layers",
            isEmptyAllowed: isEmptyAllowed)
    }

    private static func branch(
        _ name: String, _ options: ResolvedOptions, _ parts: LayerParts
    ) throws(OptionError) -> [any Layer] {
        do throws(OptionError) { return try parts.layers(options.value(name)) } catch {
            throw error.inside(name)
        }
    }
}
