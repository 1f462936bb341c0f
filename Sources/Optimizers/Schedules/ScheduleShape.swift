import Options

/// How the learning rate moves once it is warmed up: a pure function of the place in the run.
///
/// A further shape is one new file: a type that conforms to this protocol, and if configurations may name it to
/// `NamedShape`, with an entry in `LearningRateSchedule`'s list. (A rate that follows a measured value is not a
/// function of the place in the run: see `PlateauRule`.)
///
/// Example, η₀ / (1 + k) behind the warm-up:
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

    /// Throws if an option is out of range, alone or beside η₀.
    func validate(baseRate: Double) throws(OptionError)

    /// The learning rate at a place in the run, before the warm-up's factor; `baseRate` is η₀.
    func rate(baseRate: Double, at position: SchedulePosition) -> Double

    /// The momentum at a place in the run, for a shape that moves it along; nil, unless a shape says otherwise,
    /// for the update rule's own.
    func momentum(at position: SchedulePosition) -> Double?
}

extension ScheduleShape {
    /// nil: the update rule's own momentum.
    public func momentum(at position: SchedulePosition) -> Double? { nil }

    /// Throws unless a further rate of the shape lies between 0 and η₀.
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
