import Foundation
import Randomness
import Testing

@testable import Configuration

/// Searches: what is drawn, who goes on, and what is refused.
@Suite struct SearchTests {
    private static let head = "base: {recipe: fashion-mlp}\nset: {data.validation: {fraction: 0.1}}\n"

    private func study(
        _ yaml: String, overrides: [ConfigurationOverride] = [], isQuick: Bool = false
    ) throws -> StudyConfiguration {
        try StudyConfiguration(
            yaml: Self.head + yaml, source: .file("/somewhere/search.yaml"), overrides: overrides,
            isQuick: isQuick, currentFolder: "/")
    }

    private static let space = """
        vary:
          optimizer.lr: {log_uniform: [1e-4, 1]}
          optimizer.momentum: {uniform: [0.2, 0.9]}
          training.batch: {integer: [10, 13]}
          data.normalize: [none, standardize]
          training.shards: {choices: [8]}

        """

    private func numbers(_ study: StudyConfiguration, _ key: Int) throws -> [Double] {
        try study.runs.map { try #require(Double($0.values[key])) }
    }

    @Test func valuesAreDrawnWhereTheyMayBe() throws {
        let study = try study(Self.space + "trials: 400\nseed: 3")
        #expect(study.runs.count == 400 && study.runs[0].name == "trial-001")
        #expect(study.runs[399].name == "trial-400" && study.runs[9].name == "trial-010")
        let (rates, momentum, batch) = try (numbers(study, 0), numbers(study, 1), numbers(study, 2))
        #expect(
            rates.allSatisfy { (1e-4...1).contains($0) } && momentum.allSatisfy { (0.2...0.9).contains($0) })
        // Each whole number is there, the ends included: of 400 draws a quarter each, within six deviations of 8.7.
        for size in 10...13 {
            let count = batch.filter { $0 == Double(size) }.count
            #expect(abs(count - 100) < 52)
        }
        // A quarter of the logarithms lies in each decade; a uniform draw would put one in a thousand into the first.
        for decade in 0..<4 {
            let low = 1e-4 * pow(10, Double(decade))
            let count = rates.filter { $0 >= low && $0 < 10 * low }.count
            #expect(abs(count - 100) < 52)
        }
        let mean: Double = momentum.reduce(0, +) / 400
        let deviation: Double = 0.7 / (12.0 * 400).squareRoot()
        #expect(abs(mean - 0.55) < 6 * deviation)
        #expect(Set(study.runs.map { $0.values[3] }) == ["none", "standardize"])
        #expect(Set(study.runs.map { $0.values[4] }) == ["8"])
        // What the table says is what is trained.
        for (place, run) in study.runs.enumerated() {
            #expect(run.configuration.settings.optimizer.learningRate == rates[place])
            #expect(run.configuration.settings.batch == Int(batch[place]))
        }
    }

    /// The value of a trial is that of its counter, to six digits, whatever else is drawn.
    @Test func drawsAreByCounter() throws {
        let few = try study(Self.space + "trials: 3\nseed: 3")
        let many = try study(Self.space + "trials: 30\nseed: 3")
        #expect(few.runs.map(\.values) == many.runs.prefix(3).map(\.values))
        #expect(few.runs.map(\.values) != (try study(Self.space + "trials: 3")).runs.map(\.values))
        let (rates, momenta, batches) = try (numbers(few, 0), numbers(few, 1), numbers(few, 2))
        for trial in 0..<3 {
            let place = UInt64(trial)
            let rate = CounterRandom(seed: 3, purpose: .search, stream: 0).uniform(at: place)
            let logarithm: Double = 4 * rate - 4
            #expect(abs(log10(rates[trial]) - logarithm) < 1e-5)
            let share = CounterRandom(seed: 3, purpose: .search, stream: 1).uniform(at: place)
            let momentum: Double = 0.2 + 0.7 * share
            #expect(abs(momenta[trial] - momentum) < 1e-6)
            let batch = CounterRandom(seed: 3, purpose: .search, stream: 2).below(4, at: place)
            #expect(batches[trial] == Double(10 + batch))
        }
        #expect(few.runs.allSatisfy { $0.values[0].count <= 11 }, "\(few.runs.map(\.values))")
    }

