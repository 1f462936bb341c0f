import Foundation
import Optimizers
import Testing

/// Schedules against PyTorch's own numbers, by the names and options that configurations give them.
@Suite struct ScheduleTorchTests {
    private static func isClose(_ value: Double, _ expected: Double) -> Bool {
        abs(value - expected) <= 1e-12 * abs(expected) + 1e-18
    }

    @Test(arguments: 0..<33)
    func ratesAndMomentaAreTorchs(_ index: Int) throws {
        let cases = try ScheduleTorchData.load().schedules
        #expect(cases.count == 33)
        let reference = cases[index]
        let schedule = try LearningRateSchedule(
            name: reference.name, options: reference.options.mapValues(\.value), baseRate: reference.lr)
        let run = RunShape(stepsPerEpoch: reference.steps_per_epoch, totalSteps: reference.rates.count)
        try schedule.validate(run)
        for (step, expected) in reference.rates.enumerated() {
            let rate = schedule.rate(step: step, in: run)
            #expect(
                Self.isClose(rate, expected),
                "\(reference.name), step \(step): \(rate), torch has \(expected)")
        }
        #expect(schedule.movesMomentum == (reference.momenta != nil))
        for step in 0..<run.totalSteps {
            let momentum = schedule.momentum(step: step, in: run)
            let expected = reference.momenta?[step]
            switch (momentum, expected) {
            case (nil, nil): continue
            case (let momentum?, let expected?):
                #expect(
                    Self.isClose(momentum, expected),
                    "\(reference.name), step \(step): \(momentum), \(expected)")
            default: Issue.record("\(reference.name), step \(step): \(momentum as Any), \(expected as Any)")
            }
        }
    }

    @Test(arguments: 0..<9)
    func plateausAreTorchs(_ index: Int) throws {
        let cases = try ScheduleTorchData.load().plateaus
        #expect(cases.count == 9)
        let reference = cases[index]
        let schedule = try LearningRateSchedule(
            name: "reduce_on_plateau", options: reference.options.mapValues(\.value), baseRate: reference.lr)
        let rule = try #require(schedule.plateau)
        let run = RunShape(stepsPerEpoch: 1, epochs: reference.rates.count + 1)
        var state = PlateauState()
        #expect(schedule.rate(step: 0, in: run, plateauFactor: state.factor) == reference.lr)
        for (epoch, (metric, expected)) in zip(reference.metrics, reference.rates).enumerated() {
            state.observe(metric ?? .nan, by: rule, baseRate: schedule.baseRate)
            let rate = schedule.rate(step: epoch + 1, in: run, plateauFactor: state.factor)
            #expect(Self.isClose(rate, expected), "epoch \(epoch): \(rate), torch has \(expected)")
        }
        #expect(state.factor < 1, "the control: a case in which nothing falls tests nothing")
    }
}
