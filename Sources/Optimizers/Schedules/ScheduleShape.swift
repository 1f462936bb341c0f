/// How the learning rate moves once it is warmed up: a pure function of the place in the run.
///
/// A further shape is one new file: a type that conforms to this protocol, and its entry in
/// `LearningRateSchedule`'s list if configurations may name it. (A rate that follows a measured value, as
/// when it falls on a plateau of the validation metric, is not a function of the place in the run and no
/// shape.)
///
/// Example, η₀ / (1 + k) behind the warm-up:
///
///     struct Harmonic: ScheduleShape {
///         var name: String { "harmonic" }
///         func validate(baseRate: Double) throws(OptimizerError) {}
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
    func validate(baseRate: Double) throws(OptimizerError)

    /// The learning rate at a place in the run, before the warm-up's factor; `baseRate` is η₀.
    func rate(baseRate: Double, at position: SchedulePosition) -> Double
}
