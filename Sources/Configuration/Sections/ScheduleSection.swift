import Optimizers

/// The section `schedule`: how the learning rate moves, `constant` without warm-up unless given, and the momentum.
package struct ScheduleSection: Sendable, Equatable {
    /// The shape's name, and all options of the schedule with their values, given or default.
    private let name: String
    private let options: [NamedOption]
    /// The schedule from the optimizer's learning rate, ready for use.
    package let schedule: LearningRateSchedule

    /// Reads the section, or the default where there is none.
    ///
    /// - Parameters:
    ///   - setting: The section, if it was given.
    ///   - baseRate: The optimizer's `lr`.
    ///   - batch: The examples of a step, for rates that grow with it; nil where only the data say.
    ///   - hasValidation: Whether there are validation data, which a schedule may watch.
    ///   - location: The place of the configuration.
    init(
        _ setting: Setting?, baseRate: Double, batch: Int?, hasValidation: Bool, at location: SourceLocation
    ) throws(ConfigurationError) {
        let setting = setting ?? Setting(.text(ConstantShape.name, at: location), path: "schedule")
        let named = try NamedOptions(
            setting, noun: "schedule", names: LearningRateSchedule.names,
            optionNames: LearningRateSchedule.optionNames, common: [MomentumSchedule.key],
            standard: ConstantShape.name)
        let momentum = try named.common(MomentumSchedule.key).flatMap(MomentumSchedule.init(ifAny:))
        do {
            name = named.name
            options = try LearningRateSchedule.resolvedOptions(
                name: named.name, options: named.options, baseRate: baseRate)
            schedule = try LearningRateSchedule(
                name: named.name, options: named.options, baseRate: baseRate, batch: batch ?? 1,
                momentum: momentum
            )
        } catch {
            throw named.configurationError(error)
        }
        if batch == nil, schedule.scale != 1 {
            throw setting.error(
                .conflict, "scale_with_batch must be left out beside training.batch: full",
                advice: "set optimizer.lr to the rate you want")
        }
        if let plateau = schedule.plateau, !hasValidation {
            throw setting.error(
                .conflict, "\(name) watches \(plateau.metric.rawValue), but there are no validation data",
                advice: "give data.validation, as {fraction: 0.1}")
        }
    }

    /// Whether both have the same shape, options, learning rate and momentum.
    package static func == (a: ScheduleSection, b: ScheduleSection) -> Bool {
        a.name == b.name && a.options == b.options && a.schedule.baseRate == b.schedule.baseRate
            && a.schedule.scale == b.schedule.scale && a.schedule.momentum == b.schedule.momentum
    }

    /// The section as one YAML value; of the two lengths of the warm-up only the one that is used, and neither batch
    /// nor momentum unless given.
    var yaml: String {
        var unused: [NamedOption] = [NamedOption("scale_with_batch", .number(0))]
        switch schedule.warmup {
        case .epochs: unused.append(NamedOption("warmup_steps", .number(0)))
        case .steps: unused.append(NamedOption("warmup", .number(0)))
        }
        let momentum = schedule.momentum.map { [(key: MomentumSchedule.key, value: $0.yaml)] }
        return NamedOptions.yaml(
            name: name, options: options.filter { !unused.contains($0) }, more: momentum ?? [])
    }
}
