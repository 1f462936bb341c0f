import CKernels
import Optimizers

/// Weights and optimizer state in memory, stepped by one rule over runs of elements.
final class RuleRunner {
    private let rule: any UpdateRule
    private let kernels: UnsafePointer<dt_kernels>
    private let storage: UnsafeMutableBufferPointer<Float>
    private let arrays: UnsafeMutableBufferPointer<UnsafeMutablePointer<Float>>
    private let count: Int
    private var step: Int

    /// The instruction sets this machine can run, from the baseline up.
    static let instructionSets: [dt_isa] = (0...dt_isa_detect().rawValue).map { dt_isa(rawValue: $0) }

    /// Starts from `weights` and, unless a state is given, from zeros.
    init(
        rule: any UpdateRule, weights: [Float], state: [[Float]]? = nil, stepsTaken: Int = 0,
        isa: dt_isa = dt_isa_detect()
    ) throws {
        self.rule = rule
        step = stepsTaken
        count = weights.count
        guard let table = dt_kernels_for(isa) else { throw MissingKernels() }
        kernels = table
        storage = .allocate(capacity: count * (1 + rule.stateNames.count))
        storage.initialize(repeating: 0)
        arrays = .allocate(capacity: max(1, rule.stateNames.count))
        for (index, value) in (weights + (state ?? []).joined()).enumerated() { storage[index] = value }
        guard let base = storage.baseAddress else { throw MissingKernels() }
        for index in 0..<arrays.count { arrays.initializeElement(at: index, to: base) }
    }

    deinit {
        arrays.deallocate()
        storage.deallocate()
    }

    /// The weights as they are now.
    var weights: [Float] { Array(storage.prefix(count)) }

    /// The state arrays as they are now, in the order of the rule's names.
    var state: [[Float]] {
        rule.stateNames.indices.map { Array(storage[((1 + $0) * count)..<((2 + $0) * count)]) }
    }

    /// The bits of the weights and then of each state array.
    var bits: [[UInt32]] { ([weights] + state).map { $0.map(\.bitPattern) } }

    /// Takes one step; `cuts` are the inner edges of the runs the elements are split into, ascending.
    func step(gradient: [Float], learningRate: Double, momentum: Double? = nil, cuts: [Int] = []) {
        step += 1
        let scalars = rule.scalars(step: step, learningRate: learningRate, momentum: momentum)
        var start = 0
        for end in cuts + [count] {
            apply(scalars: scalars, gradient: gradient, start: start, end: end)
            start = end
        }
    }

    /// Applies numbers to the elements from `start` up to `end`.
    func apply(scalars: [Double], gradient: [Float], start: Int, end: Int) {
        guard let base = storage.baseAddress, let states = arrays.baseAddress else { return }
        for index in rule.stateNames.indices { arrays[index] = base + (1 + index) * count + start }
        gradient.withUnsafeBufferPointer { gradient in
            scalars.withUnsafeBufferPointer { scalars in
                guard let first = gradient.baseAddress else { return }
                rule.update(
                    scalars: scalars, weights: base + start, gradient: first + start, state: states,
                    count: end - start, kernels: kernels)
            }
        }
    }
}

/// There is no table of kernels for an instruction set, or no memory behind a buffer.
struct MissingKernels: Error {}
