import DataParallel
import Datasets
import Foundation
import Graph
import Layers
import Optimizers
import ReplicaSupport
import Testing

/// Steps of Newton's method on functions whose minima and saddles are known, and on networks.
@Suite(.serialized) struct NewtonTests {
    typealias Function = @Sendable ([Tensor]) -> Tensor

    /// What minimizes a function, from a point on.
    private final class Descent {
        let harness: ReplicaHarness
        private(set) var products = 0
        private(set) var losses: [Double] = []
        private(set) var reports: [NewtonReport] = []

        init(
            _ model: any Model, at point: [Float], _ rule: any UpdateRule,
            adjust: (inout ReplicaSettings) -> Void = { _ in }
        ) throws {
            harness = try ReplicaHarness(
                model,
                data: Dataset(
                    name: "points", features: [0, 0, 0] as [Float], exampleShape: [1],
                    labels: .targets([0, 0, 0] as [Float], width: 1)), loss: Loss(IdentityLoss()), rule: rule,
                batch: 3, shards: 2, adjust: adjust)
            try harness.state.set([point])
        }

        convenience init(_ function: @escaping Function, at point: [Float], _ rule: NewtonCG) throws {
            try self.init(AnalyticModel(count: point.count, function: function), at: point, rule)
        }

        var point: [Float] { harness.values[0] }
        var norm: Float { point.reduce(0) { $0 + $1 * $1 }.squareRoot() }

        /// Takes a step; the loss before it.
        @discardableResult
        func step(learningRate: Double = 1) throws -> Double {
            let result = try harness.step([0..<3], learningRate: learningRate)
            losses.append(result.lossSum / 3)
            if let report = result.newton { note(report) }
            return result.lossSum / 3
        }

        /// Takes down what a step did.
        func note(_ report: NewtonReport) {
            products += report.products
            reports.append(report)
        }

        /// Steps until the loss is `part` of what it was at first, at most `limit`; those that were taken.
        func steps(to part: Double, limit: Int, learningRate: Double = 1) throws -> Int {
            while losses.count <= limit {
                let loss = try step(learningRate: learningRate)
                if loss <= part * losses[0] { return losses.count - 1 }
            }
            return .max
        }
    }

    private static let rosenbrock: Function = { w in
        let valley: Tensor = w[1] - w[0].squared()
        let rest: Tensor = -w[0] + 1
        return valley.squared() * 100 + rest.squared()
    }

    private static let product: Function = { w in
        let rest: Tensor = -(w[0] * w[1]) + 1
        return rest.squared()
    }

    /// ½ Σ λᵢ wᵢ².
    private struct Quadratic: Model {
        let weights = Parameter(.constant(0))
        let curvatures: [Double]

        func callAsFunction(_ x: Tensor) -> Tensor {
            let builder = x.builder
            let weights = builder.variable(weights, shape: [curvatures.count])
            let scale = builder.numbers(curvatures.map { $0 / 2 }, shape: [curvatures.count])
            let value: Tensor = (weights.squared() * scale).sum([0])
            return value.broadcast(to: [x.shape[0]]).reshaped(to: [x.shape[0], 1])
        }
    }

    // MARK: What it is for

    /// By the numbers of the task: at most 60 steps to a millionth of the loss, where descent along the gradient takes some
    /// ten thousand.
    @Test func rosenbrocksValley() throws {
        let start: [Float] = [-1.2, 1]
        let newton = try Descent(Self.rosenbrock, at: start, NewtonCG())
        let steps = try newton.steps(to: 1e-6, limit: 60)
        #expect(steps <= 60)
        let plain = try Descent(AnalyticModel(count: 2, function: Self.rosenbrock), at: start, SGD())
        let gradients = try plain.steps(to: 1e-6, limit: 40_000, learningRate: 1.5e-3)
        print("rosenbrock: \(steps) steps, \(newton.products) products; descent takes \(gradients) gradients")
        #expect(newton.products <= 120 && gradients > 5000 && gradients < 40_000)
        // The weights are the minimum's.
        for _ in 0..<5 { try newton.step() }
        #expect(abs(newton.point[0] - 1) < 1e-4 && abs(newton.point[1] - 1) < 1e-4)
    }

