import CKernels
import Optimizers
import Testing

/// Optimizers, schedules and clipping against PyTorch's own numbers.
@Suite struct TorchReferenceTests {
    /// Weights that came close to 0 carry roundings of the larger ones they were.
    @Test(arguments: 0..<36, RuleRunner.instructionSets)
    func weightsAreTorchs(_ index: Int, isa: dt_isa) throws {
        let torch = try TorchData.load()
        #expect(torch.optimizers.count == 36)
        let reference = torch.optimizers[index]
        let optimizer = try OptimizerConfiguration(
            name: reference.name, options: reference.options.mapValues(\.value))
        let runner = try RuleRunner(rule: optimizer.rule, weights: torch.initial_weights, isa: isa)
        var compared = 0
        for (step, gradient) in torch.gradients.enumerated() {
            runner.step(
                gradient: gradient, learningRate: optimizer.learningRate, momentum: reference.momenta?[step])
            guard let kept = torch.kept_steps.firstIndex(of: step + 1) else { continue }
            for (weight, expected) in zip(runner.weights, reference.weights[kept]) {
                #expect(
                    abs(weight - expected) <= 1e-6 * max(abs(expected), 0.05),
                    "\(reference.name), step \(step + 1): \(weight), torch has \(expected)")
                compared += 1
            }
        }
        #expect(compared == torch.kept_steps.count * torch.initial_weights.count)
    }

    /// Every rule that PyTorch has is among the references, and so is every option that PyTorch knows.
    @Test func referencesCoverEveryRuleAndOption() throws {
        let torch = try TorchData.load()
        let others = ["delta_bar_delta", "lars", "lamb", "swats", "newton_cg"]
        let own = ["nesterov", "mean", "first"]
        for name in OptimizerConfiguration.names where !others.contains(name) {
            let given = torch.optimizers.filter { $0.name == name }.flatMap(\.options.keys)
            for option in try OptimizerConfiguration.optionNames(of: name) where !own.contains(option) {
                #expect(given.contains(option), "\(name): \(option)")
            }
        }
    }

    @Test func stepRatesAreTorchs() throws {
        let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .step(size: 3, gamma: 0.5))
        try Self.compare(schedule, with: "step", stepsPerEpoch: 7)
    }

    @Test(arguments: [ScheduleUnit.step, .epoch])
    func cosineRatesAreTorchs(by unit: ScheduleUnit) throws {
        let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .cosine(minimum: 0.01), by: unit)
        try Self.compare(schedule, with: "cosine", stepsPerEpoch: unit == .step ? 1 : 7)
    }

    @Test func warmCosineRatesAreTorchs() throws {
        let schedule = try LearningRateSchedule(
            baseRate: 0.1, shape: .cosine(minimum: 0.01), warmup: .steps(4))
        try Self.compare(schedule, with: "warm_cosine", stepsPerEpoch: 1)
    }

    @Test func clippingIsTorchs() throws {
        let clipping = try GradientClipping(maximumNorm: 2)
        for reference in try TorchData.load().clipping {
            let coefficient = clipping.coefficient(norm: reference.norm)
            for (part, expected) in zip([3.0, 4.0], reference.clipped) {
                #expect(abs(part * reference.scale * coefficient - expected) <= 1e-14 * expected)
            }
        }
    }

    @Test(arguments: RuleRunner.instructionSets)
    func clippingByValueIsTorchs(isa: dt_isa) throws {
        let reference = try TorchData.load().value_clipping
        let limit = try #require(try GradientClipping(maximumValue: 0.5).maximumValue)
        guard let kernels = dt_kernels_for(isa) else { throw MissingKernels() }
        var gradient = reference.gradient
        kernels.pointee.clamp(Int64(gradient.count), Float(limit), &gradient)
        #expect(gradient == reference.clipped)
    }

    /// PyTorch's list has one rate per epoch; every step of the epoch must have it.
    private static func compare(
        _ schedule: LearningRateSchedule, with name: String, stepsPerEpoch: Int
    ) throws {
        let rates = try #require(try TorchData.load().schedules[name])
        let total = rates.count * stepsPerEpoch
        for step in 0..<total {
            let rate = schedule.rate(step: step, stepsPerEpoch: stepsPerEpoch, totalSteps: total)
            let expected = rates[step / stepsPerEpoch]
            #expect(abs(rate - expected) <= 1e-12 * expected, "step \(step): \(rate), torch has \(expected)")
        }
    }
}
