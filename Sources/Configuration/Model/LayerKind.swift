import Graph
import Layers

/// A layer of a model list with all its options, given or default; names and defaults are PyTorch's.
package enum LayerKind: Sendable, Equatable {
    /// y = x wᵀ + b with `out` features.
    case linear(out: Int, in: Int?, bias: Bool, weights: WeightOptions = WeightOptions())
    /// Cross-correlation with `out` channels.
    case conv2d(
        out: Int, in: Int?, kernel: Extent2d, stride: Extent2d, padding: Extent2d, groups: Int, bias: Bool,
        weights: WeightOptions = WeightOptions())
    /// Batch normalization, 1-D or 2-D by its input; `sync` takes moments over all shards.
    case batchNorm(sync: Bool, momentum: Double, eps: Double, affine: Bool = true)
    /// Batch renormalization; `sync` takes moments over all shards.
    case batchRenorm(sync: Bool, momentum: Double, eps: Double, limits: BatchRenormalization.Limits)
    /// Normalization of each example over its last dimensions, all of them unless a shape is given.
    case layerNorm(shape: [Int]?, eps: Double, affine: Bool, bias: Bool)
    /// Normalization of each example over groups of channels.
    case groupNorm(groups: Int, eps: Double, affine: Bool)
    /// Normalization of each channel of each example.
    case instanceNorm(eps: Double, affine: Bool)
    /// max(x, 0).
    case relu
    /// x where x > 0, else slope · x.
    case leakyReLU(negativeSlope: Double)
    /// 1 / (1 + e^−x).
    case sigmoid
    /// The hyperbolic tangent.
    case tanh
    /// x/2 · (1 + erf(x/√2)).
    case gelu
    /// Rows to probabilities.
    case softmax
    /// Rows to logarithms of probabilities.
    case logSoftmax
    /// The largest element of each window.
    case maxPool2d(Window2d)
    /// The mean of each window.
    case avgPool2d(Window2d)
    /// The mean of each channel.
    case globalAvgPool
    /// (N, ...) → (N, product of the rest).
    case flatten
    /// Zeroes elements with probability `p` in training.
    case dropout(p: Double)
    /// body(x) + shortcut(x); an empty shortcut is the identity.
    case residual(body: [LayerConfiguration], shortcut: [LayerConfiguration])

    /// The names of all layers, in the order in which they are listed to a user.
    package static let names = [
        "linear", "conv2d", "batch_norm", "batch_renorm", "layer_norm", "group_norm", "instance_norm", "relu",
        "leaky_relu", "sigmoid", "tanh", "gelu", "softmax",
        "log_softmax", "max_pool2d", "avg_pool2d", "global_avg_pool", "flatten", "dropout", "residual",
    ]

    /// The option of a layer that may stand alone ("linear: 128"), if it has one.
    static func mainOption(of name: String) -> String? {
        switch name {
        case "linear", "conv2d": "out"
        case "max_pool2d", "avg_pool2d": "kernel"
        case "dropout": "p"
        case "layer_norm": "normalized_shape"
        case "group_norm": "num_groups"
        case "leaky_relu": "negative_slope"
        default: nil
        }
    }

    /// The layer itself, with parameters of its own.
    ///
    /// - Parameter initializers: How first values are drawn where the layer does not say it.
    func layer(_ initializers: LayerInitializers?) -> any Layer {
        switch self {
        case .linear(let out, let inputs, let bias, let weights):
            Linear(
                out, inputs: inputs, bias: bias, initializer: weights.weightInitializer(initializers),
                biasInitializer: weights.biasInitializer(initializers), form: weights.form)
        case .conv2d(
            let out, let inputs, let kernel, let stride, let padding, let groups, let bias, let weights):
            Conv2d(
                out, inputs: inputs, kernel: kernel, stride: stride, padding: padding, groups: groups,
                bias: bias, initializer: weights.weightInitializer(initializers),
                biasInitializer: weights.biasInitializer(initializers),
                form: weights.form)
        case .batchNorm(let sync, let momentum, let eps, let affine):
            BatchNormalization(momentum: momentum, epsilon: eps, synchronized: sync, affine: affine)
        case .batchRenorm(let sync, let momentum, let eps, let limits):
            BatchRenormalization(momentum: momentum, epsilon: eps, limits: limits, synchronized: sync)
        case .layerNorm(let shape, let eps, let affine, let bias):
            LayerNormalization(shape, epsilon: eps, affine: affine, bias: bias)
        case .groupNorm(let groups, let eps, let affine):
            GroupNormalization(groups, epsilon: eps, affine: affine)
        case .instanceNorm(let eps, let affine): InstanceNormalization(epsilon: eps, affine: affine)
        case .relu: ReLU()
        case .leakyReLU(let slope): LeakyReLU(slope: slope)
        case .sigmoid: Sigmoid()
        case .tanh: Tanh()
        case .gelu: GELU()
        case .softmax: Softmax()
        case .logSoftmax: LogSoftmax()
        case .maxPool2d(let window):
            MaxPool2d(window.kernel, stride: window.stride, padding: window.padding)
        case .avgPool2d(let window):
            AvgPool2d(window.kernel, stride: window.stride, padding: window.padding)
        case .globalAvgPool: GlobalAvgPool()
        case .flatten: Flatten()
        case .dropout(let p): Dropout(p)
        case .residual(let body, let shortcut):
            Residual(
                body.map { $0.kind.layer(initializers) },
                shortcut: shortcut.map { $0.kind.layer(initializers) })
        }
    }
}
