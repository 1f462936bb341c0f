import Options

/// The layers of sequences (N, T, features), and of channels along them (N, C, L).
extension NamedChoice where Element == LayerMaker {
    static var sequences: [NamedChoice] {
        [
            .embedding, .rnn, .lstm, .gru, .sequencePool, .positionalEmbedding, .sinusoidalEncoding,
            .multiheadAttention, .transformerEncoder, .transpose, .conv1d, .maxPool1d, .avgPool1d,
        ]
    }

    static var embedding: NamedChoice {
        NamedChoice(
            "embedding", "A row of a table for each token.",
            [
                .required("num_embeddings", .whole(LayerLimits.sizes), "The tokens, counted from 0."),
                .required("embedding_dim", .whole(LayerLimits.sizes), "The numbers of each row."),
                .optional(
                    "padding_idx", .whole(0...(LayerLimits.sizes.upperBound - 1)), default: .none,
                    "A token whose row stays zero."),
                LayerParts.initialDeclaration,
            ], source: "Bengio et al. 2003"
        ) { options throws(OptionError) in
            let tokens = options.whole("num_embeddings")
            let padding = options.wholeIfAny("padding_idx")
            if let padding, padding >= tokens {
                throw OptionError(
                    .outOfRange, key: "padding_idx", value: "\(padding)",
                    allowed: "below num_embeddings, which is \(tokens)")
            }
            return LayerMaker(parts: { parts throws(OptionError) in
                let initial = try parts.initializers(of: options, hasBias: false)
                return Embedding(
                    tokens, features: options.whole("embedding_dim"), paddingIndex: padding,
                    initializer: initial.weight ?? .normal())
            })
        }
    }

    static var rnn: NamedChoice {
        recurrent(
            "rnn", "A recurrent network.",
            [
                .optional(
                    "nonlinearity", .word("nonlinearity", ["tanh", "relu"]), default: .text("tanh"),
                    "What its units are.")
            ], source: "Elman 1990"
        ) { options, initializer in
            RNN(
                options.whole("hidden_size"), layers: options.whole("num_layers"),
                isReLU: options.text("nonlinearity") == "relu",
                isBidirectional: options.flag("bidirectional"), bias: options.flag("bias"),
                dropout: options.number("dropout"), initializer: initializer)
        }
    }

    static var lstm: NamedChoice {
        recurrent("lstm", "Long short-term memory.", [], source: "Hochreiter & Schmidhuber 1997") {
            options, initializer in
            LSTM(
                options.whole("hidden_size"), layers: options.whole("num_layers"),
                isBidirectional: options.flag("bidirectional"), bias: options.flag("bias"),
                dropout: options.number("dropout"), initializer: initializer)
        }
    }

    static var gru: NamedChoice {
        recurrent("gru", "Gated recurrent units.", [], source: "Cho et al. 2014") { options, initializer in
            GRU(
                options.whole("hidden_size"), layers: options.whole("num_layers"),
                isBidirectional: options.flag("bidirectional"), bias: options.flag("bias"),
                dropout: options.number("dropout"), initializer: initializer)
        }
    }

    private static func recurrent(
        _ name: String, _ summary: String, _ own: [OptionDeclaration], source: String,
        _ layer: @escaping @Sendable (ResolvedOptions, Initializer?) -> any Layer
    ) -> NamedChoice {
        NamedChoice(
            name, summary,
            [
                .required("hidden_size", .whole(LayerLimits.sizes), "The units of a layer and direction."),
                .optional("num_layers", .whole(1...1_000), default: 1, "Layers on top of each other."),
                .optional("bidirectional", default: false, "Whether it also reads from the end."),
                .optional("bias", default: true, "Whether it adds biases."),
                dropout("The share of outputs that are zeroed in training, of all layers but the last.", 0),
            ] + own + [LayerParts.initialDeclaration], short: "hidden_size", source: source
        ) { options throws(OptionError) in
            if options.number("dropout") > 0, options.whole("num_layers") == 1 {
                throw OptionError(
                    .conflict, key: "dropout", value: options.value("dropout").description,
                    allowed: "0, or num_layers above 1: it stands between layers")
            }
            return LayerMaker(parts: { parts throws(OptionError) in
                let initial = try parts.initializers(of: options, hasBias: false)
                return layer(options, initial.weight)
            })
        }
    }

