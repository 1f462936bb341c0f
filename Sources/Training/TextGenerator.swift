import Cluster
import DataParallel
import Datasets
import Foundation
import Graph
import Layers
import Messages
import Randomness

/// Text that a language model continues, token by token.
package struct TextGenerator {
    /// What is continued, and how.
    package struct Request: Sendable {
        /// The text in front.
        package var prompt: String
        /// How many tokens follow.
        package var tokens: Int
        /// What scores are divided by before softmax; at 0 the token of the largest score is taken, the first of equal ones.
        package var temperature: Double
        /// The number of largest scores among which one is drawn; nil for all.
        package var choices: Int?
        /// The seed of the draws.
        package var seed: UInt64

        package init(prompt: String, tokens: Int, temperature: Double, choices: Int?, seed: UInt64) {
            self.prompt = prompt
            self.tokens = tokens
            self.temperature = temperature
            self.choices = choices
            self.seed = seed
        }
    }

    /// Loads weights and continues a text on rank 0, whatever the number of ranks; collective.
    ///
    /// - Parameter weights: The path, as for `SavedWeights`, of weights with the run's normalization.json beside them.
    /// - Returns: The prompt and what follows; nil on other ranks.
    package static func generate(
        _ request: Request, weights: String, loss: Loss, precision: Precision, on cluster: Cluster,
        makeModel: (Int?) throws -> any Model
    ) throws -> String? {
        var saved: SavedWeights?
        let described = try InputDescription.beside(nil, on: cluster) {
            let found = try SavedWeights(weights)
            saved = found
            return found
        }
        guard let inputs = described, let vocabulary = inputs.vocabulary, inputs.labelPositions != nil else {
            throw TrainingError(
                .configuration,
                "\(weights) is no language model: generate continues text with a model of data of format: text and task: language_model"
            )
        }
        let model = try TracedModel(
            makeModel(inputs.classes), exampleShape: inputs.exampleShape, target: .none, loss: loss)
        let prompt = try tokens(of: request.prompt, vocabulary)
        let positions: TracedModel.PositionModel
        do { positions = try model.positionModel(longest: prompt.count + request.tokens) } catch {
            throw TrainingError(.configuration, "\(weights) cannot continue text: \(error)")
        }
        cluster.activity.enter(.preparing)
        let state = try LoadedModel.state(of: model, on: cluster) {
            let found = try saved?.find()
            if let found, !found.isFinal { cluster.note("the weights are \(found.origin)") }
            return found
        }.state
        try cluster.check(precision, for: model)
        cluster.activity.enter(.evaluating)
        var text: String?
        let width = model.outputShape.last ?? 1
        let runner = try PositionRunner(
            positions, outputs: width, state: state, precision: precision, on: cluster)
        try cluster.agree(
            Result {
                guard cluster.rank == 0 else { return }
                if prompt.count + request.tokens > runner.longest + 1 {
                    cluster.note(
                        "the model tells \(counted(runner.longest, "position")) apart: of a longer text, each token follows from the last \(runner.longest)"
                    )
                }
                let generator = TextGenerator(
                    request: request, runner: runner, vocabulary: vocabulary, cluster: cluster)
                text = vocabulary.text(of: generator.run(prompt))
            })
        try cluster.world.barrier()
        try state.free()
        return text
    }

    private static func tokens(of prompt: String, _ vocabulary: TextVocabulary) throws -> [Int] {
        let tokens = try vocabulary.tokens(of: prompt, name: "--prompt")
        guard !tokens.isEmpty else {
            throw TrainingError(.configuration, "the prompt has no token: give some text to continue")
        }
        return tokens
    }

    private let request: Request
    private let runner: PositionRunner
    private let vocabulary: TextVocabulary
    private let cluster: Cluster

    /// The prompt with the tokens that follow.
    private func run(_ prompt: [Int]) -> [Int] {
        let random = CounterRandom(seed: request.seed, purpose: .generation)
        var tokens = prompt
        var read = 0
        for number in 0..<request.tokens {
            // Where the oldest token leaves the window, all others move to the position in front.
            let first = max(0, tokens.count - runner.longest)
            if first > 0 {
                runner.reset()
                read = first
            }
            var scores: [Float] = []
            while read < tokens.count {
                scores = runner.outputs(for: tokens[read])
                read += 1
            }
            tokens.append(next(scores, random.uniform(at: UInt64(number))))
            cluster.activity.advance()
        }
        return tokens
    }

    /// The token that follows from scores and a number in [0, 1).
    private func next(_ scores: [Float], _ draw: Double) -> Int {
        // Models may have more outputs than there are tokens.
        let known = scores.prefix(vocabulary.count)
        let order = known.indices.sorted { (known[$1], $0) < (known[$0], $1) }
        guard request.temperature > 0 else { return order[0] }
        let chosen = order.prefix(request.choices ?? order.count)
        let most = Double(known[chosen[0]])
        let weights = chosen.map { exp((Double(known[$0]) - most) / request.temperature) }
        var left = draw * weights.reduce(0, +)
        for (token, weight) in zip(chosen, weights) {
            left -= weight
            if left < 0 { return token }
        }
        return chosen[chosen.endIndex - 1]
    }
}
