import CKernels
import Cluster
import FixedTree

/// Combines vectors by tree plans, without allocating; only one thread may use it at a time.
final class TreeSum {
    /// The operation on two vectors.
    enum Combination {
        case addFloats
        case addDoubles
        /// (count, mean, M2) vectors of 1 + 2C doubles.
        case mergeMoments
    }

    private static let blockBytes = 16 * 1024
    private let kernels: UnsafePointer<dt_kernels>
    private let precision: GradientPrecision
    private let stack: UnsafeMutablePointer<UnsafeRawPointer?>
    private var temporary: UnsafeMutableRawPointer
    private var temporaryBytes: Int
    private let depth: Int

    /// For plans of depth at most `depth`, and vectors of moments of at most `vectorBytes`.
    ///
    /// - Parameter precision: The precision that sums of Float32 are rounded to; the parts are already rounded.
    init(
        depth: Int, vectorBytes: Int, kernels: UnsafePointer<dt_kernels>,
        precision: GradientPrecision = .float32
    ) {
        self.kernels = kernels
        self.precision = precision
        self.depth = max(depth, 1)
        stack = .allocate(capacity: self.depth)
        stack.initialize(repeating: nil, count: self.depth)
        temporaryBytes = PrivateMemory.aligned(max(Self.blockBytes, vectorBytes))
        temporary = .allocate(byteCount: self.depth * temporaryBytes, alignment: 64)
    }

    deinit {
        stack.deallocate()
        temporary.deallocate()
    }

    /// Combines `parts` by `plan` into `target`. A part is nil if its subtree has no examples; `target` is zeros if all
    /// are nil.
    ///
    /// - Parameter parts: One vector of `byteCount` bytes per part of the plan.
    func evaluate(
        _ plan: TreePlan, parts: UnsafePointer<UnsafeRawPointer?>, byteCount: Int, _ combination: Combination,
        into target: UnsafeMutableRawPointer
    ) {
        precondition(plan.depth <= depth, "a plan of depth \(plan.depth) on a stack of \(depth)")
        // Sums are made block by block, so that temporary values stay in cache; moments are one short vector.
        let step = combination == .mergeMoments ? byteCount : Self.blockBytes
        precondition(
            step <= temporaryBytes, "a vector of \(byteCount) bytes is longer than \(temporaryBytes)")
        var start = 0
        while start < byteCount {
            let length = min(step, byteCount - start)
            evaluateBlock(plan, parts, start, length, combination, target + start)
            start += length
        }
    }

    private func evaluateBlock(
        _ plan: TreePlan, _ parts: UnsafePointer<UnsafeRawPointer?>, _ start: Int, _ length: Int,
        _ combination: Combination, _ target: UnsafeMutableRawPointer
    ) {
        var height = 0
        for (index, planStep) in plan.steps.enumerated() {
            switch planStep {
            case .push(let part):
                stack[height] = parts[part].map { $0 + start }
                height += 1
            case .combine:
                height -= 1
                guard let right = stack[height] else { continue }
                guard let left = stack[height - 1] else {
                    // The left subtree is empty: the right one is the result.
                    stack[height - 1] = right
                    continue
                }
                let isLast = index == plan.steps.count - 1
                let result = isLast ? target : temporary + (height - 1) * temporaryBytes
                combine(combination, left, right, length, result)
                stack[height - 1] = UnsafeRawPointer(result)
            }
        }
        guard let result = stack[0] else {
            target.initializeMemory(as: UInt8.self, repeating: 0, count: length)
            return
        }
        if result != UnsafeRawPointer(target) { target.copyMemory(from: result, byteCount: length) }
    }

    private func combine(
        _ combination: Combination, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ byteCount: Int,
        _ out: UnsafeMutableRawPointer
    ) {
        switch combination {
        case .addFloats:
            precision.add(
                byteCount / 4, a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self),
                out.assumingMemoryBound(to: Float.self), kernels)
        case .addDoubles:
            kernels.pointee.add_f64(
                Int64(byteCount / 8), a.assumingMemoryBound(to: Double.self),
                b.assumingMemoryBound(to: Double.self), out.assumingMemoryBound(to: Double.self))
        case .mergeMoments:
            kernels.pointee.merge_moments(
                a.assumingMemoryBound(to: Double.self), b.assumingMemoryBound(to: Double.self),
                Int64((byteCount / 8 - 1) / 2), out.assumingMemoryBound(to: Double.self))
        }
    }
}
