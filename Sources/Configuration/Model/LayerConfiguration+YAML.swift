import Graph

extension LayerConfiguration {
    /// Writes the layer as an element of a list, with all its options.
    func write(to yaml: inout YAMLWriter, depth: Int) {
        guard case .residual(let body, let shortcut) = kind else {
            let (name, options) = kind.spelling
            yaml.element(options.isEmpty ? name : "\(name): \(YAMLWriter.flow(options))", depth: depth)
            return
        }
        yaml.heading("- residual", depth: depth)
        for (name, branch) in [("body", body), ("shortcut", shortcut)] {
            if branch.isEmpty {
                yaml.line(name, "[]", depth: depth + 2)
            } else {
                yaml.heading(name, depth: depth + 2)
                for layer in branch { layer.write(to: &yaml, depth: depth + 3) }
            }
        }
    }
}

extension LayerKind {
    /// The name and the options of a layer without branches, as YAML.
    fileprivate var spelling: (name: String, options: [(key: String, value: String)]) {
        switch self {
        case .linear(let out, let inputs, let bias, let weights):
            (
                "linear",
                [("out", "\(out)")] + Self.given("in", inputs) + [("bias", "\(bias)")] + weights.spelling
            )
        case .conv2d(
            let out, let inputs, let kernel, let stride, let padding, let groups, let bias, let weights):
            (
                "conv2d",
                [("out", "\(out)")] + Self.given("in", inputs) + [
                    ("kernel", Self.spell(kernel)), ("stride", Self.spell(stride)),
                    ("padding", Self.spell(padding)), ("groups", "\(groups)"), ("bias", "\(bias)"),
                ] + weights.spelling
            )
        case .batchNorm(let sync, let momentum, let eps, let affine):
            (
                "batch_norm",
                [
                    ("sync", "\(sync)"), ("momentum", YAMLWriter.number(momentum)),
                    ("eps", YAMLWriter.number(eps)),
                ] + (affine ? [] : [("affine", "false")])
            )
        case .batchRenorm(let sync, let momentum, let eps, let limits):
            (
                "batch_renorm",
                [
                    ("sync", "\(sync)"), ("momentum", YAMLWriter.number(momentum)),
                    ("eps", YAMLWriter.number(eps)), ("r_max", YAMLWriter.number(limits.rMax)),
                    ("d_max", YAMLWriter.number(limits.dMax)), ("warmup_steps", "\(limits.warmup)"),
                    ("r_steps", "\(limits.rSteps)"), ("d_steps", "\(limits.dSteps)"),
                ]
            )
        case .layerNorm(let shape, let eps, let affine, let bias):
            (
                "layer_norm",
                (shape.map { [("normalized_shape", Self.spell($0))] } ?? []) + [
                    ("eps", YAMLWriter.number(eps)), ("elementwise_affine", "\(affine)"),
                ] + (affine ? [("bias", "\(bias)")] : [])
            )
        case .groupNorm(let groups, let eps, let affine):
            (
                "group_norm",
                [
                    ("num_groups", "\(groups)"), ("eps", YAMLWriter.number(eps)), ("affine", "\(affine)"),
                ]
            )
        case .instanceNorm(let eps, let affine):
            ("instance_norm", [("eps", YAMLWriter.number(eps)), ("affine", "\(affine)")])
        case .leakyReLU(let slope): ("leaky_relu", [("negative_slope", YAMLWriter.number(slope))])
        case .maxPool2d(let window): ("max_pool2d", Self.spell(window))
        case .avgPool2d(let window): ("avg_pool2d", Self.spell(window))
        case .dropout(let p): ("dropout", [("p", YAMLWriter.number(p))])
        case .relu: ("relu", [])
        case .sigmoid: ("sigmoid", [])
        case .tanh: ("tanh", [])
        case .gelu: ("gelu", [])
        case .softmax: ("softmax", [])
        case .logSoftmax: ("log_softmax", [])
        case .globalAvgPool: ("global_avg_pool", [])
        case .flatten: ("flatten", [])
        case .residual: preconditionFailure("a residual layer's branches have lines of their own")
        }
    }

    private static func given(_ key: String, _ value: Int?) -> [(key: String, value: String)] {
        value.map { [(key, "\($0)")] } ?? []
    }

    private static func spell(_ window: Window2d) -> [(key: String, value: String)] {
        [
            ("kernel", spell(window.kernel)), ("stride", spell(window.stride)),
            ("padding", spell(window.padding)),
        ]
    }

    private static func spell(_ shape: [Int]) -> String {
        "[" + shape.map(String.init).joined(separator: ", ") + "]"
    }

    private static func spell(_ extent: Extent2d) -> String {
        extent.height == extent.width ? "\(extent.height)" : "[\(extent.height), \(extent.width)]"
    }
}