    private static func dropout(_ summary: String, _ standard: Double) -> OptionDeclaration {
        .optional(
            "dropout", .number(.belowOne),
            default: .number(standard), summary)
    }

    static var sequencePool: NamedChoice {
        let kinds = SequencePool.Kind.allCases.map(\.rawValue)
        return NamedChoice(
            "sequence_pool", "One row for each sequence: of its last position, or over all.",
            [.required("kind", .word("kind", kinds), "The last position, the mean or the largest.")],
            short: "kind"
        ) { LayerMaker(SequencePool(SequencePool.Kind(rawValue: $0.text("kind")) ?? .last)) }
    }

    static var positionalEmbedding: NamedChoice {
        NamedChoice(
            "positional_embedding", "A learned row for each position, added to it.",
            [
                .required(
                    "max_length", .whole(LayerLimits.sizes), "The positions of the longest sequence."),
                LayerParts.initialDeclaration,
            ], short: "max_length", source: "Gehring et al. 2017"
        ) { options throws(OptionError) in
            LayerMaker(parts: { parts throws(OptionError) in
                let initial = try parts.initializers(of: options, hasBias: false)
                return PositionalEmbedding(
                    longest: options.whole("max_length"),
                    initializer: initial.weight ?? .normal(deviation: 0.02))
            })
        }
    }

    static var sinusoidalEncoding: NamedChoice {
        NamedChoice(
            "sinusoidal_encoding", "Sines and cosines of each position, added to it.",
            source: "Vaswani et al. 2017"
        ) { _ in LayerMaker(SinusoidalEncoding()) }
    }

    static var multiheadAttention: NamedChoice {
        NamedChoice(
            "multihead_attention", "Attention of positions to each other.",
            [
                .required(
                    "num_heads", .whole(LayerLimits.sizes), "The heads; they divide the features."),
                dropout("The share of weights that are zeroed in training.", 0),
                .optional("bias", default: true, "Whether it adds biases."),
                causal,
            ], short: "num_heads", source: "Vaswani et al. 2017"
        ) {
            LayerMaker(
                MultiheadAttention(
                    heads: $0.whole("num_heads"), dropout: $0.number("dropout"), bias: $0.flag("bias"),
                    isCausal: $0.flag("causal")))
        }
    }

    private static var causal: OptionDeclaration {
        .optional(
            "causal", default: false, "Whether a position sees only itself and those in front of it.")
    }

    static var transformerEncoder: NamedChoice {
        let activations = TransformerOptions.Activation.allCases.map(\.rawValue)
        return NamedChoice(
            "transformer_encoder", "Layers of attention and dense layers.",
            [
                .required("nhead", .whole(LayerLimits.sizes), "The heads; they divide the features."),
                .optional("num_layers", .whole(1...1_000), default: 1, "Layers on top of each other."),
                .optional(
                    "dim_feedforward", .whole(LayerLimits.sizes), default: 2048,
                    "The units between the two dense layers."),
                dropout("The share of elements that are zeroed in training.", 0.1),
                .optional(
                    "activation", .word("activation", activations), default: .text("relu"),
                    "What stands between the two dense layers."),
                .optional(
                    "norm_first", default: false, "Whether each part is normalized in front of it."),
                causal,
            ], source: "Vaswani et al. 2017"
        ) { options throws(OptionError) in
            let layer = TransformerOptions(
                heads: options.whole("nhead"), feedforward: options.whole("dim_feedforward"),
                dropout: options.number("dropout"),
                activation: TransformerOptions.Activation(rawValue: options.text("activation")) ?? .relu,
                normFirst: options.flag("norm_first"), isCausal: options.flag("causal"))
            let count = options.whole("num_layers")
            return LayerMaker(TransformerEncoder(count, layer))
        }
    }

    static var transpose: NamedChoice {
        NamedChoice("transpose", "The last two dimensions exchanged.") { _ in LayerMaker(Transpose()) }
    }

