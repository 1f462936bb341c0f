import Optimizers

/// The section `schedule`: how the learning rate moves, `constant` without warm-up unless given.
package struct ScheduleSection: Sendable, Equatable {
    /// The shape's name, and all options of the schedule with their values, given or default.
    private let name: String
    private let options: [NamedOption]
    /// The schedule from the optimizer's learning rate, ready for use.
    package let schedule: LearningRateSchedule

    /// Reads the section, or the default where there is none; `baseRate` is the optimizer's `lr`.
    init(_ setting: Setting?, baseRate: Double, at location: SourceLocation) throws(ConfigurationError) {
        let setting = setting ?? Setting(.text(ConstantShape.name, at: location), path: "schedule")
        let named = try NamedOptions(
            setting, noun: "schedule", names: LearningRateSchedule.names,
            optionNames: LearningRateSchedule.optionNames)
        do {
            name = named.name
            options = try LearningRateSchedule.resolvedOptions(name: named.name, options: named.options)
            schedule = try LearningRateSchedule(name: named.name, options: named.options, baseRate: baseRate)
        } catch {
            throw named.configurationError(error)
        }
    }

    /// Whether both have the same shape, options and learning rate.
    package static func == (a: ScheduleSection, b: ScheduleSection) -> Bool {
        a.name == b.name && a.options == b.options && a.schedule.baseRate == b.schedule.baseRate
    }

    /// The section as one YAML value; of the two lengths of the warm-up only the one that is used.
    var yaml: String {
        let unused: String
        switch schedule.warmup {
        case .epochs: unused = "warmup_steps"
        case .steps: unused = "warmup"
        }
        return NamedOptions.yaml(name: name, options: options.filter { $0.name != unused })
    }
}
