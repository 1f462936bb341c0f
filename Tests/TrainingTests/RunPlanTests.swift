import Optimizers
import Testing
import Training

/// How runs are cut into epochs, steps and mini-batches.
@Suite struct RunPlanTests {
    @Test func batchesOfOneSize() {
        let plan = RunPlan(examples: 1000, epochs: 3, batch: 300, accumulate: 1, growth: nil)
        #expect(plan.batches == [300, 300, 300] && plan.totalSteps == 12)
        #expect(plan.steps(ofEpoch: 1) == 4 && plan.firstStep(ofEpoch: 2) == 8)
        #expect(plan.miniBatches(ofStep: 3, epoch: 0) == 3..<4)
    }

    @Test func batchesLargerThanTheData() {
        let plan = RunPlan(examples: 100, epochs: 2, batch: 300, accumulate: 1, growth: nil)
        #expect(plan.batches == [100, 100] && plan.totalSteps == 2)
    }

    @Test func accumulation() {
        // Ten mini-batches, of which a step takes four: 4, 4 and 2.
        let plan = RunPlan(examples: 1000, epochs: 2, batch: 100, accumulate: 4, growth: nil)
        #expect(plan.totalSteps == 6)
        #expect((0..<3).map { plan.miniBatches(ofStep: $0, epoch: 1) } == [0..<4, 4..<8, 8..<10])
        let ragged = RunPlan(examples: 950, epochs: 1, batch: 100, accumulate: 3, growth: nil)
        #expect(ragged.totalSteps == 4 && ragged.miniBatches(ofStep: 3, epoch: 0) == 9..<10)
    }

    @Test func fullBatches() {
        let whole = RunPlan(examples: 1001, epochs: 2, batch: nil, accumulate: 1, growth: nil)
        #expect(whole.batches == [1001, 1001] && whole.totalSteps == 2)
        let parts = RunPlan(examples: 1001, epochs: 2, batch: nil, accumulate: 4, growth: nil)
        #expect(parts.batches == [251, 251] && parts.totalSteps == 2)
        #expect(parts.miniBatches(ofStep: 0, epoch: 0) == 0..<4)
    }

    @Test func growth() {
        let growth = BatchGrowth(.atEpochs([1, 3]), factor: 2, maximum: 350)
        let plan = RunPlan(examples: 1000, epochs: 5, batch: 100, accumulate: 1, growth: growth)
        #expect(plan.batches == [100, 200, 200, 350, 350])
        #expect(plan.totalSteps == 10 + 5 + 5 + 3 + 3 && plan.firstStep(ofEpoch: 3) == 20)
        let every = RunPlan(
            examples: 1000, epochs: 5, batch: 10, accumulate: 1, growth: BatchGrowth(.every(2), factor: 1.5))
        #expect(every.batches == [10, 10, 15, 15, 23])
        let limited = RunPlan(
            examples: 60, epochs: 4, batch: 10, accumulate: 1, growth: BatchGrowth(.every(1), factor: 4))
        #expect(limited.batches == [10, 40, 60, 60])
    }

    @Test func measuredGrowth() {
        let growth = BatchGrowth(.noise, factor: 2)
        var plan = RunPlan(examples: 1000, epochs: 4, batch: 100, accumulate: 1, growth: growth)
        #expect(plan.batches == [100, 100, 100, 100])
        plan.setBatch(growth.grown(100), fromEpoch: 1)
        plan.setBatch(growth.grown(200), fromEpoch: 2)
        #expect(plan.batches == [100, 200, 400, 400] && plan.totalSteps == 10 + 5 + 3 + 3)
        let resumed = RunPlan(
            examples: 1000, epochs: 4, batch: 100, accumulate: 1, growth: growth, chosen: [100, 200, 400])
        #expect(resumed == plan)
    }
}
