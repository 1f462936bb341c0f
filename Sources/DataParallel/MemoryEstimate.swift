import CKernels
import COneDNN
import Cluster
import FixedTree
import Graph
import Layers
import Optimizers
import Runtime

/// The memory that training takes, from plans that are not run.
///
/// Of a rank it is what stays in memory once all of it has been written or read: the peak of its resident bytes
/// (VmHWM), in which what the ranks of a node share counts on each of them.
package struct MemoryEstimate: Sendable {
    /// What a run does, as far as its memory depends on it.
    package struct Work: Sendable {
        /// Shards of a mini-batch.
        package var shards: Int
        /// How gradients change parameters.
        package var rule: any UpdateRule
        /// The sizes of mini-batches in training, in examples.
        package var batches: [Int]
        /// The sizes of mini-batches of each set that is evaluated.
        package var evaluations: [[Int]] = []
        /// Bytes of the examples of all data sets, which a node holds once, and of what each rank knows of them, such as
        /// the order of an epoch.
        package var dataBytes = 0
        package var orderBytes = 0
        /// Bytes of the tensors of one example in a mini-batch.
        package var exampleBytes = 0
        /// The approximate bytes of the parts in which gradients are exchanged.
        package var bucketBytes = 1 << 20
        /// Whether gradients are kept from one mini-batch to the next, and whether they are summed during the next step.
        package var keepsGradients = false
        package var isDelayed = false
        /// How activations and their gradients are stored.
        package var precision = Precision.float32
        /// Whether a rank holds the best weights beside, to save them.
        package var keepsBest = false

        package init(shards: Int, rule: any UpdateRule, batches: [Int]) {
            self.shards = shards
            self.rule = rule
            self.batches = batches
        }
    }

    /// Bytes of a rank by what they are for.
    package struct Rank: Sendable {
        /// The program and its libraries.
        package var program = 0
        /// Examples, and their order.
        package var data = 0
        /// Parameters and states, gradients, the optimizer's state, and copies to be saved.
        package var weights = 0
        package var gradients = 0
        package var optimizerState = 0
        package var copies = 0
        /// Activations, temporary values and inputs of the rank's shards, in training and in evaluation.
        package var activations = 0
        /// How much of all that is memory which the ranks of the node share.
        fileprivate var shared = 0

        /// All of it.
        package var total: Int {
            program + data + weights + gradients + optimizerState + copies + activations
        }
    }

    /// Bytes of activations and temporary values of one shard.
    package var perShard: Int { training.arena + training.kept }
    /// Whether all shards of a rank are in memory at the same time, as batch norm across shards requires.
    package var keepsAllShards: Bool { training.waits }
    /// Bytes of parameters, once per node.
    package let parameters: Int
    /// Bytes of optimizer state: once per node or, if sharded, once over all ranks of the job.
    package let optimizerState: Int
    /// What steps of Newton's method take beside; nil of other steps.
    package let newton: Newton?
    private let work: Work
    private let states: Int
    private let training: Pass
    private let evaluations: [Pass]
    /// Bytes of the rounded forms of weights, once per node.
    private let roundedBytes: Int
    /// Bytes of gradients that each shard writes by itself, to be added up.
    private let ownGradients: Int
    /// Bytes of gradients that several ranks of a node make whole, each its slices, of operands that they share.
    private let wholeGradients: Int

    /// What steps of Newton's method take.
    package struct Newton: Sendable {
        /// Bytes of activations and intermediate values of one shard, of products with the Hessian and losses at trials.
        package let perShard: Int
        /// Bytes of vectors of the parameters' size, over all ranks of the job together, and what Lanczos's method adds at
        /// most.
        package let vectors: Int
        package let basis: Int
        /// Floating-point operations of a product with the Hessian of one example, and how many a step takes at most.
        package let flops: Int
        package let products: Int
    }

    /// The memory of a pass over shards, as `ShardPass` and `ProgramCache` allocate it.
    private struct Pass {
        /// Bytes of a slot, which is a shard's while it runs; of what every shard keeps; of a worker.
        let arena, kept, scratch: Int
        /// Bytes of values that all shards share, for each size of shard, and of results of collectives.
        let uniform, collectives: Int
        /// Bytes of a shard's contributions to collectives, and of its inputs.
        let contributions, inputs: Int
        let waits: Bool

        init(_ program: Program, sizes: Set<Int>, exampleBytes: Int) {
            arena = program.arenaBytes
            kept = program.keptBytes
            scratch = program.scratchBytes
            uniform = program.uniformBytes * sizes.count
            collectives = program.collectiveBytes
            contributions = program.collectives.reduce(0) { $0 + PrivateMemory.aligned($1.byteCount) }
            inputs = (sizes.max() ?? 0) * exampleBytes
            waits = program.hasBlockingCollectives
        }

        /// Bytes of a rank with so many shards and worker threads, which reads what `keeping` shards keep.
        func bytes(shards: Int, keeping: Int, workers: Int) -> Int {
            let slots = waits ? shards : min(workers, shards)
            return slots * arena + keeping * kept + shards * (contributions + inputs) + workers * scratch
                + uniform + collectives
        }
    }

    /// Plans `model` for the mini-batches of a run, with vector loops that default to those of this processor.
    package init(
        _ model: TracedModel, _ work: Work,
        kernels: UnsafePointer<dt_kernels> = dt_kernels_for(dt_isa_detect())
    ) throws {
        od_set_thread()
        self.work = work
        /// The sizes of shards of mini-batches.
        func sizes(_ batches: [Int]) -> Set<Int> {
            var found: Set<Int> = []
            for batch in batches {
                for shard in [0, work.shards - 1] {
                    found.insert(ShardBounds.range(of: shard, shards: work.shards, count: batch).count)
                }
                found.insert((batch + work.shards - 1) / work.shards)
            }
            found.remove(0)
            return found
        }
        let shardSizes = sizes(work.batches)
        let count = shardSizes.max() ?? 1
        let graph = model.trainingGraph(count: count).loweringBatchNorm()
        let schedule = Schedule(graph)
        let places = VariablePlaces(
            model, order: schedule.gradientOrder(of: graph), bucketBytes: work.bucketBytes)
        let rounded = work.precision == .bfloat16 ? RoundedWeights.variables(of: model) : []
        roundedBytes = rounded.reduce(0) { $0 + model.variables[$1].count * 4 }
        func plan(_ graph: Graph, _ count: Int) throws -> Program {
            do {
                return try ProgramPlanner(
                    graph, variableOffsets: places.offsets, roundedWeights: rounded, kernels: kernels
                ).plan()
            } catch {
                throw PlanningError(examples: count, error)
            }
        }
        let program = try plan(
            graph.reducingGradients(in: places.layout.groups).stored(in: work.precision), count)
        training = Pass(program, sizes: shardSizes, exampleBytes: work.exampleBytes)
        evaluations = try work.evaluations.filter { !$0.isEmpty }.map { batches in
            let shardSizes = sizes(batches)
            let count = shardSizes.max() ?? 1
            let program = try plan(
                model.evaluationGraph(model.inputTypes(count: count)).stored(in: work.precision), count)
            return Pass(program, sizes: shardSizes, exampleBytes: work.exampleBytes)
        }
        states = places.stateBytes
        parameters = places.layout.elementCount * 4
        optimizerState = work.rule.stateNames.count * parameters
        ownGradients = program.groups.flatMap(\.parameters).reduce(0) {
            $0 + model.variables[$1].count * 4
        }
        let joints = program.stages.flatMap(\.parts).flatMap(\.joints).filter(\.isForNode)
        wholeGradients = joints.reduce(0) { $0 + $1.rows * $1.columns * 4 }
        newton = try (work.rule as? NewtonCG).map { rule in
            let inputs = model.inputTypes(count: count)
            let product = model.hessianProductGraph(inputs)
            let loss = model.lossGraph(inputs, TracedModel.ObjectiveMode(), updatesStates: true)
            let programs = try [
                plan(product.reducingGradients(in: places.layout.groups), count),
                plan(loss.loweringBatchNorm(), count),
            ]
            return Newton(
                perShard: programs.reduce(0) { $0 + $1.arenaBytes + $1.keptBytes },
                vectors: NewtonStepper.bytesPerParameter * places.layout.elementCount,
                basis: rule.iterations * places.layout.elementCount * 4, flops: product.flops / count,
                products: rule.iterations)
        }
    }

    /// The memory of each rank of a node, of which there are `ranks`, no others being elsewhere.
    ///
    /// - Parameters:
    ///   - workers: Worker threads of a rank.
    ///   - program: Bytes of the program with its libraries, before it has any data.
    package func ranks(_ ranks: Int, workers: Int, program: Int) -> [Rank] {
        let map = ShardMap(shards: work.shards, nodes: [0..<ranks])
        let subtrees = map.subtrees.map(\.count)
        let all = subtrees.reduce(0, +)
        // What is saved is divided over the ranks; the weights are rank 0's.
        let saved = optimizerState + (work.isDelayed ? parameters : 0)
        let whole = saved + parameters
        let ofFirst = max(parameters, whole / ranks)
        return (0..<ranks).map { rank in
            let shards = map.owned[rank].count
            var found = Rank(program: program + Self.libraryBytes, data: work.dataBytes + work.orderBytes)
            found.weights =
                parameters + roundedBytes + states + (work.keepsBest && rank == 0 ? parameters + states : 0)
            // A rank writes its own partial sums and reads its slice of those of others.
            let divided = ranks > 1 ? parameters - wholeGradients : parameters
            let partial = divided * subtrees[rank] + divided * (all - subtrees[rank]) / ranks
            let sums = ranks > 1 ? parameters / ranks : 0
            // Sums over subtrees of a rank's shards wait for one another.
            let largest = map.subtrees[rank].map(\.count).max() ?? 1
            let depth = largest > 1 ? Int.bitWidth - (largest - 1).leadingZeroBitCount : 0
            let waiting = min(max(0, shards - subtrees[rank]), depth + min(workers, shards) - 1)
            let exchanges = work.isDelayed ? 2 : 1
            found.gradients = exchanges * (partial + sums + ownGradients * max(0, waiting))
            let kept = work.keepsGradients ? parameters : 0
            found.optimizerState = (optimizerState + kept) / ranks
            found.copies = rank == 0 ? ofFirst : (whole - ofFirst) / max(1, ranks - 1)
            // To copy its part of the state it reads what others have updated.
            let read = rank == 0 ? found.copies - parameters : found.copies
            found.optimizerState += max(0, read) * (ranks - 1) / ranks
            found.shared =
                work.dataBytes + parameters + roundedBytes + exchanges * partial + found.optimizerState
            let keeping = ranks > 1 && wholeGradients > 0 ? work.shards : shards
            if ranks > 1 { found.shared += keeping * training.kept }
            found.activations =
                training.bytes(shards: shards, keeping: keeping, workers: workers)
                + evaluations.reduce(0) { $0 + $1.bytes(shards: shards, keeping: shards, workers: workers) }
            if let newton {
                let slots = training.waits ? shards : min(workers, shards)
                found.activations += slots * newton.perShard
                found.optimizerState += (newton.vectors + newton.basis) / ranks
            }
            return found
        }
    }

    /// The memory of a node with the same ranks, in which what they share counts once.
    package func node(_ ranks: [Rank]) -> Int {
        guard ranks.count > 1 else { return ranks.reduce(0) { $0 + $1.total } }
        let map = ShardMap(shards: work.shards, nodes: [0..<ranks.count])
        let sums =
            map.subtrees.reduce(0) { $0 + $1.count } * (parameters - wholeGradients)
            * (work.isDelayed ? 2 : 1)
        let kept = (work.keepsGradients ? parameters : 0) + work.shards * training.kept
        return ranks.reduce(work.dataBytes + parameters + roundedBytes + sums + optimizerState + kept) {
            $0 + $1.total - $1.shared
        }
    }

    /// Bytes that libraries, with the code that they make, and Swift's own values take once training runs: measured, from
    /// 2 MiB for dense layers to 12 MiB for twenty convolutions.
    private static let libraryBytes = 4 << 20
}
