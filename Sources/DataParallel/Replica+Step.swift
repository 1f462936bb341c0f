import CKernels
import Cluster
import Runtime
import Spectrum

/// A delayed step, whose gradient is being summed or waits to be applied.
struct PendingUpdate {
    /// Sums the gradient.
    let exchange: GradientExchange
    /// The mini-batch's number and its examples; nil once the sum is complete.
    var underWay: (step: UInt64, batch: Int)?
    /// The update rule's numbers of the step.
    var numbers: [Double]
}

extension Replica {
    /// Trains on the mini-batches of one optimizer step; collective.
    ///
    /// With delayed updates the step ends with the update of the step before, to which the reported norms belong; the
    /// first step changes nothing.
    package func step(_ step: TrainingStep) throws -> StepResult {
        profiler?.beginStep()
        defer { profiler?.endStep() }
        var result = StepResult()
        result.count = step.count
        let total = step.batches.reduce(0.0) { $0 + weight(of: $1) }
        result.weight = total
        if total == 0, !settings.isDelayed { result.skipped = .labels }
        for (place, batch) in step.batches.enumerated() {
            try compute(batch, place: place, of: step, totalWeight: total, &result)
        }
        if settings.isDelayed {
            let started = PendingUpdate(
                exchange: gradients, underWay: (pass.number, step.count), numbers: step.update)
            try applyPending(observes: step.observes, &result)
            pending = started
        } else {
            if !result.isSkipped {
                if step.batches.count > 1 { update.copyKept(to: gradients.sum) }
                let squares =
                    try step.batches.count > 1 && wantsSquares(step.observes)
                    ? BlockSums(update.squares(of: gradients.sum), layout: state.layout) : gradients.squares
                if let newton {
                    try take(newton, step, totalWeight: total, squares, &result)
                } else {
                    try apply(gradients.sum, squares, step.update, step.observes, &result)
                }
            }
            gradients.reset()
            meet(.updated)
        }
        return result
    }

    /// Applies the pending update, if there is one; collective.
    package func flush() throws {
        guard pending != nil else { return }
        // The update gets a step number of its own, so that ranks wait for it as for any other.
        pass.skipNumber()
        try completePending()
        meet(.finished)
        var result = StepResult()
        try applyPending(observes: [], &result)
    }

    /// Computes the gradient of one mini-batch, waits for its sum over all ranks unless updates are delayed, and
    /// updates states such as running means.
    private func compute(
        _ batch: Batch, place: Int, of step: TrainingStep, totalWeight: Double, _ result: inout StepResult
    ) throws {
        // Where labels have weights, each mini-batch is divided by the weight of the whole step, as its own may be 0. A step
        // without any has no gradient.
        let scalars = StepScalars(
            batchCount: Float(batch.count), labelWeightSum: totalWeight > 0 ? Float(totalWeight) : .infinity,
            dropoutKey: step.dropoutKey)
        let measures =
            !step.observes.isDisjoint(with: [.noise, .curvature]) && step.batches.count == 1
            && !settings.isDelayed
        let sink = nextSink
        sink.withSquares = wantsSquares(step.observes)
        sink.squares = measures ? ShardSquares(shards: pass.map.shards) : nil
        let outcome = try pass.run(
            batch, scalars: scalars, into: sink, waitsForSums: !settings.isDelayed,
            alongside: { try progressPending() })
        countExamples(outcome.examples)
        result.lossSum += outcome.reports[.loss] ?? 0
        try completePending()
        meet(.finished)
        if settings.isDelayed {
            pass.updateStates(outcome)
            return
        }
        if settings.skipsNonFinite, !gradients.squares.total.isFinite {
            result.skipped = .gradient
        } else if let limit = step.lossLimit, place + 1 == step.batches.count,
            result.lossSum > limit * totalWeight
        {
            result.skipped = .loss
        }
        let shards = try sink.squares.map { squares in
            (
                squares: try cluster.world.allReduce(squares.values, .sum),
                counts: (0..<pass.map.shards).map {
                    pass.map.examples(of: $0..<($0 + 1), batch: batch.count).count
                }
            )
        }
        if let shards, step.observes.contains(.noise) {
            result.noise = GradientNoise(
                shardSquares: shards.squares, shardCounts: shards.counts, square: gradients.squares.total)
        }
        if step.batches.count > 1 {
            let share = labelWeights == nil ? Double(batch.count) / Double(step.count) : 1
            update.accumulate(gradients.sum, weight: Float(share), isFirst: place == 0)
            if place + 1 < step.batches.count { gradients.reset() }
        }
        // Running means would keep what is not finite for good, and what belongs to a Newton trial that is rejected.
        if !result.isSkipped, newton == nil { pass.updateStates(outcome) }
        // After the states, so that spectral norm uses the singular vectors that this step has computed.
        guard let curvature, let shards, step.observes.contains(.curvature), !result.isSkipped else { return }
        result.curvature = try curvature.measure(
            batch, dropoutKey: step.dropoutKey, gradient: gradients.sum, square: gradients.squares.total,
            shards: shards)
        cluster.activity.enter(.updating)
    }

    private func wantsSquares(_ observes: TrainingStep.Observations) -> Bool {
        // What is to be reported of a delayed gradient is only known with the next step.
        settings.isDelayed || settings.skipsNonFinite || settings.clipping.maximumNorm != nil
            || !observes.isSubset(of: [.histograms, .rates])
    }

