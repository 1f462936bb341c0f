import Options
import Testing

@testable import Datasets

/// Sequences that are made by a seed.
@Suite struct SyntheticSequencesTests {
    private static func set(
        _ task: SyntheticSequences.Task, lag: Int, count: Int, seed: UInt64 = 0
    ) throws -> Dataset {
        try Dataset(
            DatasetSource(
                SyntheticSequences(task, lag: lag, count: count, seed: seed),
                at: [.memory(name: "made", bytes: [])]))
    }

    @Test(arguments: [1, 7, 100]) func copying(lag: Int) throws {
        let set = try Self.set(.copy, lag: lag, count: 200)
        let steps = lag + 21
        #expect(set.exampleShape == [steps] && set.classCount == 8 && set.layout.labelShape == [steps])
        var seen = Array(repeating: 0, count: 8)
        for row in 0..<set.count {
            let tokens = set.examples.features(ofRow: row).map { Int($0) }
            let labels = (0..<steps).map { Int(set.examples.classIndices?[row * steps + $0] ?? -9) }
            #expect(tokens[..<10].allSatisfy { $0 < 8 })
            #expect(tokens.indices.dropFirst(10).allSatisfy { tokens[$0] == ($0 == lag + 10 ? 9 : 8) })
            #expect(labels[..<(steps - 10)].allSatisfy { $0 == -1 })
            #expect(Array(labels[(steps - 10)...]) == Array(tokens[..<10]))
            for token in tokens[..<10] { seen[token] += 1 }
        }
        // Of 2000 draws, each symbol has 250 ± 15.
        #expect(seen.allSatisfy { abs($0 - 250) < 75 }, "\(seen)")
    }

    @Test(arguments: [1, 7, 100]) func adding(lag: Int) throws {
        let set = try Self.set(.adding, lag: lag, count: 2000)
        let steps = lag + 10
        #expect(set.exampleShape == [steps, 2] && set.layout.labels == .targets(width: 1))
        var (sum, squares) = (0.0, 0.0)
        for row in 0..<set.count {
            let numbers = set.examples.features(ofRow: row)
            let marked = (0..<steps).filter { numbers[2 * $0 + 1] == 1 }
            #expect(marked.count == 2 && marked[0] < 10 && marked[1] >= 10)
            #expect((0..<steps).allSatisfy { [0, 1].contains(numbers[2 * $0 + 1]) })
            let target = set.examples.targets?[row] ?? -1
            #expect(target == numbers[2 * marked[0]] + numbers[2 * marked[1]])
            sum += Double(target)
            squares += (Double(target) - 1) * (Double(target) - 1)
        }
        #expect(abs(sum / 2000 - 1) < 0.05 && abs(squares / 2000 - 1 / 6) < 0.03)
    }

    /// Examples depend on their number and the seed alone.
    @Test func seeds() throws {
        for task in SyntheticSequences.Task.allCases {
            let (few, many) = (
                try Self.set(task, lag: 5, count: 3), try Self.set(task, lag: 5, count: 30)
            )
            let other = try Self.set(task, lag: 5, count: 3, seed: 1)
            for row in 0..<3 {
                let own = few.examples.features(ofRow: row)
                #expect(own == many.examples.features(ofRow: row))
                #expect(own != other.examples.features(ofRow: row))
            }
        }
    }

    @Test func asAnOption() throws {
        let source = try ChoiceList<DatasetSource>.formats.make(
            .choice(
                "synthetic",
                [
                    NamedOption("task", .text("copy")), NamedOption("lag", .whole(4)),
                    NamedOption("examples", .whole(9)),
                ]))
        #expect(source.paths.isEmpty && source.isTakenAsItIs && source.hasLabels)
        #expect(
            source.option.description
                == "{synthetic: {task: copy, lag: 4, examples: 9, seed: 0}}")
        #expect(try source.inspect().count == 9 && source.withoutLabels.inspect().labels == .none)
    }
}
