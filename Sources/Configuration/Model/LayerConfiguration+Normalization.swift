import Layers

/// The readers of normalization layers.
extension LayerConfiguration {
    private static func epsilon(_ map: SettingMap) throws(ConfigurationError) -> Double {
        try map["eps"]?.number("a number above 0 and below 1") { $0 > 0 && $0 < 1 } ?? 1e-5
    }

    private static func momentum(
        _ map: SettingMap, _ standard: Double
    ) throws(ConfigurationError) -> Double {
        try map["momentum"]?.number("at least 0 and at most 1") { (0...1).contains($0) } ?? standard
    }

    /// The normalization layer of this name, nil if it is none.
    static func normalization(_ name: String, _ setting: Setting) throws(ConfigurationError) -> LayerKind? {
        switch name {
        case "batch_norm":
            let map = try SettingMap(
                setting, keys: ["sync", "momentum", "eps", "affine"], "options", noun: "option")
            return .batchNorm(
                sync: try map["sync"]?.flag() ?? true, momentum: try momentum(map, 0.1),
                eps: try epsilon(map), affine: try map["affine"]?.flag() ?? true)
        case "batch_renorm": return try batchRenormalization(setting)
        case "layer_norm": return try layerNormalization(setting)
        case "group_norm":
            let map = try options(setting, of: name, keys: ["num_groups", "eps", "affine"])
            let groups = try map.required("num_groups", "the number of groups, as in group_norm: 8")
            return .groupNorm(
                groups: try groups.whole(in: 1...sizeLimit), eps: try epsilon(map),
                affine: try map["affine"]?.flag() ?? true)
        case "instance_norm":
            let map = try SettingMap(setting, keys: ["eps", "affine"], "options", noun: "option")
            return .instanceNorm(eps: try epsilon(map), affine: try map["affine"]?.flag() ?? false)
        default: return nil
        }
    }

    private static func layerNormalization(_ setting: Setting) throws(ConfigurationError) -> LayerKind {
        let keys = ["normalized_shape", "eps", "elementwise_affine", "bias"]
        let map = try options(setting, of: "layer_norm", keys: keys)
        var shape: [Int]?
        if let extents = map.optional("normalized_shape") {
            if case .sequence = extents.node.content {
                let sides = try extents.list("a whole number, or a list of them such as [16, 8, 8]")
                guard !sides.isEmpty else {
                    throw extents.wrongType(expected: "at least one extent")
                }
                var sizes: [Int] = []
                for side in sides { sizes.append(try side.whole(in: 1...sizeLimit)) }
                shape = sizes
            } else {
                shape = [try extents.whole(in: 1...sizeLimit)]
            }
        }
        let affine = try map["elementwise_affine"]?.flag() ?? true
        if !affine, let bias = map["bias"] {
            throw bias.error(.conflict, "goes with elementwise_affine: true")
        }
        return .layerNorm(
            shape: shape, eps: try epsilon(map), affine: affine, bias: try map["bias"]?.flag() ?? true)
    }

    private static func batchRenormalization(_ setting: Setting) throws(ConfigurationError) -> LayerKind {
        let keys = ["sync", "momentum", "eps", "r_max", "d_max", "warmup_steps", "r_steps", "d_steps"]
        let map = try SettingMap(setting, keys: keys, "options", noun: "option")
        let standard = BatchRenormalization.Limits()
        let stepLimit = 1_000_000_000
        let warmup = try map["warmup_steps"]?.whole(in: 0...stepLimit) ?? standard.warmup
        func end(_ key: String, _ standard: Int) throws(ConfigurationError) -> Int {
            guard let setting = map[key] else { return max(standard, warmup) }
            let end = try setting.whole(in: 0...stepLimit)
            guard end >= warmup else {
                throw setting.error(
                    .conflict, "must be at least warmup_steps, which is \(warmup), is \(end)")
            }
            return end
        }
        let limits = BatchRenormalization.Limits(
            rMax: try map["r_max"]?.number("at least 1") { $0 >= 1 && Float($0).isFinite } ?? standard.rMax,
            dMax: try map["d_max"]?.number("at least 0") { $0 >= 0 && Float($0).isFinite } ?? standard.dMax,
            warmup: warmup, rSteps: try end("r_steps", standard.rSteps),
            dSteps: try end("d_steps", standard.dSteps))
        return .batchRenorm(
            sync: try map["sync"]?.flag() ?? true, momentum: try momentum(map, 0.01), eps: try epsilon(map),
            limits: limits)
    }
}