    @Test func whatASearchIs() throws {
        let plain = try study("vary: {optimizer.lr: [0.1, 0.2]}\ntrials: 4")
        #expect(plain.search == StudySearch(metric: "validation_loss", isHigherBetter: false))
        #expect(plain.metrics == ["train_loss", "validation_loss"] && plain.runs.count == 4)
        let other = try study(
            """
            vary: {optimizer.lr: [0.1, 0.2]}
            trials: 9
            search: {metric: validation_accuracy, eta: 2, first_epochs: 4}
            quick: {trials: 2, vary: {optimizer.lr: {uniform: [1, 2]}}}
            """)
        #expect(
            other.search
                == StudySearch(
                    metric: "validation_accuracy", isHigherBetter: true, factor: 2, firstEpochs: 4))
        #expect(other.metrics == ["train_loss", "validation_loss", "validation_accuracy"])
        let quick = try study(
            "vary: {optimizer.lr: [0.1]}\ntrials: 9\nquick: {trials: 2, vary: {optimizer.lr: {uniform: [1, 2]}}}",
            isQuick: true)
        #expect(quick.runs.count == 2 && quick.runs.allSatisfy { $0.values[0] >= "1" })
        // Without trials lists are what they were, and nothing is a search.
        #expect(try study("vary: {optimizer.lr: [0.1, 0.2]}").search == nil)
    }

    /// Hand-made plans: a third goes on to three times the epochs.
    @Test func rungs() {
        let search = StudySearch(metric: "validation_loss", isHigherBetter: false)
        func plan(_ search: StudySearch, _ trials: Int, _ epochs: Int) -> [[Int]] {
            search.rungs(trials: trials, epochs: epochs).map { [$0.epochs, $0.trials] }
        }
        #expect(plan(search, 9, 9) == [[1, 9], [3, 3], [9, 1]])
        #expect(plan(search, 20, 10) == [[1, 20], [3, 6], [9, 2], [10, 1]])
        #expect(plan(search, 20, 3) == [[1, 20], [3, 6]])
        // The only one that is left trains to the end, and the first rung is as long as leads there.
        #expect(plan(search, 4, 100) == [[33, 4], [100, 1]])
        #expect(plan(search, 12, 134) == [[14, 12], [42, 4], [134, 1]])
        #expect(plan(search, 1, 5) == [[5, 1]] && plan(search, 7, 1) == [[1, 7]])
        let halves = StudySearch(metric: "validation_loss", isHigherBetter: false, factor: 2, firstEpochs: 4)
        #expect(plan(halves, 8, 20) == [[4, 8], [8, 4], [16, 2], [20, 1]])
    }

    @Test func ranks() {
        typealias Standing = StudySearch.Standing
        let standings = [
            Standing(trial: 0, rung: 1, value: 0.9), Standing(trial: 1, rung: 2, value: nil),
            Standing(trial: 2, rung: 2, value: 0.4), Standing(trial: 3, rung: 1, value: 0.1),
            Standing(trial: 4, rung: 2, value: 0.4), Standing(trial: 5, rung: 2, value: 0.6),
        ]
        func order(_ isHigherBetter: Bool) -> [Int] {
            StudySearch(metric: "validation_accuracy", isHigherBetter: isHigherBetter).ranked(standings)
                .map(\.trial)
        }
        #expect(order(true) == [5, 2, 4, 0, 3, 1])
        #expect(order(false) == [2, 4, 5, 3, 0, 1])
    }

    @Test func theBestConfigurationHasNoFolder() throws {
        let run = try study("vary: {optimizer.lr: [0.1]}\ntrials: 1").runs[0].configuration
        #expect(run.yaml.contains("\noutput: ") && !run.yamlWithoutOutput.contains("output: "))
        let again = try RunConfiguration(
            yaml: run.yamlWithoutOutput, source: .file("/x/best.yaml"), currentFolder: "/")
        #expect(again.output == "runs/best" && again.yamlWithoutOutput == run.yamlWithoutOutput)
    }

    @Test(arguments: [
        (
            "vary: {optimizer.lr: {uniform: [0, 1]}}",
            "vary.optimizer.lr: draws values, but not for how many runs"
        ),
        ("vary: {optimizer.lr: [1]}\nseed: 3", "seed: is for trials with drawn values; set trials"),
        ("vary: {optimizer.lr: [1]}\nsearch: {}", "search: is for trials with drawn values"),
        ("trials: 3", "vary: missing"),
        ("vary: {optimizer.lr: [1]}\ntrials: 0", "trials: must be"),
        ("vary: {optimizer.lr: [1]}\ntrials: 2000", "trials: must be"),
        ("vary: {optimizer.lr: [1]}\ntrials: 3\nruns: {a: {}}", "runs: does not go with trials"),
        ("vary: {optimizer.lr: []}\ntrials: 3", "vary.optimizer.lr: has no values to choose from"),
        ("vary: {optimizer.lr: 3}\ntrials: 3", "expected a list of values, or how they are drawn"),
        ("vary: {optimizer.lr: {}}\ntrials: 3", "must have one of choices, uniform, log_uniform and integer"),
        (
            "vary: {optimizer.lr: {uniform: [0, 1], integer: [1, 2]}}\ntrials: 3",
            "integer, has uniform and integer"
        ),
        ("vary: {optimizer.lr: {log_unifrom: [1, 2]}}\ntrials: 3", "did you mean \"log_uniform\"?"),
        ("vary: {optimizer.lr: {log_uniform: [0, 1]}}\ntrials: 3", "must be a finite number above 0, is 0"),
        ("vary: {optimizer.lr: {uniform: [1, 1]}}\ntrials: 3", "must be the lower number and the higher one"),
        ("vary: {optimizer.lr: {uniform: [1, 2, 3]}}\ntrials: 3", "must be two numbers, is 3"),
        ("vary: {training.batch: {integer: [1.5, 3]}}\ntrials: 3", "expected a whole number"),
        ("vary: {training.batch: {integer: [-3, -1]}}\ntrials: 3", "training.batch: must be"),
        (
            "vary: {optimizer.lr: [1]}\ntrials: 3\nsearch: {metric: test_accuracy}",
            "search.metric: unknown metric \"test_accuracy\""
        ),
        (
            "vary: {optimizer.lr: [1]}\ntrials: 3\nsearch: {metric: validation_f1}",
            "search: ranks trials by validation_f1, which evaluation does not report"
        ),
        (
            "vary: {optimizer.lr: [1], data.validation: [null]}\ntrials: 3",
            "trials: ranks trials by validation_loss, but there is no validation data"
        ),
        ("vary: {optimizer.lr: [1]}\ntrials: 3\nsearch: {eta: 1}", "search.eta: must be"),
        ("vary: {optimizer.lr: [1]}\ntrials: 3\nreport: {diagnose: 9}", "does not go with trials"),
    ])
    func mistakes(part: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try study(part) }
        let text = "\(error.map(String.init(describing:)) ?? "")"
        #expect(text.contains(message), "\(text)")
    }
}
