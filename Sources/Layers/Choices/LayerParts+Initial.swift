import Options

/// How a configuration says what first values to draw: the option `init` of a layer, or the model's default for all.
extension LayerParts {
    /// The forms of `init`: one initializer for the weight, or one for each of weight and bias.
    public static var initialForm: OptionForm {
        let phrase = "the name of an initializer, or {weight: ..., bias: ...}"
        return .either([.kind(initializerKind, phrase), .options(initialOptions, phrase)], phrase)
    }

    private static var initialOptions: [OptionDeclaration] {
        let form = OptionForm.kind(initializerKind, "the name of an initializer")
        return [
            .optional(
                "weight", form, default: .none, isSpread: true, "How the weight's first values are drawn."),
            .optional("bias", form, default: .none, "How the bias's first values are drawn."),
        ]
    }

    /// The option `init` of layers that have weights.
    static var initialDeclaration: OptionDeclaration {
        .optional(
            "init", initialForm, default: .none,
            "How first values are drawn; as torch draws them unless said here or for all layers.")
    }

    /// Throws where `initial` is not valid; the error's key is relative to it ("bias"). Call it before making layers,
    /// whose errors would blame their own options instead.
    public func checkInitial() throws(OptionError) { _ = try drawn(initial) }

    /// How a layer with these options draws its weight and its bias: as its own `init` says, else as `initial` does;
    /// nil for torch's default.
    func initializers(
        of options: ResolvedOptions, hasBias: Bool
    ) throws(OptionError) -> (weight: Initializer?, bias: Initializer?) {
        let own: (weight: Initializer?, bias: Initializer?)
        do throws(OptionError) { own = try drawn(options.value("init")) } catch { throw error.inside("init") }
        if !hasBias, own.bias != nil {
            throw OptionError(
                .conflict, key: "init.bias", value: options.value("init").description,
                allowed: "left out: the layer has no bias")
        }
        let standard = try drawn(initial)
        return (own.weight ?? standard.weight, hasBias ? own.bias ?? standard.bias : nil)
    }

    private func drawn(
        _ value: OptionValue
    ) throws(OptionError) -> (weight: Initializer?, bias: Initializer?) {
        switch value {
        case .none: return (nil, nil)
        case .options(let given):
            let options = try ResolvedOptions(declared: Self.initialOptions, given: given.asDictionary)
            let weight = try part("weight", options)
            let bias = try part("bias", options)
            if let bias, bias.needsMatrix {
                let name = ChoiceForm.parts(options.value("bias"))?.name ?? ""
                throw OptionError(
                    .conflict, key: "bias", value: name,
                    allowed: "an initializer for any shape: "
                        + "\(name) needs a weight's inputs and outputs, which a bias has not",
                    candidates: Initializer.namesForAnyShape,
                    advice: "the initializers of a bias are "
                        + Initializer.namesForAnyShape.joined(separator: ", "))
            }
            return (weight, bias)
        default: return (try initializer(value), nil)
        }
    }

    private func part(_ name: String, _ options: ResolvedOptions) throws(OptionError) -> Initializer? {
        guard options.value(name) != .none else { return nil }
        do throws(OptionError) { return try initializer(options.value(name)) } catch {
            throw error.inside(name)
        }
    }
}
