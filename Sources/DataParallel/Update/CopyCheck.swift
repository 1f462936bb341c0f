import CKernels
import Cluster
import Layers
import MPI

/// Checks that what exists several times is the same everywhere, and that memory still holds what was written there.
///
/// It finds, and names the rank or the ranks of the node that have it:
/// - A copy of the parameters or the optimizer's state that differs from the copies of other nodes. Every node has
///   one, and with messages only every rank is a node. A difference stays until the next check, unless the optimizer is
///   sharded: then owners of slices send parameters after every update, which spreads what went wrong on an owner and
///   mends it elsewhere.
/// - Running statistics, or numbers of the update rule, that differ from those of the other ranks.
/// - Parameters and optimizer state that have changed between a check and the update that follows it. This also sees
///   what exists once and so has no copy to differ from: the parameters where there is one node, a sharded
///   optimizer's state. With a check after every step it sees every change; with one every N steps it looks during one
///   step of N, and during evaluation.
///
/// It cannot find a number that goes wrong on its way into the sum of gradients, as all ranks then take the same wrong
/// step. Nor can it find a change of what exists once outside the times at which it looks: hashes after every update
/// would cost about a tenth of small models' training.
final class CopyCheck {
    /// Neighbouring elements that this rank alone on its node updates.
    private struct Part {
        let elements: UnsafePointer<Float>
        let count: Int64
        /// The number of the block, from the blocks of the parameters over those of all state arrays.
        let place: Int
    }

    /// When the hashes were taken.
    private struct Seal {
        let step: Int
        /// How often all parameters had been set by then.
        let version: Int
    }

    private let cluster: Cluster
    private let state: ModelState
    private let stateNames: [String]
    private let parts: [Part]
    /// The leading parts, of which every node has a copy.
    private let copied: Int
    /// Each part's hash at the last check.
    private var hashes: [UInt64]
    /// Set from a check until something may have written.
    private var seal: Seal?

    /// A check of what `update` changes and of `state`.
    init(_ update: ParameterUpdate, state: ModelState) {
        cluster = update.cluster
        self.state = state
        stateNames = update.settings.rule.stateNames
        let layout = update.layout
        func blocks(_ duty: SliceDuty, array: Int, _ start: UnsafePointer<Float>) -> [Part] {
            duty.slice.blocks.map { block in
                let place = layout.blocks[block]
                return Part(
                    elements: start + (place.offset - duty.slice.elements.lowerBound),
                    count: Int64(place.count), place: array * layout.blocks.count + block)
            }
        }
        var parts = SliceDuty.all(of: update.cluster, layout: layout).flatMap { duty in
            blocks(duty, array: 0, update.parameters + duty.slice.elements.lowerBound)
        }
        let weights = parts.count
        for array in stateNames.indices {
            for (index, duty) in update.arrays.duties.enumerated() {
                parts += blocks(duty, array: array + 1, update.arrays.pointer(array, duty: index))
            }
        }
        copied = update.settings.isOptimizerSharded ? weights : parts.count
        hashes = Array(repeating: 0, count: parts.count)
        self.parts = parts
    }

    /// Throws, on this rank alone, if what it is about to update is not what the last check found.
    func verify() throws {
        guard let seal, seal.version == state.version else { return }
        self.seal = nil
        for index in parts.indices where hash(parts[index]) != hashes[index] {
            throw change(of: index, since: seal)
        }
    }

    /// Throws on all ranks if they do not hold the same, and on one if its memory has changed; collective, between
    /// steps.
    ///
    /// - Parameters:
    ///   - step: The steps taken so far.
    ///   - memory: What the update rule keeps beside its arrays.
    func compare(step: Int, memory: [Double]) throws {
        var shared = BlockDigest()
        let last = seal.flatMap { $0.version == state.version ? $0 : nil }
        for (index, part) in parts.enumerated() {
            let found = hash(part)
            if let last, found != hashes[index] { throw change(of: index, since: last) }
            hashes[index] = found
            if index < copied { shared.add(found, at: part.place) }
        }
        seal = Seal(step: step, version: state.version)
        guard cluster.size > 1 else { return }
        var states = BlockDigest()
        for (place, value) in statistics().enumerated() { states.add(value, at: place) }
        var numbers = BlockDigest()
        for (place, number) in memory.enumerated() { numbers.add(number.bitPattern, at: place) }

        let own = [shared.value, states.value, numbers.value]
        let all = try cluster.world.allGather(own)
        let column = { (place: Int) in
            (0..<self.cluster.size).map { all[$0 * own.count + place] }
        }
        let nodes = Vote(Self.sums(column(0), of: cluster.nodes))
        guard nodes.isUnanimous else { throw try difference(nodes, step) }
        let ranks = Vote(column(1))
        guard ranks.isUnanimous else {
            let first = try firstDifference(statistics(), of: cluster.world.ranges)
            let names = variables(isTrainable: false)
            throw try error("running statistics", ranks.odd, ranks, step, first.map { names[$0].name })
        }
        let rule = Vote(column(2))
        guard rule.isUnanimous else {
            throw try error("numbers of the update rule", rule.odd, rule, step, nil)
        }
    }

