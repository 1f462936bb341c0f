import Cluster
import DataParallel
import Datasets
import Graph
import Layers
import Messages

/// Computes a landscape: its directions, then point after point; every rank takes part in each.
struct LandscapeRun {
    let loaded: LoadedModel
    /// The loss whose gradient and curvature give directions, and in training mode the points' losses.
    let objective: DatasetObjective
    /// Examples of a mini-batch in evaluation mode.
    let batch: Int
    let along: LandscapeDirections
    /// The plane of paths, on all ranks, and on rank 0 its directions; nil for other directions.
    let paths: FoundPaths?
    let options: LandscapeOptions
    /// The name of the data set, such as "train".
    let data: String
    /// Whether its examples are a sample of the set.
    let isSample: Bool
    /// How the run of the weights stores activations.
    let runPrecision: Precision

    private var cluster: Cluster { loaded.cluster }
    private var model: TracedModel { loaded.model }
    private var parameters: Int { model.parameterCount }

    /// Computes what the folder does not hold yet; collective over the cluster.
    ///
    /// - Parameters:
    ///   - folder: On rank 0, the folder for files.
    ///   - other: On rank 0 the weights at the end of a line.
    ///   - picture: Makes the picture; nil for none.
    /// - Returns: The landscape; nil if the run was asked to stop.
    func run(
        in folder: LandscapeFolder?, other: [[Float]]?, picture: ((Landscape) -> String)?
    ) throws -> Landscape? {
        // Two outputs are no directions of the weights.
        var isOfWeights = true
        if case .outputs = along { isOfWeights = false }
        let count = paths?.plane.ends.count ?? along.count(parameters: parameters)
        let grid =
            paths.map { LandscapeGrid(between: $0.plane.ends, points: options.points) }
            ?? LandscapeGrid(along, count: count, options)
        var kept = LandscapeFolder.Kept()
        try cluster.agree(
            Result {
                guard let folder else { return }
                let identity = LandscapeIdentity(
                    along, options, grid, data: data, other: other, paths: paths?.plane, loaded, objective,
                    batch: batch)
                kept = try folder.open(
                    identity, of: model, count: isOfWeights ? count : 0, points: grid.count,
                    overwrites: options.overwrites)
                if !kept.losses.isEmpty, kept.losses.count < grid.count {
                    cluster.note(
                        "going on after \(kept.losses.count) of \(counted(grid.count, "point")) in \(folder.path)"
                    )
                }
            })
        StopRequest.takeTermination()
        Interruption.watch()
        defer {
            Interruption.forget()
            StopRequest.leaveTermination()
        }
        if cluster.rank == 0 { Interruption.say(standing(kept.losses.count, of: grid.count)) }
        let found = try directions(kept, folder, other: other)
        let weights = try ParameterPlane(
            loaded.state, count: isOfWeights ? count : 0, directions: found.values, on: cluster)
        let outputs = try FoundOutputs(along, loaded, objective, batch: batch)
        let plane =
            try outputs.map {
                try ParameterPlane(
                    $0.state, count: count, directions: FoundOutputs.directions, on: cluster)
            } ?? weights
        // Before any point, while the parameters are the weights'.
        let taylor =
            options.expands ? try TaylorExpansion(plane.directions, loaded, objective) : nil
        let losses = try losses(from: kept.losses, on: plane, outputs, grid, folder)
        try outputs?.free()
        guard let losses else { return nil }
        var landscape = Landscape(
            along: along, grid: grid, losses: losses, radius: options.radius(along),
            weightNorm: try weights.norm(),
            directionNorms: try weights.directions.map { try $0.squaredNorm().squareRoot() },
            gradientNorm: found.facts.gradientNorm,
            eigenvalues: zip(found.facts.eigenvalues, found.facts.residuals).map {
                Diagnosis.Eigenvalue(value: $0, residual: $1)
            },
            usesBatchStatistics: options.usesBatchStatistics, hasBatchNorm: model.usesBatchStatistics,
            data: data, examples: objective.count, isSample: isSample, parameters: parameters,
            paths: paths?.plane, outputs: outputs?.plane, taylor: taylor, seed: options.seed)
        landscape.runPrecision = runPrecision
        let finished = landscape
        try cluster.agree(Result { try folder?.finish(finished, picture: picture?(finished)) })
        return landscape
    }

    /// The directions that the folder keeps, or new ones, which are then written to it; collective over the cluster.
    private func directions(
        _ kept: LandscapeFolder.Kept, _ folder: LandscapeFolder?, other: [[Float]]?
    ) throws -> FoundDirections {
        if let facts = try Agreement.fromRoot(cluster.world, { [kept.facts] })[0] {
            return FoundDirections(values: cluster.rank == 0 ? kept.directions : nil, facts: facts)
        }
        let search = DirectionSearch(loaded: loaded, objective: objective, seed: options.seed)
        let found =
            try paths.map { FoundDirections(values: $0.directions, facts: FoundDirections.Facts()) }
            ?? search.find(along, other: other)
        try cluster.agree(
            Result { try folder?.write(found.values ?? [], found.facts, of: model) })
        return found
    }

