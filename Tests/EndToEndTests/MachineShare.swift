import Foundation
import ProcessSupport
import Testing

/// Lets two tests of real processes run side by side, so that one computes while the other waits, starts or writes;
/// those that are marked `.quiet` come behind them, and those that are marked `.alone` last, one at a time.
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
        let company = test.traits.compactMap { ($0 as? Quietness)?.company }.max() ?? .shared
        try SessionFolder.kept.get()
        await Self.lanes.enter(company)
        let began = ContinuousClock.now
        do {
            try await function()
        } catch {
            await Self.lanes.leave(company)
            throw error
        }
        await Self.lanes.leave(company)
        TestTimes.add(test, company, began.duration(to: .now))
    }
}

/// How long tests took once there was room for them: a line per test case in the file that DTRAIN_TEST_TIMES names.
private enum TestTimes {
    private static let file: FileHandle? = {
        guard let path = ProcessInfo.processInfo.environment["DTRAIN_TEST_TIMES"] else { return nil }
        FileManager.default.createFile(atPath: path, contents: nil)
        return FileHandle(forWritingAtPath: path)
    }()

    static func add(_ test: Test, _ company: MachineLanes.Company, _ time: Duration) {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
        file?.write(Data("\(String(format: "%8.2f", seconds)) \(company) \(test.id)\n".utf8))
    }
}

/// Marks tests that hold a run to seconds, or that look at what others of the machine leave.
struct Quietness: SuiteTrait, TestTrait {
    let company: MachineLanes.Company

    /// It holds for each test of a suite.
    var isRecursive: Bool { true }
}

extension Trait where Self == MachineShare {
    /// Two tests at a time, but for those that ask for more.
    static var sharesTheMachine: Self { MachineShare() }
}

extension Trait where Self == Quietness {
    /// At most one other test of real processes runs meanwhile, which mostly waits, too.
    static var quiet: Self { Quietness(company: .quiet) }
    /// No other test of real processes runs meanwhile.
    static var alone: Self { Quietness(company: .none) }
}
