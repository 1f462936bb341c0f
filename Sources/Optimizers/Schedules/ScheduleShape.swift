import Options

/// How the learning rate moves after the warm-up: a pure function of the place in the run.
///
/// A new shape is a new file with a conforming type. If configurations are to name it, it conforms to `NamedShape` and
/// has an entry in `ChoiceList.scheduleShapes`. (A rate that follows a measured value is not a function of the place in
/// the run: see `PlateauRule`.)
///
/// Example: η₀ / (1 + k).
///
///     struct Harmonic: ScheduleShape {
///         var name: String { "harmonic" }
///         func validate(baseRate: Double) throws(OptionError) {}
///         func rate(baseRate: Double, at position: SchedulePosition) -> Double {
///             baseRate / Double(1 + position.index)
///         }
///     }
///     let schedule = try LearningRateSchedule(baseRate: 0.6, shape: Harmonic(), by: .epoch)
///     schedule.rate(step: 25, stepsPerEpoch: 10, totalSteps: 50)   // 0.2: epoch 2
public protocol ScheduleShape: Sendable {
    /// The name in a configuration ("cosine").
    var name: String { get }

    /// Throws if an option is out of range, by itself or for η₀.
    func validate(baseRate: Double) throws(OptionError)

    /// The learning rate at a place in the run, before the warm-up's factor; `baseRate` is η₀.
    func rate(baseRate: Double, at position: SchedulePosition) -> Double

    /// Whether Ση and Ση² are finite if the run never ends, for η₀ above 0; by default nil, for not known.
    func sums(baseRate: Double) -> RateSums?

    /// The momentum at a place in the run, for a shape that moves it too; by default nil, for the update rule's own.
    func momentum(at position: SchedulePosition) -> Double?
}

extension ScheduleShape {
    /// nil: not known.
    public func sums(baseRate: Double) -> RateSums? { nil }

    /// nil: the update rule's own momentum.
    public func momentum(at position: SchedulePosition) -> Double? { nil }

    /// Throws unless another rate of the shape is from 0 to η₀.
    func checkRate(_ rate: Double, key: String, atMost baseRate: Double) throws(OptionError) {
        try AllowedNumbers.notNegative.check(rate, key: key)
        if rate > baseRate {
            throw OptionError(
                .conflict, key: key, value: OptionValue.number(rate).description,
                allowed: "at most lr, which is \(OptionValue.number(baseRate))")
        }
    }

    /// Throws unless a count of the shape is at least `least`.
    func checkWhole(_ count: Int, key: String, atLeast least: Int) throws(OptionError) {
        if count < least {
            throw OptionError(
                .outOfRange, key: key, value: "\(count)", allowed: "a whole number, at least \(least)")
        }
    }
}
