extension LearningRateSchedule: CustomStringConvertible {
    /// The schedule in one line, the same for the same schedule.
    ///
    /// Runs are told apart by it, so what was added later stands in it only where it is used, and runs from before keep
    /// their line.
    public var description: String {
        var parts = [
            "baseRate: \(baseRate)", "shape: \(String(reflecting: shape))",
            "warmup: \(String(reflecting: warmup))", "unit: \(String(reflecting: unit))",
        ]
        if scale != 1 { parts.append("scale: \(scale)") }
        if let momentum { parts.append("momentum: \(String(reflecting: momentum))") }
        return "LearningRateSchedule(\(parts.joined(separator: ", ")))"
    }
}
