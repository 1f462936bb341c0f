import MPI

/// The checks of one run: each is a named claim that all ranks test together.
final class Checks {
    /// The communicator the checks run on.
    let world: Communicator
    /// Name of the check whose expected value is made wrong on the last rank, to show that checks can fail.
    let sabotaged: String?
    /// Names of the checks that have passed.
    private(set) var passed = [String]()

    /// Checks over all ranks; `sabotaged` names the one to spoil.
    init(world: Communicator, sabotaged: String?) {
        self.world = world
        self.sabotaged = sabotaged
    }

    /// What went wrong in a check on this rank.
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Runs one check on all ranks.
    func run(_ name: String, _ body: () throws -> Void) throws {
        do {
            try body()
            if name == sabotaged && world.rank == world.size - 1 { try equal(1, 2, "a claim made wrong") }
        } catch {
            throw Failure(description: "FAILED: \(name): \(error)")
        }
        // A rank that ran ahead would start the next check against one that has failed in this one.
        try world.barrier()
        passed.append(name)
    }
}

/// Throws with both values unless they are equal.
func equal<T: Equatable>(_ found: T, _ expected: T, _ what: String) throws {
    if found != expected {
        throw Checks.Failure(description: "\(what): found \(found), expected \(expected)")
    }
}

/// Throws unless the body throws an `MPIError` of the class.
func throwsError(_ expected: MPIErrorClass, _ what: String, _ body: () throws -> Void) throws {
    do {
        try body()
    } catch let error as MPIError {
        try equal(error.errorClass, expected, "\(what), error class of '\(error)'")
        return
    }
    throw Checks.Failure(description: "\(what): nothing was thrown")
}
