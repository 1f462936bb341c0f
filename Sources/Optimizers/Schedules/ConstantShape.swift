import Options

/// The same learning rate throughout: η = η₀.
///
/// Example:
///
///     let schedule = try LearningRateSchedule(baseRate: 0.1, shape: .constant)
///     schedule.rate(step: 7, stepsPerEpoch: 10, totalSteps: 50)   // 0.1
public struct ConstantShape: ScheduleShape, Hashable {
    /// Makes the shape; it has no options.
    public init() {}

    /// The name in a configuration.
    public static let name = "constant"

    /// The name in a configuration.
    public var name: String { Self.name }

    /// Accepts every base rate.
    public func validate(baseRate: Double) throws(OptionError) {}

    /// η₀.
    public func rate(baseRate: Double, at position: SchedulePosition) -> Double { baseRate }

    /// Both infinite.
    public func sums(baseRate: Double) -> RateSums? {
        .staying(at: baseRate)
    }
}

extension ScheduleShape where Self == ConstantShape {
    /// The same learning rate throughout.
    public static var constant: ConstantShape { ConstantShape() }
}

extension ConstantShape: NamedShape {
    public static let summary = "The same rate throughout."

    public static let options: [OptionDeclaration] = []

    public init(options: ResolvedOptions) throws(OptionError) {
        self.init()
    }
}
