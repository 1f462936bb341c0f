import Layers

/// The models that README.md describes, built of this project's layers.
enum TorchModel: String, CaseIterable, Sendable {
    case mlp, cnn, residual, kitchen, normalized

    /// The shape of one example.
    var exampleShape: [Int] {
        switch self {
        case .mlp: [20]
        case .cnn: [1, 12, 12]
        case .residual: [3, 8, 8]
        case .kitchen: [2, 8, 8]
        case .normalized: [4, 8, 8]
        }
    }

    /// K: classes, or targets of an example.
    var outputs: Int {
        switch self {
        case .mlp: 5
        case .cnn, .residual, .normalized: 10
        case .kitchen: 6
        }
    }

    /// Whether its targets are classes.
    var hasClasses: Bool { self != .kitchen }

    /// The traced model.
    func traced() throws -> TracedModel {
        try TracedModel(
            layers, exampleShape: exampleShape, target: hasClasses ? .classes(outputs) : .values([outputs]),
            loss: hasClasses ? .crossEntropy : .meanSquaredError)
    }

    private var layers: Sequential {
        switch self {
        case .mlp:
            [Linear(16), ReLU(), Linear(12), Tanh(), Linear(8), GELU(), Linear(5)]
        case .cnn:
            [
                Conv2d(8, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(), MaxPool2d(2),
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(), MaxPool2d(2),
                Flatten(), Linear(32), ReLU(), Linear(10),
            ]
        case .residual:
            [
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(),
                Residual(
                    [
                        Conv2d(12, kernel: 3, stride: 2, padding: 1, bias: false), BatchNormalization(),
                        ReLU(),
                        Conv2d(12, kernel: 3, padding: 1, bias: false), BatchNormalization(),
                    ], shortcut: [Conv2d(12, kernel: 1, stride: 2, bias: false), BatchNormalization()]),
                ReLU(), GlobalAvgPool(), Flatten(), Linear(10),
            ]
        case .kitchen:
            [
                Conv2d(6, kernel: 3, padding: 1), LeakyReLU(slope: 0.1), AvgPool2d(2),
                Conv2d(8, kernel: 3, stride: 2, padding: 1), Sigmoid(), Flatten(), Linear(16), Tanh(),
                Linear(12),
                GELU(), Linear(6), Softmax(), Linear(6), LogSoftmax(),
            ]
        case .normalized:
            [
                Conv2d(16, kernel: 3, padding: 1, form: .weightNorm), GroupNormalization(4), ReLU(),
                Conv2d(12, kernel: 3, stride: 2, padding: 1, bias: false, form: .spectralNorm),
                InstanceNormalization(affine: true), ReLU(), LayerNormalization([12, 4, 4]), Flatten(),
                Linear(16, form: .spectralNorm), LayerNormalization([16], epsilon: 1e-3), Tanh(),
                Linear(10, form: .weightNorm),
            ]
        }
    }
}
