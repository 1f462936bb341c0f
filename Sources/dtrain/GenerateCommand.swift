import ArgumentParser
import Cluster
import Training

struct GenerateCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate", abstract: "Text that a language model continues.",
        usage: "dtrain generate <run-or-weights> --prompt <text> [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: ["Continues a text token by token, with a model of data of format: text."],
        details: [
            "Each token is drawn by the model's probabilities of the next one; at temperature 0 it is the likeliest. Draws depend on the seed alone: the text is the same at any number of ranks.",
            "The model is run for one position at a time, with the state of its recurrent layers and the keys and values of its attention kept in between: layers must not read what comes later. Past the positions of positional_embedding the oldest tokens leave the window, and each token is computed from the whole of it.",
            "Of a run that has not ended the best weights are taken, else its newest checkpoint.",
        ],
        examples: [
            .init("dtrain generate runs/bible --prompt 'In the beginning'", "200 characters"),
            .init(
                "dtrain generate runs/bible --prompt 'And' --temperature 0.7 --top-k 10 --seed 3",
                "less surprising ones"),
        ])

    @OptionGroup var model: TrainedModelOptions
    @OptionGroup(title: "Text") var text: TextSettings

    /// What is continued, and how.
    struct TextSettings: ParsableArguments {
        @Option(name: .long, help: ArgumentHelp("The text that is continued.", valueName: "text"))
        var prompt: String

        @Option(name: .long, help: ArgumentHelp("How many tokens follow (200).", valueName: "n"))
        var tokens = 200

        @Option(
            name: .long,
            help: ArgumentHelp("0 for the likeliest token, 1 for the model's own draws (1).", valueName: "t"))
        var temperature = 1.0

        @Option(
            name: .customLong("top-k"),
            help: ArgumentHelp("Draws among the k likeliest tokens alone.", valueName: "k"))
        var choices: Int?

        @Option(name: .long, help: ArgumentHelp("The seed of the draws (0).", valueName: "n"))
        var seed: UInt64 = 0

        @Option(
            name: .long,
            help: ArgumentHelp("The file for the text, instead of standard output.", valueName: "file"),
            completion: .file())
        var output: String?

        func validate() throws {
            guard !prompt.isEmpty else {
                throw ValidationError("--prompt is empty: give some text to continue")
            }
            guard (1...10_000_000).contains(tokens) else {
                throw ValidationError("--tokens must be from 1 to 10000000, is \(tokens)")
            }
            guard temperature >= 0, temperature.isFinite else {
                throw ValidationError("--temperature must be a finite number, at least 0, is \(temperature)")
            }
            guard choices ?? 1 > 0 else {
                throw ValidationError("--top-k must be at least 1, is \(choices ?? 0)")
            }
        }
    }

    func run() throws {
        let configuration = try model.configuration()
        let settings = configuration.settings
        try Launch.run(settings, printing: model.printing) { cluster in
            let generated = try TextGenerator.generate(
                TextGenerator.Request(
                    prompt: text.prompt, tokens: text.tokens, temperature: text.temperature,
                    choices: text.choices, seed: text.seed),
                weights: model.weights, loss: settings.loss, precision: settings.precision, on: cluster
            ) { classes in try configuration.makeModel(classes: classes) }
            guard let generated else { return }
            try TextOutput(path: text.output).finish(generated + "\n")
        }
    }
}
