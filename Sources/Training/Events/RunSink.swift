/// Where a run's events go: a file, a terminal, a function of one's own.
///
/// Rank 0 alone has sinks, and calls them from the thread that trains, which waits for them: `start`, `take` for every event
/// in order, `finish`; not at all in a run that had ended before. A sink needs `take`; what else there is has a default.
///
/// A sink with a `name` keeps a position: checkpoints hold how far it was, and a run that goes on from one hands that back, so
/// that no event stands twice. What it had taken behind that place comes once more:
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
    /// What checkpoints call the sink, no other sink of the run being called so; empty, the default, where it keeps no position.
    var name: String { get }
    /// How far it is, in bytes, lines or whatever it counts, from 0; of its last event, at any time between two.
    var position: Int { get }
    /// Whether it wants to know how far the run is now: asked after every step, false by default.
    var wantsProgress: Bool { get }
    /// Whether it wants histograms of weights and gradients at the end of epochs, which take a few nanoseconds for each
    /// parameter; asked once, before the first step. False by default.
    var wantsHistograms: Bool { get }
    /// Whether the run is to save a checkpoint and stop: asked a few times a second and at the end of every epoch. False by
    /// default.
    var asksToStop: Bool { get }
    /// What waits, on another thread, until all that was taken so far is on disk: a checkpoint counts only after it. Nil, the
    /// default, where there is nothing to wait for.
    var synchronization: (@Sendable () throws -> Void)? { get }

    /// Before the first event: what was taken behind `position` is to be dropped, all of it at 0. Where less is there, the
    /// sink goes on at that.
    func start(at position: Int) throws
    /// Takes the next event.
    func take(_ event: RunEvent)
    /// At the end of a run that ends or stops well: what was taken must be on disk. Only `RunEvent.results` and lines for a
    /// person come later.
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

/// A function as a sink, which may stop the run:
///
///     settings.sinks = [
///         RunCallback.onStep { step in print(step.step, step.loss); return .goOn },
///         RunCallback.onEpoch { $0.trainingLoss < 0.1 ? .stop : .goOn },
///     ]
///
/// A run that is stopped saves a checkpoint, as one that is sent SIGUSR1; `TrainingResult.isFinished` is false then.
public final class RunCallback: RunSink {
    /// What is to become of the run.
    public enum Answer: Sendable {
        case goOn
        /// Save a checkpoint and stop, soon.
        case stop
    }

    public private(set) var asksToStop = false
    private let body: (RunEvent) -> Answer

    /// Calls `body` with the numbers of each step that is logged; `logging.every_steps` says which are.
    public static func onStep(_ body: @escaping (RunEvent.Step) -> Answer) -> RunCallback {
        RunCallback { if case .step(let step) = $0 { body(step) } else { .goOn } }
    }

    /// Calls `body` with the numbers of each epoch, when it has been evaluated.
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
