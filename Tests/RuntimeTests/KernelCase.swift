import CKernels
import Graph
import GraphSupport
import RuntimeSupport
import Testing

/// A function of a mini-batch written with the operation under test, planned and run against the interpreter.
struct KernelCase: Sendable, CustomTestStringConvertible {
    /// How image operands reach the operation.
    enum Layouts: String, Sendable, CaseIterable {
        /// As they come: row-major.
        case plain
        /// `x`, `t` or both through a convolution with the identity, which leaves them in oneDNN's blocks.
        case blockedX, blockedT, blockedBoth
    }

    /// What a case's function is written with.
    struct Ingredients {
        let builder: GraphBuilder
        /// Examples of the shard.
        let count: Int
        /// The features, (N, ...).
        let x: Tensor
        /// The targets, (N, ...); the features again where the case has no targets.
        let t: Tensor
        /// The parameters.
        let p: [Tensor]
        /// int32[N], below 4.
        let labels: Tensor
        /// int64[N].
        let indices: Tensor
    }

    private let name: String
    private let layouts: Layouts
    private let counts: [Int]
    private let features: [Int]
    private let targets: [Int]?
    private let parameters: [[Int]]
    private let isPositive: Bool
    /// The largest error allowed, relative to the expected tensor's scale.
    let tolerance: Double
    private let build: @Sendable (Ingredients) -> Tensor

    /// Cases one after another.
    struct List {
        /// The cases so far.
        private(set) var cases: [KernelCase] = []

        /// Adds a case for every layout its operands can have.
        ///
        /// - Parameters:
        ///   - features: The shape of one example; of targets as well, where there are any.
        ///   - counts: Examples of each shard.
        ///   - isPositive: Whether all operands are positive.
        mutating func add(
            _ name: String, x features: [Int], t targets: [Int]? = nil, p parameters: [[Int]] = [],
            counts: [Int] = [3], isPositive: Bool = false, tolerance: Double = 3e-6,
            _ build: @escaping @Sendable (Ingredients) -> Tensor
        ) {
            let choices: [Layouts] =
                switch (features.count == 3, targets?.count == 3) {
                case (true, true): Layouts.allCases
                case (true, false): [.plain, .blockedX]
                case (false, true): [.plain, .blockedT]
                case (false, false): [.plain]
                }
            cases += choices.map {
                KernelCase(
                    name: name, layouts: $0, counts: counts, features: features, targets: targets,
                    parameters: parameters, isPositive: isPositive, tolerance: tolerance, build: build)
            }
        }
    }

    var testDescription: String {
        let shapes = ([features] + [targets].compactMap { $0 } + parameters).map { "\($0)" }.joined(
            separator: " ")
        return "\(name) \(shapes) \(counts) \(layouts.rawValue)"
    }

    /// The graph of a shard of `count` examples.
    func graph(count: Int) -> Graph {
        let builder = GraphBuilder(mode: .training)
        func parameter(_ place: Int, _ shape: [Int]) -> Tensor {
            Tensor(builder.add(.leaf(.parameter(place)), [], type: TensorType(shape)), in: builder)
        }
        func blocked(_ image: Tensor, by place: Int) -> Tensor {
            image.convolution(
                parameter(place, [image.shape[1], image.shape[1], 1, 1]), geometry: Convolution2d())
        }
        var x = builder.input(.features, TensorType([count] + features))
        if layouts == .blockedX || layouts == .blockedBoth { x = blocked(x, by: parameters.count) }
        var t = targets.map { builder.input(.targets, TensorType([count] + $0)) } ?? x
        if layouts == .blockedT || layouts == .blockedBoth { t = blocked(t, by: parameters.count + 1) }
        let made = build(
            Ingredients(
                builder: builder, count: count, x: x, t: t,
                p: parameters.enumerated().map { parameter($0, $1) },
                labels: builder.input(.labels, TensorType([count], .int32)),
                indices: builder.input(.exampleIndices, TensorType([count], .int64))))
        return builder.graph(for: [Graph.Result(.output(.prediction), made.value)])
    }

    /// The graph of the first shard.
    var firstGraph: Graph { graph(count: counts[0]) }

    /// The shards of the case's mini-batch.
    var shards: [ReferenceShard] {
        let count = counts.reduce(0, +)
        return ReferenceShard(
            count: count, features: values([count] + features, seed: 1),
            labels: ReferenceTensor([count], (0..<count).map { Double(($0 * 3 + 1) % 4) }),
            targets: targets.map { values([count] + $0, seed: 2) },
            exampleIndices: ReferenceTensor(
                [count], (0..<count).map { Double(5_000_000_000 + 1_000_003 * $0) })
        ).split(counts)
    }

    /// The parameters and the two identities.
    var variables: [ReferenceTensor] {
        parameters.enumerated().map { values($1, seed: 10 + UInt64($0)) } + [
            identity(features), identity(targets),
        ]
    }

    private func values(_ shape: [Int], seed: UInt64) -> ReferenceTensor {
        (isPositive ? ReferenceTensor.positive(shape, seed: seed) : .distinct(shape, seed: seed)).rounded
    }

    private func identity(_ shape: [Int]?) -> ReferenceTensor {
        guard let shape, shape.count == 3 else { return ReferenceTensor(0) }
        let channels = shape[0]
        let values = (0..<channels * channels).map { $0 % (channels + 1) == 0 ? 1.0 : 0 }
        return ReferenceTensor([channels, channels, 1, 1], values)
    }
}
