import CKernels
import Optimizers

/// Tensors in memory, stepped by a measured rule: the caller's part of `MeasuredRule` in its plainest form.
final class MeasuredRunner {
    /// How the elements of a tensor are split for the two passes.
    enum Split: Sendable {
        /// Pass 1 by `measure` over blocks, pass 2 over whole tensors.
        case blocks
        /// Both passes over runs of this length, and the sums taken apart from them.
        case runs(Int)
    }

    /// The elements of each tensor; together they fill the arrays.
    static let tensors = [0..<37, 37..<42, 42..<42, 42..<106]
    /// The number of elements of all tensors.
    static let count = 106

    private static let block = 16

    /// The memory as the last step left it.
    private(set) var memory: [Double]
    private let rule: any MeasuredRule
    private let plain: any MeasuredRule
    private let decays: [Bool]
    private let kernels: UnsafePointer<dt_kernels>
    /// Weights, gradient, the gradient before pass 1, and the state arrays, one behind the other.
    private let storage: UnsafeMutablePointer<Float>
    private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    private var step = 0

    /// Starts from `weights`; the tensors of which `decays` says no are stepped without weight decay.
    init(
        _ rule: any UpdateRule, weights: [Float], decays: [Bool] = [true, true, true, true],
        isa: dt_isa = dt_isa_detect()
    ) throws {
        guard let table = dt_kernels_for(isa), let rule = rule as? any MeasuredRule else {
            throw MissingKernels()
        }
        self.rule = rule
        plain = rule.withoutWeightDecay
        kernels = table
        self.decays = decays
        memory = Array(repeating: 0, count: rule.memoryCount)
        storage = .allocate(capacity: Self.count * (3 + rule.stateNames.count))
        storage.initialize(repeating: 0, count: Self.count * (3 + rule.stateNames.count))
        storage.update(from: weights, count: Self.count)
        pointers = .allocate(capacity: rule.stateNames.count)
        pointers.initialize(repeating: storage, count: rule.stateNames.count)
    }

    deinit {
        storage.deallocate()
        pointers.deallocate()
    }

    /// The weights as they are now.
    var weights: [Float] { (0..<Self.count).map { storage[$0] } }

    /// The bits of the weights and of all state arrays.
    var bits: [UInt32] {
        (0..<Self.count).map { storage[$0].bitPattern }
            + (3 * Self.count..<Self.count * (3 + rule.stateNames.count)).map { storage[$0].bitPattern }
    }

    /// Takes one step.
    func step(gradient: [Float], learningRate: Double, split: Split = .blocks) {
        step += 1
        storage(1).update(from: gradient, count: Self.count)
        storage(2).update(from: gradient, count: Self.count)
        let scalars = rule.scalars(step: step, learningRate: learningRate, momentum: nil)
        var sums: [Double] = []
        for (tensor, elements) in Self.tensors.enumerated() {
            sums += (scalars + memory).withUnsafeBufferPointer {
                measure(decays[tensor] ? rule : plain, elements, scalars: $0, split: split)
            }
        }
        let factors = scalars.withUnsafeBufferPointer {
            rule.factors(scalars: $0, sums: sums, decays: decays, memory: &memory)
        }
        for (tensor, elements) in Self.tensors.enumerated() {
            let mine = factors[tensor * rule.factorCount..<(tensor + 1) * rule.factorCount]
            for run in runs(elements, split) {
                (scalars + mine).withUnsafeBufferPointer { scalars in
                    (decays[tensor] ? rule : plain).update(
                        scalars: scalars, weights: storage + run.lowerBound,
                        gradient: storage(1) + run.lowerBound, state: state(run.lowerBound),
                        count: run.count, kernels: kernels)
                }
            }
        }
    }

    private func storage(_ array: Int) -> UnsafeMutablePointer<Float> { storage + array * Self.count }

    private func state(_ start: Int) -> UnsafeMutablePointer<UnsafeMutablePointer<Float>> {
        for array in rule.stateNames.indices { pointers[array] = storage(3 + array) + start }
        return pointers
    }

    private func runs(_ elements: Range<Int>, _ split: Split) -> [Range<Int>] {
        guard case .runs(let length) = split else { return [elements] }
        return Self.pieces(elements, length)
    }

    private static func pieces(_ elements: Range<Int>, _ length: Int) -> [Range<Int>] {
        stride(from: elements.lowerBound, to: elements.upperBound, by: length).map {
            $0..<min($0 + length, elements.upperBound)
        }
    }

    private func measure(
        _ rule: any MeasuredRule, _ elements: Range<Int>, scalars: UnsafeBufferPointer<Double>, split: Split
    ) -> [Double] {
        var sums = Array(repeating: 0.0, count: rule.products.count)
        if case .runs(let length) = split {
            for run in Self.pieces(elements, length) {
                let start = run.lowerBound
                rule.prepare(
                    scalars: scalars, weights: storage + start, gradient: storage(1) + start,
                    state: state(start), count: run.count, kernels: kernels)
            }
        }
        for block in Self.pieces(elements, Self.block) {
            let start = block.lowerBound
            var parts = Array(repeating: Double.nan, count: sums.count)
            switch split {
            case .runs: parts = rule.products.map { product($0, block) }
            case .blocks:
                var scratch = Array(repeating: Float.nan, count: block.count)
                rule.measure(
                    scalars: scalars, weights: storage + start, gradient: storage(1) + start,
                    state: state(start), count: block.count, kernels: kernels, scratch: &scratch,
                    sums: &parts)
            }
            for place in sums.indices { sums[place] += parts[place] }
        }
        return sums
    }

    /// One product over a block, once pass 1 is over; the gradient before it is array 2.
    private func product(_ product: TensorProduct, _ block: Range<Int>) -> Double {
        let (left, right) =
            switch product {
            case .weights: (0, 0)
            case .gradient: (2, 2)
            case .direction: (1, 1)
            case .gradientDirection: (2, 1)
            case .weightsDirection: (0, 1)
            }
        return kernels.pointee.dot(
            Int64(block.count), storage(left) + block.lowerBound, storage(right) + block.lowerBound)
    }
}
