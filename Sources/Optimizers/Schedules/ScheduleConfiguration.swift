import Messages
import Options

/// How the learning rate moves, without the rate that it starts from, which is the optimizer's option `lr`.
///
/// Example:
///
///     let cosine = try ScheduleConfiguration(name: "cosine", options: ["warmup": 1])
///     try cosine.schedule(baseRate: 0.1).baseRate       // 0.1
///     ScheduleConfiguration(.step(size: 2)).name        // "step"
public struct ScheduleConfiguration: Sendable {
    /// The shape's name.
    public let name: String
    /// The schedule of the momentum; nil for the shape's own or the update rule's.
    public var momentum: MomentumSchedule?
    private let form: Form

    private enum Form: Sendable {
        case named(NamedChoice<any ScheduleShape>, [String: OptionValue])
        case shape(any ScheduleShape, LearningRateWarmup, ScheduleUnit, scaleWithBatch: Int?)
    }

    /// A rate that does not change.
    public static let constant = ScheduleConfiguration(NamedChoice(ConstantShape.self))

    /// The schedule of a shape that has a default for every option.
    private init(_ choice: NamedChoice<any ScheduleShape>) {
        name = choice.name
        form = .named(choice, [:])
    }

    /// The schedule of this name; throws on an unknown name or option and on a wrong type. Whether values are in range
    /// is checked by `schedule`, which knows the base rate.
    ///
    /// - Parameter shapes: The shapes to choose from.
    public init(
        name: String, options: [String: OptionValue] = [:], momentum: MomentumSchedule? = nil,
        among shapes: ChoiceList<any ScheduleShape> = .scheduleShapes
    ) throws(OptionError) {
        let choice = try shapes.choice(name)
        _ = try ResolvedOptions(declared: choice.options, given: options)
        self.name = name
        self.momentum = momentum
        form = .named(choice, options)
    }

    /// A schedule of a shape.
    ///
    /// - Parameters:
    ///   - warmup: How long the rate rises at the start.
    ///   - unit: What the shape advances by.
    ///   - scaleWithBatch: The batch size that the rates are stated for; nil for no scaling.
    ///   - momentum: The schedule of the momentum, if it has one.
    public init(
        _ shape: any ScheduleShape, warmup: LearningRateWarmup = .none, by unit: ScheduleUnit = .step,
        scaleWithBatch: Int? = nil, momentum: MomentumSchedule? = nil
    ) {
        name = shape.name
        self.momentum = momentum
        form = .shape(shape, warmup, unit, scaleWithBatch: scaleWithBatch)
    }

    /// The schedule for a base rate; throws on values out of range by themselves or for this rate.
    ///
    /// - Parameters:
    ///   - baseRate: η₀.
    ///   - batch: The examples of an optimizer step, for rates that grow with it; nil where only the data set
    ///     determines it.
    public func schedule(baseRate: Double, batch: Int? = nil) throws(OptionError) -> LearningRateSchedule {
        switch form {
        case .shape(let shape, let warmup, let unit, let reference):
            return try LearningRateSchedule(
                baseRate: baseRate, shape: shape, warmup: warmup, by: unit,
                scale: Self.scale(reference ?? 0, batch: batch), momentum: momentum)
        case .named(let choice, _):
            let resolved = try resolve(baseRate: baseRate)
            return try LearningRateSchedule(
                baseRate: baseRate, shape: try choice.make(resolved),
                warmup: try Self.warmup(resolved), by: try resolved.word("by"),
                scale: Self.scale(resolved.whole("scale_with_batch"), batch: batch), momentum: momentum)
        }
    }

    /// Whether rates are stated for a batch size and grow with the batch.
    public var scalesWithBatch: Bool {
        switch form {
        case .shape(_, _, _, let reference): reference != nil
        case .named(_, let given): given["scale_with_batch"].map { ![0, .whole(0)].contains($0) } ?? false
        }
    }

