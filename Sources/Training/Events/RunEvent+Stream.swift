extension RunEvent {
    /// The event's line in the event stream, which begins with the start of the run and then holds what metrics.jsonl
    /// holds.
    var streamLine: JSONLine? {
        guard case .start(let start) = self else { return line }
        var line = JSONLine()
        line.add("event", "start")
        line.add("output", start.output)
        line.add("examples", start.examples)
        line.add("parameters", start.parameters)
        line.add("epochs", start.epochs)
        line.add("step", start.step)
        line.add("ranks", start.ranks)
        line.add("workers", start.workers)
        line.add("shards", start.shards)
        line.add("instruction_set", start.instructionSet)
        return line
    }
}
