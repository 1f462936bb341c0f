import CKernels
import Graph
import GraphSupport
import Layers
import Testing

/// A whole model and how its mini-batch is cut.
struct ModelCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    private let exampleShape: [Int]
    private let layers: @Sendable () -> Sequential
    /// Examples of each shard.
    let counts: [Int]
    private let loss: Loss

    private init(
        _ name: String, _ exampleShape: [Int], counts: [Int], loss: Loss = .crossEntropy,
        _ layers: @escaping @Sendable () -> Sequential
    ) {
        testDescription = name
        self.exampleShape = exampleShape
        self.counts = counts
        self.loss = loss
        self.layers = layers
    }

    private static let classes = 5

    /// The traced model; its variables are new ones each time.
    func traced() throws -> TracedModel {
        try TracedModel(layers(), exampleShape: exampleShape, target: .classes(Self.classes), loss: loss)
    }

    /// First values that Float32 holds, biases included, so that nothing is zero by chance.
    func variables(_ model: TracedModel) -> [ReferenceTensor] {
        model.referenceVariables(seed: 3).enumerated().map { place, tensor in
            let noise = ReferenceTensor.uniform(tensor.shape, bound: 0.1, seed: UInt64(50 + place))
            return tensor.combined(with: noise) { Double(Float($0 + $1)) }
        }
    }

    /// The mini-batch's shards.
    var shards: [ReferenceShard] {
        var batch = ReferenceShard.batch(
            count: counts.reduce(0, +), exampleShape: exampleShape, classes: Self.classes, seed: 9)
        batch.features = batch.features?.map { Double(Float($0)) }
        return batch.split(counts)
    }

    /// The vector loops on which its bfloat16 form has the same bits: all, the instruction emulated too, or with convolutions
    /// those of the instruction, if the processor has it.
    func bfloat16Kernels(_ graph: Graph) -> [UnsafePointer<dt_kernels>] {
        let hasConvolutions = graph.nodes.contains {
            if case .convolution = $0.operation { true } else { false }
        }
        let best = dt_has_bfloat16() ? [dt_kernels_for(DT_ISA_AVX512)] : []
        guard !hasConvolutions else { return best.compactMap { $0 } }
        let emulating = (0...dt_isa_detect().rawValue).map { dt_kernels_emulating(dt_isa(rawValue: $0)) }
        return (best + emulating).compactMap { $0 }
    }

    static let all = [
        ModelCase("images, batch norm and dropout", [3, 8, 8], counts: [3, 1, 0, 4]) {
            [
                Conv2d(12, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(), Dropout(0.3),
                MaxPool2d(2), Conv2d(20, kernel: 3, stride: 2, padding: 1), Sigmoid(),
                Conv2d(16, kernel: 1, bias: false), BatchNormalization(), GELU(), Flatten(), Dropout(0.5),
                Linear(9), ReLU(),
                Linear(5),
            ]
        },
        ModelCase("batch norm under pooling, odd images", [3, 9, 7], counts: [3, 0, 2, 1]) {
            [
                Conv2d(20, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(), MaxPool2d(2),
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), MaxPool2d(2),
                Flatten(), Linear(5),
            ]
        },
        ModelCase("residual", [2, 8, 8], counts: [2, 5]) {
            [
                Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(),
                Residual(
                    [
                        Conv2d(12, kernel: 3, stride: 2, padding: 1, bias: false), BatchNormalization(),
                        ReLU(),
                        Conv2d(12, kernel: 3, padding: 1, bias: false), BatchNormalization(),
                    ], shortcut: [Conv2d(12, kernel: 1, stride: 2, bias: false), BatchNormalization()]),
                ReLU(), Residual([Conv2d(12, kernel: 3, padding: 1, groups: 3)]), LeakyReLU(slope: 0.2),
                GlobalAvgPool(), Flatten(), Linear(5),
            ]
        },
        ModelCase("residual with the image itself as shortcut", [16, 5, 5], counts: [3, 0, 2]) {
            [
                Residual([
                    Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(), ReLU(),
                    Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization(),
                ]), ReLU(),
                Residual([Conv2d(16, kernel: 3, padding: 1, bias: false), BatchNormalization()]),
                GlobalAvgPool(), Flatten(), Linear(5),
            ]
        },
        ModelCase("residual of rows", [6], counts: [4, 3, 4]) {
            [
                Linear(8), Residual([BatchNormalization(), ReLU(), Linear(8), Dropout(0.2)]), Tanh(),
                Residual([Linear(8), GELU()]), BatchNormalization(), Linear(5),
            ]
        },
        ModelCase("batch norm of each shard", [4, 5, 5], counts: [4, 3]) {
            [
                Conv2d(8, kernel: 3, padding: 1, bias: false), BatchNormalization(synchronized: false),
                ReLU(), AvgPool2d(2),
                Flatten(), Linear(5),
            ]
        },
        ModelCase("one example a shard", [1, 6, 6], counts: [1, 1, 0, 1, 1]) {
            [
                Conv2d(7, kernel: 3, bias: false), BatchNormalization(), ReLU(),
                MaxPool2d(3, stride: 2, padding: 1), Flatten(),
                Linear(5), LogSoftmax(),
            ]
        },
        ModelCase("squared error", [7], counts: [3, 2], loss: .meanSquaredError) {
            [Linear(9), Sigmoid(), Linear(5), Softmax()]
        },
        ModelCase("every example normalized alone", [3, 9, 7], counts: [3, 0, 2, 1]) {
            [
                Conv2d(20, kernel: 3, padding: 1), GroupNormalization(4), ReLU(), MaxPool2d(2),
                Conv2d(12, kernel: 3, padding: 1, bias: false), InstanceNormalization(affine: true), ReLU(),
                LayerNormalization([4, 3]), GroupNormalization(3, affine: false),
                LayerNormalization(affine: false), Flatten(), Linear(9), LayerNormalization(bias: false),
                GELU(), Linear(12), GroupNormalization(2), Tanh(), Linear(5),
            ]
        },
        ModelCase("every sequence normalized alone", [6, 10], counts: [3, 0, 2, 1]) {
            [
                InstanceNormalization(affine: true), GELU(), InstanceNormalization(), GroupNormalization(2),
                Flatten(), Linear(5),
            ]
        },
        ModelCase("normalized weights", [3, 6, 6], counts: [2, 4]) {
            [
                Conv2d(16, kernel: 3, padding: 1, form: .weightNorm), ReLU(),
                Conv2d(12, kernel: 3, groups: 2, form: .spectralNorm), Tanh(), Flatten(),
                Linear(40, form: .spectralNorm), GELU(), Linear(20, bias: false, form: .weightNorm), ReLU(),
                Linear(5),
            ]
        },
        ModelCase("batch renormalization", [3, 6, 6], counts: [3, 0, 2, 4]) {
            let limits = BatchRenormalization.Limits(rMax: 1.5, dMax: 0.5, warmup: 0, rSteps: 0, dSteps: 0)
            return [
                Conv2d(12, kernel: 3, bias: false), BatchRenormalization(limits: limits), ReLU(),
                MaxPool2d(2), Flatten(), Linear(9, bias: false),
                BatchRenormalization(momentum: 0.3, limits: limits), ReLU(), Linear(5),
            ]
        },
        ModelCase("batch norm without affine", [5], counts: [3, 4]) {
            [Linear(8, bias: false), BatchNormalization(affine: false), ReLU(), Linear(5)]
        },
        ModelCase("a batch norm on the input", [3, 4, 4], counts: [2, 3]) {
            [BatchNormalization(), Conv2d(8, kernel: 3), Flatten(), Linear(5)]
        },
    ]
}
