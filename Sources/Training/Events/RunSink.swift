/// Receives a run's events: a file, a terminal, a function of your own.
///
/// Only rank 0 has sinks. The training thread calls them and waits for them: first `start`, then `take` for every event
/// in order, then `finish`; none of them for a run that had already ended. A sink must implement `take`; everything
/// else has a default.
///
/// A sink with a `name` has a position, which checkpoints save. A run that is resumed passes the saved position to
/// `start`, so that no event is recorded twice: events after it come again.
///
///     final class Losses: RunSink {
///         let name = "losses"
///         var losses: [Double] = []
///         var position: Int { losses.count }
///         func start(at position: Int) { losses.removeLast(max(0, losses.count - position)) }
///         func take(_ event: RunEvent) {
///             if case .step(let step) = event { losses.append(step.loss) }
///         }
///     }
public protocol RunSink: AnyObject {
    /// The name under which checkpoints save the position, unique among the run's sinks; empty, the default, for no
    /// position.
    var name: String { get }
    /// The position after the last event, in bytes, lines or anything else, counted from 0.
    var position: Int { get }
    /// Whether the sink wants a `progress` event now: asked after every step, false by default.
    var wantsProgress: Bool { get }
    /// Whether the sink wants histograms of weights and gradients at the ends of epochs, which take a few nanoseconds
    /// for each parameter: asked once, before the first step, false by default.
    var wantsHistograms: Bool { get }
    /// Whether the run must save a checkpoint and stop: asked a few times a second and at the end of every epoch, false
    /// by default.
    var asksToStop: Bool { get }
    /// A function that waits, on another thread, until everything taken so far is on disk; a checkpoint is not complete
    /// before. Nil, the default, if there is nothing to wait for.
    var synchronization: (@Sendable () throws -> Void)? { get }

    /// Called before the first event: drop what was taken after `position`, or everything if it is 0. A sink that has
    /// less continues from what it has.
    func start(at position: Int) throws
    /// Takes the next event.
    func take(_ event: RunEvent)
    /// Called at the end of a run that ends or stops without an error: everything taken must be on disk when it
    /// returns. Only `RunEvent.results` and lines for a person come later.
    func finish() throws
}

extension RunSink {
    public var name: String { "" }
    public var position: Int { 0 }
    public var wantsProgress: Bool { false }
    public var wantsHistograms: Bool { false }
    public var asksToStop: Bool { false }
    public var synchronization: (@Sendable () throws -> Void)? { nil }
    public func start(at position: Int) throws {}
    public func finish() throws { try synchronization?() }
}

/// A function as a sink; it may stop the run.
///
///     settings.sinks = [
///         RunCallback.onStep { step in print(step.step, step.loss); return .goOn },
///         RunCallback.onEpoch { $0.trainingLoss < 0.1 ? .stop : .goOn },
///     ]
///
/// A run that is stopped saves a checkpoint, as after SIGUSR1, and its `TrainingResult.isFinished` is false.
public final class RunCallback: RunSink {
    /// Whether the run continues.
    public enum Answer: Sendable {
        case goOn
        /// Save a checkpoint and stop, soon.
        case stop
    }

    public private(set) var asksToStop = false
    private let body: (RunEvent) -> Answer

    /// Calls `body` with the numbers of each logged step; `logging.every_steps` decides which steps are.
    public static func onStep(_ body: @escaping (RunEvent.Step) -> Answer) -> RunCallback {
        RunCallback { if case .step(let step) = $0 { body(step) } else { .goOn } }
    }

    /// Calls `body` with the numbers of each epoch after its evaluation.
    public static func onEpoch(_ body: @escaping (RunEvent.Epoch) -> Answer) -> RunCallback {
        RunCallback { if case .epoch(let epoch) = $0 { body(epoch) } else { .goOn } }
    }

    /// Calls `body` with every event.
    public init(_ body: @escaping (RunEvent) -> Answer) { self.body = body }

    public func start(at position: Int) { asksToStop = false }

    public func take(_ event: RunEvent) {
        if body(event) == .stop { asksToStop = true }
    }
}
