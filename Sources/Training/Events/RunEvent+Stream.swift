extension RunEvent {
    /// The event's line in a stream of events: what metrics.jsonl holds, and in front of that how the run starts.
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