    // MARK: Points

    /// The losses of all points, of which rank 0 has the first ones; nil where the work was asked to stop. Collective.
    private func losses(
        from kept: [Double], on plane: ParameterPlane, _ outputs: FoundOutputs?, _ grid: LandscapeGrid,
        _ folder: LandscapeFolder?
    ) throws -> [Double]? {
        let first = try cluster.world.broadcast(kept.count, root: 0)
        var losses = cluster.rank == 0 ? kept : Array(repeating: 0, count: first)
        if first > 0 { try cluster.world.broadcast(&losses, root: 0) }
        guard first < grid.count else { return losses }
        let meter = try LossMeter(
            cluster, outputs?.state ?? loaded.state, outputs?.objective ?? objective, batch: batch)
        let work = CountedWork("landscape", "point", on: loaded.progress)
        defer { work.end() }
        for place in first..<grid.count {
            FaultPoint.reach(.evaluate, step: place + 1)
            let coordinates = grid.coordinates(place)
            try plane.move(to: displacement(coordinates))
            var loss = try meter.loss()
            // The surface under paths may reach where the loss overflows; the picture says so.
            if paths != nil, !loss.isFinite { loss = .infinity }
            guard loss.isFinite || paths != nil else {
                try meter.free()
                try cluster.agree(Result { try folder?.discard() })
                throw notFinite(loss, at: coordinates)
            }
            losses.append(loss)
            try cluster.agree(
                Result { try folder?.add(Landscape.Point(coordinates: coordinates, loss: loss)) })
            if cluster.rank == 0 { Interruption.say(standing(losses.count, of: grid.count)) }
            // Points of earlier calls say nothing about the time that is left.
            work.advance(losses.count - first, of: grid.count - first)
            if try isToStop(after: losses.count, of: grid.count) {
                try meter.free()
                return nil
            }
        }
        try meter.free()
        return losses
    }

    /// The coordinates relative to the weights, which are not 0 where coordinates are parameters.
    private func displacement(_ coordinates: [Double]) -> [Double] {
        paths.map { zip(coordinates, $0.plane.origin).map { $0 - $1 } } ?? coordinates
    }

    private func notFinite(_ loss: Double, at coordinates: [Double]) -> TrainingError {
        let place = zip(["a", "b"], coordinates).map { "\($0) = \($1)" }.joined(separator: ", ")
        var isHere = coordinates.allSatisfy { $0 == 0 }
        if case .outputs = along { isHere = false }
        let advice =
            isHere
            ? "these weights have no landscape, use those of an earlier checkpoint"
            : "give a smaller --radius"
        return TrainingError(.diverged, "the loss at \(place) is \(loss.plainText): \(advice)")
    }

    /// Whether a signal has asked any rank to stop; one that leaves no time ends the process here. Collective.
    private func isToStop(after done: Int, of total: Int) throws -> Bool {
        let own = [StopRequest.isPending ? 1 : 0, Interruption.isPending ? 1 : 0]
        let any = try cluster.world.allReduce(own, .max)
        if any[1] == 1 { try Interruption.end(standing(done, of: total), cluster) }
        guard any[0] == 1, done < total else { return false }
        if cluster.rank == 0 { cluster.note("stopped: \(standing(done, of: total))") }
        return true
    }

    /// What is finished, and how to go on.
    private func standing(_ done: Int, of total: Int) -> String {
        let guidance = cluster.guidance
        let again = guidance.wording == .swift ? "another call" : guidance.continuation
        return "\(done) of \(counted(total, "point")) are kept, go on with \(again)"
    }
}

/// The mean loss of a data set at the current weights; in evaluation mode the same number that an evaluation reports.
private struct LossMeter {
    private let evaluator: Evaluator?
    private let training: DatasetLoss?

    /// Collective over the cluster.
    init(_ cluster: Cluster, _ state: ModelState, _ objective: DatasetObjective, batch: Int) throws {
        guard !objective.mode.usesBatchStatistics else {
            training = try DatasetLoss(cluster: cluster, state: state, objective: objective)
            evaluator = nil
            return
        }
        evaluator = try Evaluator(
            cluster: cluster, state: state,
            order: EpochOrder(inOrder: objective.count, subset: objective.order.rows, batchSize: batch),
            maker: objective.maker, shards: objective.shards, workers: objective.workers, metrics: [.loss])
        training = nil
    }

    /// The mean loss; collective, the same on all ranks.
    func loss() throws -> Double { try training?.compute() ?? evaluator?.totals().loss ?? .nan }

    /// Gives shared memory back; collective over the cluster.
    func free() throws { try training?.free() }
}
