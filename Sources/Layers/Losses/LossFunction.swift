import Graph
import Messages
import Options

/// A loss's formula with its options.
///
/// A new loss is a new file with a conforming type, and an entry in `ChoiceList.losses` if configurations are to name
/// it.
public protocol LossFunction: Sendable, Hashable {
    /// The name in a configuration ("huber").
    static var name: String { get }
    /// The options that are set, in the order in which they are listed to a user.
    var options: [NamedOption] { get }
    /// The weight of each class in the mean over examples; nil where all examples count alike.
    ///
    /// The mean is then Σ loss ÷ Σ weight of the label, both over the whole mini-batch.
    var classWeights: [Double]? { get }
    /// Throws unless predictions of shape (N, ...output) can be compared with `target`.
    func check(output: [Int], target: TargetKind) throws(ModelError)
    /// The loss of each example, times the weight of its class: [N]. Where positions have labels of their own, N counts these.
    ///
    /// - Parameter target: int32[N] labels, −1 for what does not count, or as many numbers as `prediction` has.
    func perExample(_ prediction: Tensor, _ target: Tensor) -> Tensor
    /// Whether the loss cannot be used with numeric targets.
    var needsClasses: Bool { get }
    /// Whether numeric targets are probabilities of classes: rows of the outputs' shape, for each position its own.
    var comparesDistributions: Bool { get }
    /// Whether the loss compares numbers with numbers, so that class labels count as one-hot rows.
    var comparesNumbers: Bool { get }
    /// Whether a single output tells two classes apart by its sign: above 0 is class 1.
    var readsSign: Bool { get }
    /// The range of valid numeric targets; nil where all are valid.
    var targetRange: ClosedRange<Float>? { get }
    /// The prediction in the unit of numeric targets, for metrics; the prediction itself by default.
    func estimate(_ prediction: Tensor) -> Tensor
}

extension LossFunction {
    public var options: [NamedOption] { [] }
    public var classWeights: [Double]? { nil }
    public var needsClasses: Bool { false }
    public var comparesDistributions: Bool { false }
    public var comparesNumbers: Bool { false }
    public var readsSign: Bool { false }
    public var targetRange: ClosedRange<Float>? { nil }
    public func estimate(_ prediction: Tensor) -> Tensor { prediction }

    /// Whether the sign of a single output tells the classes of `target` apart.
    package func isBinary(output: [Int], target: TargetKind) -> Bool {
        guard case .classes(let classes) = target else { return false }
        return readsSign && output == [1] && classes <= 2
    }

    /// A score per class [N, K], larger for likelier classes; a single output x of a binary model becomes −x and x.
    package func scores(_ prediction: Tensor, target: TargetKind) -> Tensor {
        guard isBinary(output: Array(prediction.shape.dropFirst()), target: target) else {
            return prediction
        }
        let shape = [prediction.shape[0], 2]
        let signs = prediction.builder.numbers([-1, 1], shape: [1, 2])
        return prediction.broadcast(to: shape) * signs.broadcast(to: shape)
    }

    /// Throws unless predictions (N, ...output) are rows with a score for each class.
    func requireScores(_ output: [Int], classes: Int) throws(ModelError) {
        guard output.count == 1, output[0] >= classes else {
            let shape = Self.describe(output)
            throw ModelError(
                "the model ends with shape \(shape), the data has \(counted(classes, "class")): end it with linear: \(classes), unless the label \(classes - 1) is a mistake",
                about: .classes(output: shape))
        }
    }

    /// Throws unless predictions (N, ...output) have the shape of the targets.
    func requireShape(_ output: [Int], values: [Int]) throws(ModelError) {
        guard output == values else {
            throw ModelError(
                "the model ends with shape \(Self.describe(output)), the targets have \(Self.describe(values))"
                    + (values.count > output.count
                        ? ": give other targets, or the file of labels if these are features" : "")
            )
        }
    }

    private static func describe(_ shape: [Int]) -> String {
        "(" + (["N"] + shape.map(String.init)).joined(separator: ", ") + ")"
    }
}

extension Tensor {
    /// The mean of each example's elements: (N, ...) → [N].
    func meanOfExamples() -> Tensor { flattened().mean([1]).reshaped(to: [shape[0]]) }

    /// The sum of each example's elements: (N, ...) → [N].
    func sumOfExamples() -> Tensor { flattened().sum([1]).reshaped(to: [shape[0]]) }
}