    /// The hash of a part's bits as they are now.
    private func hash(_ part: Part) -> UInt64 { cluster.kernels.pointee.hash(part.count, part.elements) }

    /// The model's variables that are trained, or those that are not, with their places in it.
    private func variables(isTrainable: Bool) -> [(place: Int, name: String)] {
        state.model.variables.enumerated().filter { $1.isTrainable == isTrainable }.map { ($0, $1.name) }
    }

    /// The hash of each variable that every rank keeps for itself.
    private func statistics() -> [UInt64] {
        variables(isTrainable: false).map { variable in
            let count = state.model.variables[variable.place].count
            return cluster.kernels.pointee.hash(Int64(count), state.pointer(variable.place))
        }
    }

    // MARK: What differs

    /// What the array of this number holds: 0 is the parameters, then come the update rule's arrays.
    private func what(array: Int) -> String {
        array == 0 ? "weights" : "the optimizer's \(stateNames[array - 1]) values"
    }

    private func change(of index: Int, since seal: Seal) -> MemoryChangeError {
        let (array, block) = parts[index].place.quotientAndRemainder(dividingBy: state.layout.blocks.count)
        let entry = state.layout.entries[state.layout.tensor(ofBlock: block)]
        return MemoryChangeError(
            what: what(array: array), variable: state.model.variables[entry.variable].name,
            rank: cluster.rank, host: DisagreementError.host, step: seal.step, advice: advice)
    }

    /// The error for nodes whose copies differ; collective.
    private func difference(_ nodes: Vote, _ step: Int) throws -> DisagreementError {
        let (layout, names) = (state.layout, variables(isTrainable: true))
        // Array by array, in the order of the model rather than of the flat stretch.
        var rows = Array(repeating: 0, count: state.model.variables.count)
        for (row, variable) in names.enumerated() { rows[variable.place] = row }
        var tensors = Array(repeating: BlockDigest(), count: (1 + stateNames.count) * names.count)
        for index in 0..<copied {
            let (array, block) = parts[index].place.quotientAndRemainder(dividingBy: layout.blocks.count)
            let row = rows[layout.entries[layout.tensor(ofBlock: block)].variable]
            tensors[array * names.count + row].add(hashes[index], at: block)
        }
        let first = try firstDifference(tensors.map(\.value), of: cluster.nodes) ?? 0
        return try error(
            what(array: first / max(1, names.count)), nodes.odd.flatMap { cluster.nodes[$0] }, nodes, step,
            names[first % max(1, names.count)].name)
    }

    /// The first place at which groups of ranks, whose members' numbers are added, differ; collective.
    private func firstDifference(_ own: [UInt64], of groups: [Range<Int>]) throws -> Int? {
        let all = try cluster.world.allGather(own)
        return own.indices.first { place in
            let column = (0..<cluster.size).map { all[$0 * own.count + place] }
            return !Vote(Self.sums(column, of: groups)).isUnanimous
        }
    }

    private func error(
        _ what: String, _ ranks: [Int], _ vote: Vote, _ step: Int, _ variable: String?
    ) throws -> DisagreementError {
        let hosts = try Agreement.gathered(DisagreementError.host, in: cluster.world)
        return DisagreementError(
            what: what, isPlural: true, ranks: ranks, hosts: ranks.map { hosts[$0] },
            isDecided: vote.isDecided,
            place: "at step \(step)" + (variable.map { ", first in \($0)" } ?? ""), advice: advice)
    }

    /// What to do about wrong memory.
    private var advice: String {
        "suspect the memory or the processor there, leave that host out, and continue from the last checkpoint with \(cluster.guidance.continuation)"
    }

    private static func sums(_ values: [UInt64], of groups: [Range<Int>]) -> [UInt64] {
        groups.map { values[$0].reduce(0, &+) }
    }
}

extension Communicator {
    /// Each rank as a group of its own.
    fileprivate var ranges: [Range<Int>] { (0..<size).map { $0..<($0 + 1) } }
}