    /// A quadratic of 100 curvatures from 1e-4 to 1, to each of which the loss owes alike at first.
    @Test func aQuadraticOfConditionTenThousand() throws {
        let curvatures = (0..<100).map { pow(10, Double($0) * 4 / 99 - 4) }
        #expect(abs(curvatures[99] - 1) < 1e-9)
        let start = curvatures.map { Float((1 / $0).squareRoot()) }
        let newton = try Descent(Quadratic(curvatures: curvatures), at: start, NewtonCG(maximumRadius: 1000))
        let steps = try newton.steps(to: 1e-6, limit: 60)
        #expect(steps <= 60)
        let plain = try Descent(Quadratic(curvatures: curvatures), at: start, SGD())
        let gradients = try plain.steps(to: 1e-6, limit: 120_000, learningRate: 2 / (1 + 1e-4))
        print("quadratic: \(steps) steps, \(newton.products) products; descent takes \(gradients) gradients")
        #expect(newton.products <= 2000 && gradients > 10_000 && gradients < 120_000)
    }

    /// Plain Newton goes to the saddle at the origin, the trust region past it to w₁w₂ = 1.
    @Test func twoWeights() throws {
        let start: [Float] = [0.1, 0.05]
        let plain = try Descent(Self.product, at: start, NewtonCG(negativeCurvature: .ignore))
        for _ in 0..<20 { try plain.step() }
        #expect(plain.norm < 1e-4 && plain.losses[19] == 1)
        #expect(plain.reports.allSatisfy { $0.radius == nil })
        #expect(plain.reports[0].negativeCurvature < -1 && plain.reports[0].isTaken)
        let newton = try Descent(Self.product, at: start, NewtonCG())
        for _ in 0..<20 { try newton.step() }
        #expect(abs(newton.point[0] * newton.point[1] - 1) < 1e-6)
        #expect(newton.reports[0].negativeCurvature < 0)
        // The loss of the weights never rises.
        #expect(zip(newton.losses, newton.losses.dropFirst()).allSatisfy { $0 >= $1 })
    }

    /// MINRES goes where a dense solution goes.
    @Test func plainStepsOfManyWeights() throws {
        let few = try Descent(
            Self.product, at: [0.1, 0.05], NewtonCG(iterations: 1, negativeCurvature: .ignore))
        for _ in 0..<40 { try few.step() }
        #expect(few.reports.allSatisfy { $0.products <= 1 })
        // From everywhere to the saddle in the middle of −1, 1, 2, ... 60, in one step.
        let curvatures = [-1.0] + (1...60).map(Double.init)
        let start = curvatures.map { Float($0 / 30 + 0.1) }
        let many = try Descent(
            Quadratic(curvatures: curvatures), at: start, NewtonCG(iterations: 61, negativeCurvature: .ignore)
        )
        let iterative = try Descent(
            Quadratic(curvatures: curvatures), at: start, NewtonCG(iterations: 60, negativeCurvature: .ignore)
        )
        try many.step()
        for _ in 0..<3 { try iterative.step() }
        #expect(many.norm < 1e-4 && many.products == 61)
        #expect(iterative.norm < 1e-3, "\(iterative.norm)")
    }

    /// Without any gradient Lanczos's method tells the way, and with a symmetric start, from which no gradient does.
    @Test(arguments: [[0, 0], [0.1, -0.1], [1e-5, -1e-5]] as [[Float]])
    func aSaddleItselfIsLeft(_ start: [Float]) throws {
        let newton = try Descent(Self.product, at: start, NewtonCG())
        for _ in 0..<25 { try newton.step() }
        #expect(abs(newton.point[0] * newton.point[1] - 1) < 1e-5, "\(newton.point)")
        #expect(newton.reports.contains { $0.negativeCurvature < -1 })
    }

    /// What has no curvature downwards is a minimum, where nothing moves.
    @Test func atAMinimumNothingMoves() throws {
        let newton = try Descent(Self.product, at: [2, 0.5], NewtonCG())
        let before = newton.point
        for _ in 0..<3 { try newton.step() }
        #expect(newton.point == before)
        #expect(newton.reports.allSatisfy { !$0.isTaken && $0.radius == 1 })
    }

    // MARK: Trials

