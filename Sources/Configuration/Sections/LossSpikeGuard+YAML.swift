import Optimizers

extension LossSpikeGuard {
    /// Reads {sigma, window}, or sigma alone.
    init(_ setting: Setting) throws(ConfigurationError) {
        func sigma(_ setting: Setting) throws(ConfigurationError) -> Double {
            try setting.number("a number above 0 and at most 1000000") { $0 > 0 && $0 <= 1e6 }
        }
        guard case .mapping = setting.node.content else {
            self.init(sigma: try sigma(setting))
            return
        }
        let map = try SettingMap(
            setting, keys: ["sigma", "window"], "options such as {sigma: 6, window: 128}", noun: "option")
        let standard = LossSpikeGuard()
        self.init(
            sigma: try map["sigma"].map(sigma) ?? standard.sigma,
            window: try map["window"]?.whole(in: Self.windows) ?? standard.window)
    }

    /// The guard as one YAML value, with all its options.
    var yaml: String {
        YAMLWriter.flow([("sigma", YAMLWriter.number(sigma)), ("window", "\(window)")])
    }
}
