import Datasets
import Layers
import Optimizers
import ReplicaSupport
import Testing

@testable import DataParallel

/// What a check sees of memory that exists once; comparisons need several ranks and are tested end to end.
@Suite(.serialized) struct CopyCheckTests {
    private static let count = 12

    private static func harness(
        rule: any UpdateRule, adjust: (inout ReplicaSettings) -> Void = { _ in }
    ) throws -> ReplicaHarness {
        let features = (0..<count * 20).map { Float(($0 * 7919 + 13) % 211 - 105) / 60 }
        let data = try Dataset(
            name: "rows", features: features, exampleShape: [20],
            labels: .classes((0..<count).map { Int32(($0 * 5 + 1) % 3) }, count: 3))
        // More than a block, so that the first layer has several.
        return try ReplicaHarness(
            [Linear(210), BatchNormalization(), Tanh(), Linear(3)] as Sequential, data: data, rule: rule,
            batch: count, shards: 4, bucketBytes: 1024, adjust: adjust)
    }

    private static func turnOver(_ element: UnsafeMutablePointer<Float>, _ bit: Int) {
        element.pointee = Float(bitPattern: element.pointee.bitPattern ^ 1 << UInt32(bit))
    }

    /// Every bit of the weights and of the optimizer's state is seen by the next update and by the next check.
    @Test(arguments: [false, true]) func everyBit(isSharded: Bool) throws {
        let harness = try Self.harness(rule: Adam()) { $0.isOptimizerSharded = isSharded }
        let replica = harness.replica
        _ = try harness.step(0..<Self.count, learningRate: 0.01)
        try replica.checkCopies(step: 1)
        try replica.verifyCopies()
        var missed = 0
        var tried = 0
        func expectSeen(_ start: UnsafeMutablePointer<Float>, count: Int) throws {
            for element in 0..<count {
                for bit in 0..<32 {
                    try replica.checkCopies(step: 1)
                    Self.turnOver(start + element, bit)
                    let seen: Void? =
                        try? tried % 2 == 0 ? replica.verifyCopies() : replica.checkCopies(step: 2)
                    if seen != nil { missed += 1 }
                    Self.turnOver(start + element, bit)
                    tried += 1
                    // Looked at once: what is found is not what the next check begins with.
                    if tried % 2 == 0 { try replica.checkCopies(step: 1) }
                }
            }
        }
        for (place, variable) in harness.model.variables.enumerated() where variable.isTrainable {
            let count = variable.shape.reduce(1, *)
            try expectSeen(harness.state.pointer(place), count: min(count, 300))
            for array in 0..<2 {
                let entry = try #require(harness.state.layout.entries.first { $0.variable == place })
                let arrays = replica.update.arrays
                let duty = try #require(
                    arrays.duties.firstIndex { $0.slice.elements.contains(entry.offset) })
                let start =
                    arrays.pointer(array, duty: duty)
                    + (entry.offset - arrays.duties[duty].slice.elements.lowerBound)
                try expectSeen(start, count: min(count, 20))
            }
        }
        #expect(missed == 0 && tried > 30_000, "\(missed) of \(tried)")
    }

    /// The error names the variable, the rank and the step, before anything is written.
    @Test func errorNamesTheVariable() throws {
        let harness = try Self.harness(rule: Adam())
        _ = try harness.step(0..<Self.count, learningRate: 0.01)
        try harness.replica.checkCopies(step: 7)
        let weight = try #require(harness.model.variables.firstIndex { $0.name == "3.weight" })
        Self.turnOver(harness.state.pointer(weight) + 600, 0)
        let values = harness.values
        let error = #expect(throws: MemoryChangeError.self) {
            _ = try harness.step(0..<Self.count, learningRate: 0.01)
        }
        #expect(error?.variable == "3.weight" && error?.what == "weights" && error?.step == 7)
        #expect(error?.rank == 0)
        for (place, variable) in harness.model.variables.enumerated() where variable.isTrainable {
            #expect(harness.values[place].map(\.bitPattern) == values[place].map(\.bitPattern))
        }
    }

    /// What training writes is no change, in every mode, and checks change nothing.
    @Test(arguments: ["plain", "accumulated", "delayed", "skipped", "lookahead", "measured"])
    func noFalseAlarm(_ mode: String) throws {
        func run(checks: Bool) throws -> [[Float]] {
            let rule: any UpdateRule =
                switch mode {
                case "lookahead": try Lookahead(Adam(), options: LookaheadOptions(k: 2))
                case "measured": try LAMB()
                default: try Adam()
                }
            let harness = try Self.harness(rule: rule) {
                $0.accumulates = mode == "accumulated"
                $0.isDelayed = mode == "delayed"
                $0.skipsNonFinite = mode == "skipped"
            }
            for step in 1...6 {
                let batches = mode == "accumulated" ? [0..<7, 7..<12] : [0..<Self.count]
                _ = try harness.step(batches, learningRate: 0.01)
                if checks, step != 4 { try harness.replica.checkCopies(step: step) }
                if step == 3 {
                    try harness.flush()
                    if checks { try harness.replica.checkCopies(step: step) }
                }
                if step == 5 { try harness.state.set(harness.values.map { $0.map { $0 * 0.5 } }) }
            }
            try harness.flush()
            return harness.values
        }
        #expect(try run(checks: true) == run(checks: false))
    }
}
