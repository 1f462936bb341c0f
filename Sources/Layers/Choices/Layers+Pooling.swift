import Graph
import Options

/// The layers that reduce each window of pixels to one.
extension NamedChoice where Element == LayerMaker {
    static var maxPool2d: NamedChoice {
        pooling("max_pool2d", "The largest element of each window.") {
            MaxPool2d($0.kernel, stride: $0.stride, padding: $0.padding)
        }
    }

    static var avgPool2d: NamedChoice {
        pooling("avg_pool2d", "The mean of each window, padding counted as zeros.") {
            AvgPool2d($0.kernel, stride: $0.stride, padding: $0.padding)
        }
    }

    static var globalAvgPool: NamedChoice {
        NamedChoice("global_avg_pool", "The mean of each channel.", source: "Lin et al. 2014") { _ in
            LayerMaker(GlobalAvgPool())
        }
    }

    private static func pooling(
        _ name: String, _ summary: String, _ layer: @escaping @Sendable (Window2d) -> any Layer
    ) -> NamedChoice {
        @Sendable func declared(stride: OptionValue) -> [OptionDeclaration] {
            [
                .required(
                    "kernel", .extent(LayerLimits.extents), alias: "kernel_size",
                    "The extent of the window, in pixels."),
                .optional(
                    "stride", .extent(LayerLimits.extents), default: stride,
                    "How far the window moves, in pixels; the kernel's extent unless given."),
                .optional(
                    "padding", .extent(LayerLimits.paddings), default: 0,
                    "Pixels on each side that count as nothing."),
            ]
        }
        return NamedChoice(
            name, summary, declared(stride: .none), short: "kernel", source: "PyTorch",
            dependent: { given, _ in declared(stride: given["kernel"] ?? .none) }
        ) { options throws(OptionError) in
            let window = try window(options)
            return LayerMaker(layer(window))
        }
    }

    private static func window(_ options: ResolvedOptions) throws(OptionError) -> Window2d {
        let kernel = try options.extent("kernel", LayerLimits.extents)
        var stride: Extent2d?
        if options.value("stride") != .none { stride = try options.extent("stride", LayerLimits.extents) }
        let padding = try options.extent("padding", LayerLimits.paddings)
        // A window that lies in the padding alone would have no largest element.
        guard padding.height * 2 <= kernel.height, padding.width * 2 <= kernel.width else {
            throw OptionError(
                .outOfRange, key: "padding", value: options.value("padding").description,
                allowed: "at most half of the kernel, which is [\(kernel.height), \(kernel.width)]")
        }
        return Window2d(kernel: kernel, stride: stride, padding: padding)
    }
}
