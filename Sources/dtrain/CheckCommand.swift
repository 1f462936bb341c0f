import ArgumentParser
import Configuration
import Foundation
import Training

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks a configuration with its data and model, up to the first step; writes nothing.")

    @Argument(help: ArgumentHelp("A YAML configuration, as --config has it.", valueName: "file.yaml"))
    var file: String?

    @OptionGroup var source: ConfigurationOptions

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
