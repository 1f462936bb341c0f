extension RunConfiguration {
    /// The configuration as YAML in one fixed form: every key with its value, given or default, absolute paths of
    /// data, and nothing that depends on ranks, time or the machine. It reads back as an equal configuration.
    package var yaml: String {
        var yaml = YAMLWriter()
        data.write(to: &yaml)
        model.write(to: &yaml)
        yaml.line("loss", LossSection.yaml(loss))
        initial.write(to: &yaml)
        yaml.line("optimizer", optimizer.yaml)
        yaml.line("schedule", schedule.yaml)
        training.write(to: &yaml)
        if let metrics = evaluation.yaml { yaml.line("evaluation", metrics) }
        yaml.line("checkpoint", checkpoint.yaml)
        yaml.line("logging", logging.yaml)
        yaml.line("output", YAMLWriter.string(output))
        return yaml.text
    }
}