    /// All options with their values, given or default, in the order in which they are listed to a user; for a shape
    /// given as a value its description. Of `warmup` and `warmup_steps` only the one in use is included, and
    /// `scale_with_batch` only if it is given. Throws where `schedule` throws.
    public func options(baseRate: Double) throws(OptionError) -> [NamedOption] {
        switch form {
        case .shape(let shape, let warmup, let unit, let reference):
            var options = [
                NamedOption("shape", .text(String(describing: shape))),
                NamedOption(warmup.key, warmup.value), NamedOption("by", .text(unit.rawValue)),
            ]
            if let reference { options.append(NamedOption("scale_with_batch", .whole(reference))) }
            return options
        case .named:
            let resolved = try resolve(baseRate: baseRate)
            let unused =
                switch try Self.warmup(resolved) {
                case .epochs: "warmup_steps"
                case .steps: "warmup"
                }
            return resolved.values.filter {
                $0.name != unused && ($0.name != "scale_with_batch" || resolved.whole($0.name) != 0)
            }
        }
    }

    private func resolve(baseRate: Double) throws(OptionError) -> ResolvedOptions {
        guard case .named(let choice, let given) = form else {
            preconditionFailure("a schedule of a shape has no options to resolve")
        }
        return try ResolvedOptions(declared: choice.options(given: given, beside: baseRate), given: given)
    }

    private static func warmup(_ options: ResolvedOptions) throws(OptionError) -> LearningRateWarmup {
        let epochs = options.number("warmup")
        let steps = options.whole("warmup_steps")
        if steps == 0 { return .epochs(epochs) }
        if epochs == 0 { return .steps(steps) }
        throw OptionError(
            .conflict, key: "warmup_steps", value: "\(steps)",
            allowed: "left out beside warmup, which is \(counted("\(OptionValue.number(epochs))", "epoch"))")
    }

    private static func scale(_ reference: Int, batch: Int?) throws(OptionError) -> Double {
        guard reference > 0 else { return 1 }
        guard let batch else {
            throw OptionError(
                .conflict, key: "scale_with_batch", value: "\(reference)",
                allowed: "left out where no batch is given")
        }
        return Double(batch) / Double(reference)
    }
}

extension ChoiceList where Element == any ScheduleShape {
    /// Every built-in shape, each with its own options and those of all schedules.
    public static var scheduleShapes: ChoiceList {
        ChoiceList(
            "schedule",
            [
                NamedChoice(ConstantShape.self), NamedChoice(StepShape.self),
                NamedChoice(MultiStepShape.self),
                NamedChoice(ExponentialShape.self), NamedChoice(CosineShape.self),
                NamedChoice(CosineRestartsShape.self), NamedChoice(OneCycleShape.self),
                NamedChoice(PolynomialShape.self), NamedChoice(LinearShape.self),
                NamedChoice(InverseShape.self),
                NamedChoice(InverseSquareRootShape.self), NamedChoice(CyclicalShape.self),
                NamedChoice(ReduceOnPlateauShape.self),
            ])
    }
}

extension NamedChoice where Element == any ScheduleShape {
    /// A choice of the shape by its name, with its own options and those of all schedules.
    public init<Shape: NamedShape>(_: Shape.Type) {
        self.init(
            Shape.name, Shape.summary, Shape.options + Self.common, source: Shape.source,
            dependent: { Shape.options(given: $0, baseRate: $1) + Self.common }
        ) { options throws(OptionError) in try Shape(options: options) }
    }

    private static var common: [OptionDeclaration] {
        [
            .optional(
                "warmup", .number(.notNegative), default: 0,
                "Epochs in which the rate rises, fractions allowed."),
            .optional("warmup_steps", .whole(0...Int.max), default: 0, "Steps in which the rate rises."),
            .optional(
                "by", .word("unit", ScheduleUnit.allCases.map(\.rawValue)),
                default: .text(ScheduleUnit.step.rawValue),
                "When the rate changes: at every step, or between epochs."),
            .optional(
                "scale_with_batch", .whole(0...Int.max), default: 0,
                "The batch that the rates are meant for; 0 to take them as they are."),
        ]
    }
}