    /// Takes a step of Newton's method; the summed gradient is in place.
    private func take(
        _ newton: NewtonStepper, _ step: TrainingStep, totalWeight: Double, _ squares: BlockSums,
        _ result: inout StepResult
    ) throws {
        try observe(gradients.sum, squares, step.observes, &result)
        do {
            result.newton = try newton.take(step, gradient: gradients.sum, memory: &update.memory) {
                gradients.reset()
                let again = TrainingStep(step.batches, update: [], dropoutKey: step.dropoutKey)
                var other = StepResult()
                for (place, batch) in again.batches.enumerated() {
                    try compute(batch, place: place, of: again, totalWeight: totalWeight, &other)
                }
                if again.batches.count > 1 { update.copyKept(to: gradients.sum) }
                return UnsafePointer(gradients.sum)
            }
        } catch is SpectrumError {
            // Thrown on all ranks.
            result.skipped = .curvature
        }
        cluster.activity.enter(.updating)
    }

    /// Writes to `result` what was asked for of a summed gradient, before it is applied.
    ///
    /// - Returns: The gradient's norm, where it is needed.
    @discardableResult
    private func observe(
        _ sum: UnsafeMutablePointer<Float>, _ squares: BlockSums, _ observes: TrainingStep.Observations,
        _ result: inout StepResult
    ) throws -> Double? {
        reach(.update)
        try verifyCopies()
        let norm = wantsSquares(observes) ? squares.total.squareRoot() : nil
        if observes.contains(.layers) {
            result.layerNorms = zip(state.layout.entries, squares.perTensor).map {
                (variable: $0.variable, norm: $1.squareRoot())
            }
        }
        if observes.contains(.histograms) { result.histograms = update.histogramParts(of: sum) }
        if observes.contains(.norm) { result.gradientNorm = norm }
        return norm
    }

    /// Clips and applies a summed gradient, once no rank of the node reads parameters any more.
    private func apply(
        _ sum: UnsafeMutablePointer<Float>, _ squares: BlockSums, _ numbers: [Double],
        _ observes: TrainingStep.Observations, _ result: inout StepResult
    ) throws {
        let norm = try observe(sum, squares, observes, &result)
        let log = profiler?.communication
        let isClipped = settings.clipping != .off
        if isClipped { log.timed(Profiler.Overhead.update) { update.clip(sum, norm: norm) } }
        if observes.contains(.norm), isClipped, let norm {
            let clipped = try BlockSums(update.squares(of: sum), layout: state.layout).total.squareRoot()
            result.clipRatio = norm > 0 ? clipped / norm : 1
        }
        try log.timed(Profiler.Overhead.update) { try update.apply(sum, numbers) }
        try update.finish(log)
        if observes.contains(.rates) { result.rates = try update.effectiveRates(numbers) }
    }

    // MARK: Delayed updates

    /// Waits for the sum of the pending gradient.
    private func completePending() throws {
        guard pending?.underWay != nil else { return }
        var waiting = Waiting(spins: cluster.spins)
        try (profiler?.communication).timed(Profiler.Overhead.gradients) {
            while try !progressPending() {
                cluster.activity.enter(.gradients, detail: pending?.exchange.firstOpenBucket ?? 0)
                waiting.turn()
            }
        }
        cluster.activity.enter(.computing)
        pending?.underWay = nil
    }

    /// Advances the sum of the pending gradient without waiting; true once it is complete, or where there is none.
    @discardableResult
    func progressPending() throws -> Bool {
        guard let pending, let underWay = pending.underWay else { return true }
        return try pending.exchange.progress(
            step: underWay.step, batch: underWay.batch, withSquares: true)
    }

    /// Applies the pending gradient; every rank of the node has its part of the sum.
    private func applyPending(
        observes: TrainingStep.Observations, _ result: inout StepResult
    ) throws {
        guard let pending else { return }
        self.pending = nil
        let squares = pending.exchange.squares
        if settings.skipsNonFinite, !squares.total.isFinite {
            result.skipped = .gradient
        } else if labelWeights != nil, squares.total == 0 {
            result.skipped = .labels
        } else {
            try apply(pending.exchange.sum, squares, pending.numbers, observes, &result)
        }
        pending.exchange.reset()
        meet(.updated)
    }

    /// Copies the pending gradient to the state array that checkpoints save; returns the update rule's numbers of its
    /// step, or nil where none is pending. Collective.
    package func keepPending() throws -> [Double]? {
        try completePending()
        guard let pending else { return nil }
        update.keep(pending.exchange.sum)
        // Checkpoints read whole tensors, so every slice must be in place.
        try cluster.world.barrier()
        return pending.numbers
    }

    /// Makes the gradient that a checkpoint has put into that state array pending again; collective.
    package func restorePending(numbers: [Double]) throws {
        update.copyKept(to: gradients.sum)
        gradients.restore(squares: try update.squares(of: gradients.sum))
        try cluster.world.barrier()
        pending = PendingUpdate(exchange: gradients, underWay: nil, numbers: numbers)
    }

    /// Gives the pending step other numbers, after the step before it was skipped.
    package func renumberPending(_ numbers: [Double]) { pending?.numbers = numbers }

    /// Waits until every rank of the node has come to this point of the step.
    private func meet(_ milestone: GradientExchange.Milestone) {
        milestones.reach(milestone, step: pass.number)
        cluster.activity.enter(.meeting, detail: milestone.rawValue)
        (profiler?.communication).timed(Profiler.Overhead.ranks) {
            milestones.await(milestone, step: pass.number)
        }
        // All weights are there: what ranks have rounded in part is put together.
        if milestone == .updated { state.rounded?.packEdges() }
        cluster.activity.enter(.updating)
    }
}
