extension LearningRateSchedule: CustomStringConvertible {
    /// The schedule in one line, the same for the same schedule.
    ///
    /// Runs are identified by this line, so an option that was added later is mentioned only where it is used: older
    /// runs keep their line.
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
