import Testing
import Training

/// A rule for checkpoints that is given means what it says; without one they take little time.
@Suite struct CheckpointRuleTests {
    typealias Rule = TrainingSettings.Checkpoints

    @Test func sparingUnlessGiven() {
        #expect(Rule().isSparing && Rule().everyEpochs == 1)
        #expect(!Rule(everyEpochs: 1).isSparing && !Rule(keep: 2).isSparing)
        #expect(Rule(keep: 2, isSparing: true).isSparing)
        let changes: [(inout Rule) -> Void] = [
            { $0.everySteps = 10 }, { $0.everyEpochs = 1 }, { $0.everyMinutes = 1 }, { $0.keep = 4 },
            { $0.keepsBest = false },
        ]
        for change in changes {
            var rule = Rule()
            change(&rule)
            #expect(!rule.isSparing)
            rule.isSparing = true
            #expect(rule.isSparing)
        }
    }
}