    /// A step that raises the loss leaves the weights' bits, and shrinks the region.
    @Test func aRejectedStepChangesNothing() throws {
        let newton = try Descent(Self.rosenbrock, at: [-1.2, 1], NewtonCG(radius: 100, tolerance: 1e-5))
        var points = [newton.point]
        for _ in 0..<30 {
            try newton.step()
            points.append(newton.point)
        }
        let rejected = newton.reports.indices.filter { !newton.reports[$0].isTaken }
        #expect(newton.reports.first?.radius == 100 && !rejected.isEmpty)
        for place in newton.reports.indices {
            #expect((points[place + 1] == points[place]) == !newton.reports[place].isTaken, "\(place)")
        }
        let first = try #require(rejected.first)
        let (before, after) = try (
            #require(newton.reports[first].radius), #require(newton.reports[first + 1].radius)
        )
        #expect(after < before / 2)
        #expect(newton.losses[29] < 1e-6)
    }

    /// A trial without a loss is one that the region must not reach.
    @Test func aLossThatIsNotFiniteIsATrial() throws {
        // w − ln w at 3, where Newton's step is −6, beyond 0.
        let newton = try Descent({ w in w[0] - w[0].log() }, at: [3], NewtonCG(radius: 50))
        try newton.step()
        #expect(newton.point == [3] && newton.reports[0].radius == 50 && !newton.reports[0].isTaken)
        for _ in 0..<10 { try newton.step() }
        #expect(try abs(#require(newton.reports[1].radius) - 1.5) < 1e-6)
        #expect(abs(newton.point[0] - 1) < 1e-3)
    }