    static var conv1d: NamedChoice {
        NamedChoice(
            "conv1d", "A convolution of sequences (N, C, L).",
            [
                .required(
                    "out", .whole(LayerLimits.sizes), alias: "out_channels",
                    "The number of channels it makes."),
                .optional(
                    "in", .whole(LayerLimits.sizes), default: .none, alias: "in_channels",
                    "The number of channels it takes; as many as there are unless given."),
                .required(
                    "kernel", .whole(LayerLimits.extents), alias: "kernel_size",
                    "The extent of the kernel, in positions."),
                .optional("stride", .whole(LayerLimits.extents), default: 1, "How far the kernel moves."),
                .optional("padding", .whole(LayerLimits.paddings), default: 0, "Zeros on each side."),
                .optional(
                    "dilation", .whole(LayerLimits.extents), default: 1,
                    "How far apart the positions are that the kernel reads."),
                .optional(
                    "groups", .whole(LayerLimits.sizes), default: 1,
                    "Groups of channels that are convolved apart from each other."),
                .optional("bias", default: true, "Whether it adds a bias."),
                LayerParts.initialDeclaration,
            ], source: "Waibel et al. 1989"
        ) { options throws(OptionError) in
            let groups = options.whole("groups")
            for side in ["out", "in"] {
                guard let channels = options.wholeIfAny(side), channels % groups != 0 else { continue }
                throw OptionError(
                    .conflict, key: "groups", value: "\(groups)",
                    allowed: "a divisor of \(side), which is \(channels)")
            }
            return LayerMaker(parts: { parts throws(OptionError) in
                let bias = options.flag("bias")
                let initial = try parts.initializers(of: options, hasBias: bias)
                return Conv1d(
                    options.whole("out"), inputs: options.wholeIfAny("in"), kernel: options.whole("kernel"),
                    stride: options.whole("stride"), padding: options.whole("padding"),
                    dilation: options.whole("dilation"), groups: groups, bias: bias,
                    initializer: initial.weight ?? .torchDefault, biasInitializer: initial.bias)
            })
        }
    }

    static var maxPool1d: NamedChoice {
        pooling("max_pool1d", "The largest element of each window of a sequence.") {
            MaxPool1d($0, stride: $1, padding: $2)
        }
    }

    static var avgPool1d: NamedChoice {
        pooling("avg_pool1d", "The mean of each window of a sequence, padding counted as zeros.") {
            AvgPool1d($0, stride: $1, padding: $2)
        }
    }

    private static func pooling(
        _ name: String, _ summary: String, _ layer: @escaping @Sendable (Int, Int?, Int) -> any Layer
    ) -> NamedChoice {
        NamedChoice(
            name, summary,
            [
                .required(
                    "kernel", .whole(LayerLimits.extents), alias: "kernel_size",
                    "The extent of the window, in positions."),
                .optional(
                    "stride", .whole(LayerLimits.extents), default: .none,
                    "How far the window moves; the kernel's extent unless given."),
                .optional(
                    "padding", .whole(LayerLimits.paddings), default: 0,
                    "Positions on each side that count as nothing."),
            ], short: "kernel", source: "PyTorch"
        ) { options throws(OptionError) in
            let (kernel, padding) = (options.whole("kernel"), options.whole("padding"))
            guard padding * 2 <= kernel else {
                throw OptionError(
                    .outOfRange, key: "padding", value: "\(padding)",
                    allowed: "at most half of the kernel, which is \(kernel)")
            }
            let stride = options.wholeIfAny("stride")
            return LayerMaker(layer(kernel, stride, padding))
        }
    }

    static var rmsNorm: NamedChoice {
        NamedChoice(
            "rms_norm", "Division of the last dimension by its root mean square.",
            [
                .optional(
                    "eps", .number(.positive), default: .none,
                    "Added to the mean square; Float32's machine epsilon unless given.")
            ], source: "Zhang & Sennrich 2019"
        ) { options in
            LayerMaker(
                RMSNormalization(epsilon: options.value("eps") == .none ? nil : options.number("eps")))
        }
    }
}
