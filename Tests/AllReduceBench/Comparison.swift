import Cluster
import DataParallel
import Foundation
import MPI

/// One vector length, summed over all ranks in different ways that take turns.
struct Comparison {
    /// A way to sum.
    enum Kind: Int, CaseIterable {
        /// The project's exchange as a training step uses it: every rank of a node can read the sum.
        case exchange
        /// The exchange, and then every rank copies the whole sum into memory of its own, as MPI_Allreduce leaves it.
        case exchangeAndCopy
        case allReduce
    }

    private static let secondsPerSample = 0.01
    private let cluster: Cluster
    private let vectors: SummedVectors

    /// Room for vectors of `count` floats; collective.
    init(_ cluster: Cluster, count: Int) throws {
        self.cluster = cluster
        vectors = try SummedVectors(cluster, count: count)
    }

    /// Gives shared memory back; collective.
    func free() throws { try vectors.free() }

    /// Measures; returns a JSON line, the same on all ranks. Throws if a sum is wrong.
    func run(rounds: Int) throws -> String {
        // Warms all of them up, and shows how often one sample has to repeat.
        var repeats: [Int] = []
        for kind in Kind.allCases {
            _ = try sample(kind, repeats: 2)
            repeats.append(max(1, min(5_000, Int(Self.secondsPerSample / (try sample(kind, repeats: 3))))))
        }
        var seconds: [[Double]] = Kind.allCases.map { _ in [] }
        for _ in 0..<rounds {
            for kind in Kind.allCases {
                seconds[kind.rawValue].append(try sample(kind, repeats: repeats[kind.rawValue]))
            }
        }
        func times(_ kind: Kind) -> [Double] { seconds[kind.rawValue] }
        func ratio(_ kind: Kind) -> Double { median(zip(times(.allReduce), times(kind)).map { $0 / $1 }) }
        let fields = [
            ("ranks", "\(cluster.size)"), ("bytes", "\(vectors.count * 4)"),
            ("exchange_us", text(median(times(.exchange)) * 1e6)),
            ("exchange_and_copy_us", text(median(times(.exchangeAndCopy)) * 1e6)),
            ("mpi_allreduce_us", text(median(times(.allReduce)) * 1e6)),
            ("ratio", text(ratio(.exchange))), ("ratio_and_copy", text(ratio(.exchangeAndCopy))),
        ]
        return "{" + fields.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }

    /// Seconds of one sum, the mean of `repeats`; collective.
    ///
    /// Before each sum every rank writes its vector anew, as a backward pass does, so that the vector is in the caches
    /// of the rank that wrote it. What a loop of such writes alone takes is taken off, so that ranks that share cores
    /// are not charged for one another's writing.
    private func sample(_ kind: Kind, repeats: Int) throws -> Double {
        let writing = try seconds(repeats) { vectors.write(kind, $0) }
        let both = try seconds(repeats) {
            vectors.write(kind, $0)
            try vectors.sum(kind)
        }
        guard try cluster.world.allReduce(vectors.isRight(kind, repeats - 1) ? 1 : 0, .min) == 1 else {
            throw Options.Failure(description: "\(kind) of \(vectors.count) floats gave a wrong sum")
        }
        // Below the clock's resolution there is nothing to compare.
        return max(1e-9, (both - writing) / Double(repeats))
    }

    /// Seconds of `repeats` turns on the slowest rank; collective.
    private func seconds(_ repeats: Int, _ body: (Int) throws -> Void) throws -> Double {
        try cluster.world.barrier()
        let start = DispatchTime.now().uptimeNanoseconds
        for turn in 0..<repeats { try body(turn) }
        try cluster.world.barrier()
        return try cluster.world.allReduce(Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9, .max)
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private func text(_ value: Double) -> String { "\((value * 1_000).rounded() / 1_000)" }
}
