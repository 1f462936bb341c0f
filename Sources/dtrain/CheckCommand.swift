import ArgumentParser
import Configuration
import Foundation
import Training

struct CheckCommand: DescribedCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks a configuration, its data and model.",
        usage: "dtrain check [<file.yaml>] [<options>]", discussion: manual.help)

    static let manual = CommandManual(
        about: ["Does all that comes before the first step, and reads all data. Writes nothing."],
        details: [
            "It prints the sizes of the data sets, the labels, the parameters and the steps, with notes, or the error that a training would end with, and ends with the same exit code."
        ],
        examples: [
            .init("dtrain check houses.yaml", "sizes, labels, parameters, notes"),
            .init("mpirun -n 4 dtrain check houses.yaml", "the same for 4 ranks"),
        ])

    @Argument(
        help: ArgumentHelp("A YAML configuration, as --config has it.", valueName: "file.yaml"),
        completion: Completion.configurations)
    var file: String?

    @OptionGroup(title: ConfigurationOptions.title) var source: ConfigurationOptions

    func validate() throws {
        if file != nil, source.config != nil || source.recipe != nil {
            throw ValidationError("a file excludes --config and --recipe")
        }
    }

    func run() throws {
        let started = ProcessInfo.processInfo.systemUptime
        var source = source
        source.config = file ?? source.config
        let configuration = try source.load()
        try configuration.requireFiles()
        let settings = configuration.settings
        try Launch.run(settings) { cluster in
            try configuration.located {
                try Trainer.check(settings, on: cluster, started: started) { layout in
                    try configuration.makeModel(classes: layout.classCount)
                }
            }
        }
    }
}
