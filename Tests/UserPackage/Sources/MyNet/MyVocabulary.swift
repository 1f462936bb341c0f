import DistributedTraining

/// x · sigmoid(x).
struct Swish: Layer {
    func callAsFunction(_ x: Tensor) -> Tensor { x * x.sigmoid() }
}

/// Steps of one size in the direction of the gradient's sign.
struct SignDescent: UpdateRule, Choice {
    enum Scalar: Int, ScalarName { case learningRate }

    static let name = "sign_descent"
    static let summary = "Steps of one size in the direction of the gradient's sign."
    static let source = "Bernstein et al. 2018"
    static let options = [
        OptionDeclaration.optional("lr", .number(.notNegative), default: 1e-3, "The learning rate.")
    ]

    init(options: ResolvedOptions) {}

    var name: String { Self.name }
    var stateNames: [String] { [] }

    func scalars(step: Int, learningRate: Double, momentum: Double?) -> [Double] {
        Scalar.values([.learningRate: learningRate])
    }

    func update(
        scalars: NamedScalars<Scalar>, weights: UnsafeMutablePointer<Float>, gradient: UnsafePointer<Float>,
        state: UnsafePointer<UnsafeMutablePointer<Float>>, count: Int, kernels: UnsafePointer<VectorKernels>
    ) {
        let rate = Float(scalars[.learningRate])
        for i in 0..<count where gradient[i] != 0 { weights[i] -= gradient[i] > 0 ? rate : -rate }
    }
}

extension CustomMetric {
    /// By how much the score of the right class exceeds the best of the others.
    static let margin = CustomMetric.ofClasses("margin", higherIsBetter: true) { scores, label in
        let wrong = scores.indices.filter { $0 != label }.map { scores[$0] }.max() ?? 0
        return Double(scores[label] - wrong)
    }
}

extension Vocabulary {
    /// What dtrain knows, and what this program adds: configurations name it like anything else.
    static var mine: Vocabulary {
        var vocabulary = Vocabulary.standard
        vocabulary.layers.add(NamedChoice("swish", "x · sigmoid(x).") { _ in LayerMaker(Swish()) })
        vocabulary.optimizers.add(NamedChoice(SignDescent.self))
        vocabulary.metrics.append(.margin)
        return vocabulary
    }
}
