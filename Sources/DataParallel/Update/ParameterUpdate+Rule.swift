import CKernels
import Layers
import Optimizers

/// Applies the update rule to the slices that this rank updates.
extension ParameterUpdate {
    /// Applies the update rule to the gradient in `sum`, which it may overwrite; no rank of the node may read parameters
    /// any more. Collective over the cluster.
    ///
    /// - Parameter numbers: The rule's numbers of the step, the same on all ranks.
    func apply(_ sum: UnsafeMutablePointer<Float>, _ numbers: [Double]) throws {
        try weights?.begin()
        let rule = settings.rule
        var scalars = Array(repeating: numbers, count: layout.entries.count)
        if let rule = rule as? any MeasuredRule {
            let factors = try measure(rule, sum, numbers)
            for tensor in layout.entries.indices {
                scalars[tensor] += factors[tensor * rule.factorCount..<(tensor + 1) * rule.factorCount]
            }
        }
        // Backwards, as the sums made last are still in cache.
        for (index, duty) in arrays.duties.enumerated().reversed() {
            for run in runs(of: duty.slice) {
                let tensorRule = decays[run.tensor] ? rule : rule.withoutWeightDecay
                for elements in pieces(of: run.elements) {
                    let start = elements.lowerBound
                    scalars[run.tensor].withUnsafeBufferPointer { scalars in
                        withState(index, from: start) { state in
                            tensorRule.update(
                                scalars: scalars, weights: parameters + start, gradient: sum + start,
                                state: state, count: elements.count, kernels: cluster.kernels)
                        }
                    }
                    rounded?.round(elements)
                }
            }
            rounded?.pack(duty.slice.elements)
            try weights?.send(duty)
        }
    }

    /// Elements that are updated together, all with the rule's numbers of `tensor`.
    private typealias Run = (elements: Range<Int>, tensor: Int)

    /// The runs of a slice: the whole of it where all tensors are treated alike, else one for each tensor in it.
    private func runs(of slice: ParameterLayout.Slice) -> [Run] {
        let first = layout.tensor(ofBlock: slice.blocks.lowerBound)
        if !(settings.rule is any MeasuredRule), !decays.contains(false) { return [(slice.elements, first)] }
        let last = layout.tensor(ofBlock: slice.blocks.upperBound - 1)
        return (first...last).map { tensor in
            let entry = layout.entries[tensor]
            return ((entry.offset..<entry.offset + entry.count).clamped(to: slice.elements), tensor)
        }
    }

    /// A run, cut where its parameters are rounded too, so that they are still in cache then.
    private func pieces(of elements: Range<Int>) -> [Range<Int>] {
        guard rounded != nil else { return [elements] }
        let size = 4 * ParameterLayout.blockSize
        return stride(from: elements.lowerBound, to: elements.upperBound, by: size).map {
            $0..<min($0 + size, elements.upperBound)
        }
    }

    /// Calls `body` with the rule's state arrays of a duty from flat element `start` on.
    func withState(
        _ duty: Int, from start: Int, _ body: (UnsafePointer<UnsafeMutablePointer<Float>>) -> Void
    ) {
        let count = settings.rule.stateNames.count
        let offset = start - arrays.duties[duty].slice.elements.lowerBound
        withUnsafeTemporaryAllocation(
            of: UnsafeMutablePointer<Float>.self, capacity: max(1, count)
        ) { pointers in
            // A rule without state gets a pointer too, which it does not use.
            for array in 0..<max(1, count) {
                pointers.initializeElement(
                    at: array, to: count > 0 ? arrays.pointer(array, duty: duty) + offset : parameters + start
                )
            }
            if let first = UnsafePointer(pointers.baseAddress) { body(first) }
        }
    }

    /// The first pass of a rule that needs sums over tensors: each tensor's factors, the same on all ranks.
    private func measure(
        _ rule: any MeasuredRule, _ sum: UnsafeMutablePointer<Float>, _ numbers: [Double]
    ) throws -> [Double] {
        let width = rule.products.count
        let plain = rule.withoutWeightDecay
        var own = Array(repeating: 0.0, count: width * layout.blocks.count)
        var products = Array(repeating: 0.0, count: width)
        var scratch = Array(repeating: Float(0), count: ParameterLayout.blockSize)
        (numbers + memory).withUnsafeBufferPointer { scalars in
            for (index, duty) in arrays.duties.enumerated() {
                for block in duty.slice.blocks {
                    let place = layout.blocks[block]
                    let decays = decays[layout.tensor(ofBlock: block)]
                    withState(index, from: place.offset) { state in
                        (decays ? rule : plain).measure(
                            scalars: scalars, weights: parameters + place.offset,
                            gradient: sum + place.offset, state: state, count: place.count,
                            kernels: cluster.kernels, scratch: &scratch, sums: &products)
                    }
                    guard duty.owner == cluster.rank else { continue }
                    for product in 0..<width {
                        own[product * layout.blocks.count + block] = products[product]
                    }
                }
            }
        }
        let all = try gathered(own)
        var sums = Array(repeating: 0.0, count: width * layout.entries.count)
        for product in 0..<width {
            let blocks = all[product * layout.blocks.count..<(product + 1) * layout.blocks.count]
            for (tensor, value) in BlockSums(Array(blocks), layout: layout).perTensor.enumerated() {
                sums[tensor * width + product] = value
            }
        }
        return numbers.withUnsafeBufferPointer {
            rule.factors(scalars: $0, sums: sums, decays: decays, memory: &memory)
        }
    }
}

extension DecayExemption {
    /// Whether parameters of a role are exempt.
    package func covers(_ role: Parameter.Role) -> Bool {
        switch (self, role) {
        case (.bias, .bias), (.bias, .normShift), (.norm, .normScale), (.norm, .normShift): true
        case (.bias, _), (.norm, _): false
        }
    }
}
