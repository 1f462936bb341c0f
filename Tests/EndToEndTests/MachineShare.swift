import ProcessSupport
import Testing

/// Lets two tests of real processes run side by side, so that one computes while the other waits, starts or writes;
/// those that are marked `.alone` come last, one at a time.
///
/// Every suite of real processes stands inside one that has this trait.
struct MachineShare: SuiteTrait, TestTrait, TestScoping {
    private static let lanes = MachineLanes()

    /// Each test below has it, too.
    var isRecursive: Bool { true }

    /// Runs a test case once there is room for it.
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let isAlone = test.traits.contains { $0 is Alone }
        try SessionFolder.kept.get()
        await Self.lanes.enter(alone: isAlone)
        do {
            try await function()
        } catch {
            await Self.lanes.leave(alone: isAlone)
            throw error
        }
        await Self.lanes.leave(alone: isAlone)
    }
}

/// Marks tests that hold a run to seconds, or that look at what others of the machine leave.
struct Alone: SuiteTrait, TestTrait {
    /// It holds for each test of a suite.
    var isRecursive: Bool { true }
}

extension Trait where Self == MachineShare {
    /// Two tests at a time, but for those marked `.alone`.
    static var sharesTheMachine: Self { MachineShare() }
}

extension Trait where Self == Alone {
    /// No other test of real processes runs meanwhile.
    static var alone: Self { Alone() }
}