    /// Where the loss can no longer tell, the gradient falls with each step that is taken, the weights come to rest, and the
    /// region does not vanish.
    @Test func itComesToRest() throws {
        // A loss of 1000 beside, of which a step's gain is soon no part that Float32 holds.
        let function: Function = { w in
            let (a, b): (Tensor, Tensor) = (w[0].exp() - w[0], (w[1] * 3).exp() - w[1] * 3)
            return a + b + 1000
        }
        let newton = try Descent(function, at: [0.9, 0.8], NewtonCG())
        var norms: [Double] = []
        for _ in 0..<60 {
            let result = try newton.harness.step([0..<3])
            norms.append(try #require(result.gradientNorm))
            let report = try #require(result.newton)
            newton.note(report)
            #expect(try #require(report.radius) > 1e-3)
        }
        let last = newton.point
        #expect(norms[59] < 1e-5 * norms[0], "\(norms)")
        #expect(abs(last[0]) < 1e-5 && abs(last[1]) < 1e-5, "\(last)")
        for _ in 0..<10 { try newton.step() }
        #expect(newton.point == last)
    }

    /// Not a number as a gradient skips the step, and so do products.
    @Test func whatIsNotFiniteIsSkipped() throws {
        let rule = try NewtonCG()
        let model = AnalyticModel(count: 1) { w in w[0].log() }
        let gradient = try Descent(model, at: [-1], rule) { $0.skipsNonFinite = true }
        #expect(try gradient.harness.step([0..<3]).skipped == nil, "1/w is finite")
        // w^1.5 at 0: the gradient is 0 · ∞.
        let product = try Descent(
            AnalyticModel(count: 1) { w in (w[0].log() * 1.5).exp() }, at: [1e-45], rule)
        let result = try product.harness.step([0..<3])
        #expect(result.skipped == .curvature && result.newton == nil)
        #expect(product.point == [1e-45])
    }

    /// A part of the weights decays: ½ Σ λ (w − 1)² + ½ d w² is least at λ / (λ + d).
    @Test func weightDecayIsTheObjectives() throws {
        let function: Function = { w in
            let (a, b): (Tensor, Tensor) = (w[0] + -1, w[1] + -1)
            return a.squared() * 1.5 + b.squared() * 0.5
        }
        let newton = try Descent(function, at: [0, 0], NewtonCG(weightDecay: 0.5))
        for _ in 0..<10 { try newton.step() }
        #expect(abs(newton.point[0] - 3 / 3.5) < 1e-5 && abs(newton.point[1] - 1 / 1.5) < 1e-5)
    }

    // MARK: Networks

    private static let count = 40

    private static func data() throws -> Dataset {
        try Dataset(
            name: "rows",
            features: (0..<count * 6).map { (place: Int) -> Float in
                let mixed: Int = place * 7919 + place / 6 * 104_729 + 13
                return Float(mixed % 211 - 105) / 60
            }, exampleShape: [6], labels: .classes((0..<count).map { Int32($0 * 7 % 3) }, count: 3))
    }

    private static func network(
        _ layers: any Model, radius: Double = 1, batch: Int = count, decay: Double = 0,
        adjust: (inout ReplicaSettings) -> Void = { _ in }
    ) throws -> ReplicaHarness {
        try ReplicaHarness(
            layers, data: data(),
            rule: NewtonCG(radius: radius, maximumRadius: 1e4, weightDecay: decay),
            batch: batch, shards: 4, adjust: adjust)
    }

    /// Only weights that are kept let running statistics follow; dropout's masks are those of the step.
    @Test func runningStatisticsFollowWhatIsKept() throws {
        let harness = try Self.network(
            [Linear(12), BatchNormalization(), Tanh(), Dropout(0.2), Linear(3)] as Sequential, radius: 1000)
        let trained = harness.model.variables.map(\.isTrainable)
        var (taken, rejected) = (0, 0)
        for _ in 0..<25 {
            let before = harness.values
            let result = try harness.step([0..<Self.count])
            let isTaken = try #require(result.newton).isTaken
            (taken, rejected) = (taken + (isTaken ? 1 : 0), rejected + (isTaken ? 0 : 1))
            for (place, pair) in zip(before, harness.values).enumerated() {
                if !isTaken {
                    #expect(pair.0 == pair.1, "\(harness.model.variables[place].name)")
                } else if !trained[place] {
                    #expect(pair.0 != pair.1, "\(harness.model.variables[place].name)")
                }
            }
        }
        #expect(taken > 3 && rejected > 0, "\(taken) taken, \(rejected) rejected")
    }

    /// Mini-batches together are the batch that they make, where no layer looks across examples.
    @Test func accumulatedBatchesAreOne() throws {
        let layers: () -> Sequential = { [Linear(8), Tanh(), Linear(3)] }
        let whole = try Self.network(layers(), decay: 0.01)
        let parts = try Self.network(layers(), batch: 16, decay: 0.01) { $0.accumulates = true }
        var first: Double?
        for step in 0..<6 {
            let (one, many) = try (
                whole.step([0..<40]), parts.step([0..<16, 16..<32, 32..<40])
            )
            #expect(abs(one.lossSum - many.lossSum) < 1e-3 * one.lossSum, "step \(step)")
            #expect(one.newton?.isTaken == many.newton?.isTaken)
            first = first ?? one.lossSum / 40
        }
        let last = try parts.step([0..<16, 16..<32, 32..<40]).lossSum / 40
        #expect(try last < 0.95 * #require(first), "\(last)")
    }

    /// The radius goes on where it was: taken up from what a checkpoint holds, the steps have the same bits.
    @Test func theRadiusIsRemembered() throws {
        let layers: () -> Sequential = { [Linear(8), Tanh(), Linear(3)] }
        let whole = try Self.network(layers())
        for _ in 0..<4 { _ = try whole.step([0..<Self.count]) }
        let other = try Self.network(layers())
        try other.state.set(whole.values)
        other.replica.ruleMemory = whole.replica.ruleMemory
        #expect(whole.replica.ruleMemory[0] != 1)
        let (one, two) = try (whole.step([0..<Self.count]), other.step([0..<Self.count]))
        #expect(one.newton == two.newton && whole.values == other.values)
        // Control: anew it is another one.
        try whole.replica.restartOptimizer()
        #expect(try whole.step([0..<Self.count]).newton?.radius == 1)
    }

    /// Workers change no bit, and a gradient's other numbers are reported as of any step.
    @Test func workersChangeNothing() throws {
        let layers: () -> Sequential = { [Linear(8), LayerNormalization(), Tanh(), Dropout(0.3), Linear(3)] }
        let one = try Self.network(layers())
        let three = try ReplicaHarness(
            layers(), data: Self.data(), rule: NewtonCG(maximumRadius: 1e4), batch: Self.count, shards: 4,
            workers: 3)
        for _ in 0..<4 {
            let results = try [one, three].map {
                try $0.step([0..<Self.count], observes: [.norm, .layers, .noise])
            }
            #expect(results[0].newton == results[1].newton && results[0].lossSum == results[1].lossSum)
            #expect(results[0].noise != nil && results[0].noise == results[1].noise)
            #expect(results[0].layerNorms.count == 6 && results[0].gradientNorm == results[1].gradientNorm)
        }
        #expect(one.values == three.values)
    }
}
