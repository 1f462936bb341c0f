import Foundation
import Testing

@testable import Training

/// When a training loss counts as no longer falling, and what checkpoints hold of it.
@Suite struct LossPlateauTests {
    private func plateau(_ losses: [Double], _ rule: PlateauEscape) -> LossPlateau {
        var plateau = LossPlateau()
        for loss in losses { plateau.observe(loss, by: rule) }
        return plateau
    }

    @Test func countsEpochsWithoutAFall() {
        let rule = PlateauEscape(patience: 3, minimumChange: 0.1)
        #expect(plateau([1, 1, 1], rule).epochs == 2)
        #expect(!plateau([1, 1, 1], rule).isReached(by: rule))
        #expect(plateau([1, 1, 1, 1], rule).isReached(by: rule))
        // A fall by a tenth is none, since it must be more; the lowest that counted stays.
        #expect(plateau([1, 0.9], rule).best == 1)
        #expect(plateau([1, 0.89, 0.9], rule) == plateau([0.89, 5], rule))
        // Losses below 0 fall by a share of their size.
        #expect(plateau([-1, -1.05], rule).epochs == 1 && plateau([-1, -1.2], rule).epochs == 0)
        // Rising and broken ones are no fall.
        #expect(plateau([1, 2, .nan, .infinity], rule).isReached(by: rule))
        #expect(plateau([.nan, 3], rule).best == 3)
        // Without a margin an equal loss is none either.
        let strict = PlateauEscape(patience: 1, minimumChange: 0)
        #expect(plateau([0, 0], strict).isReached(by: strict))
        #expect(plateau([1, 1.nextDown], strict).epochs == 0)
    }

    @Test func countsAnew() {
        let rule = PlateauEscape(patience: 2, minimumChange: 0)
        var plateau = plateau([1, 1, 1], rule)
        #expect(plateau.isReached(by: rule))
        plateau.lookAgain()
        #expect(!plateau.isReached(by: rule) && plateau.best == 1)
        plateau.observe(1, by: rule)
        #expect(!plateau.isReached(by: rule))
        plateau.observe(1, by: rule)
        #expect(plateau.isReached(by: rule))
    }

    // MARK: Checkpoints

    private func decoded(_ text: String) throws -> RunPosition {
        try CheckpointFormat.decoder().decode(RunPosition.self, from: Data(text.utf8))
    }

    private func encoded(_ position: RunPosition) throws -> String {
        String(decoding: try CheckpointFormat.encoder().encode(position), as: UTF8.self)
    }

    /// The state of a run that looks for no plateau is what it was before there was any such thing, and is read.
    @Test func olderStatesAreRead() throws {
        let text = try encoded(RunPosition())
        #expect(!text.contains("lossPlateau"))
        #expect(try decoded(text).policy.lossPlateau == nil)
        let rule = PlateauEscape()
        var position = RunPosition()
        var plateau = plateau([0.1, 0.2], rule)
        plateau.startAnew(after: 7)
        position.policy.lossPlateau = plateau
        #expect(try decoded(encoded(position)) == position)
    }

    @Test func impossibleStatesAreRefused() throws {
        func problem(_ json: String?, leaves: Bool = true) throws -> String? {
            var settings = try TrainingSettings.small()
            settings.epochs = 5
            settings.batch = 8
            settings.onPlateau = leaves ? PlateauEscape() : nil
            var position = RunPosition()
            position.progress.epoch = 2
            position.progress.step = 8
            position.policy.lossPlateau = try json.map {
                try CheckpointFormat.decoder().decode(LossPlateau.self, from: Data($0.utf8))
            }
            return position.problem(for: settings, examples: 32, memoryCount: 0)
        }
        let good = "{\"best\":0.5,\"epochs\":2,\"restart\":8}"
        #expect(try problem(nil) == nil && problem(nil, leaves: false) == nil && problem(good) == nil)
        #expect(try problem(good, leaves: false) != nil)
        for bad in [
            "{\"epochs\":3,\"restart\":0}", "{\"epochs\":-1,\"restart\":0}", "{\"epochs\":0,\"restart\":9}",
            "{\"epochs\":0,\"restart\":-1}",
        ] {
            #expect(try problem(bad) != nil, "\(bad)")
        }
    }
}
