import DataParallel
import Layers
import Safetensors

/// The copy of a run's state that a rank makes at a checkpoint, for which alone training waits.
struct CheckpointCopy {
    /// The replica whose state is copied.
    let replica: Replica
    /// The run's position; on rank 0 it includes the length of the metrics.
    let position: RunPosition
    /// Which rank writes which part.
    let shares: CheckpointShares

    /// The files that this rank must write, with their content in private memory; collective.
    ///
    /// - Parameter best: The best weights so far, on rank 0.
    func files(best: CheckpointFile?) throws -> [CheckpointFile] {
        var files: [CheckpointFile] = []
        if let optimizer = try optimizerFile() { files.append(optimizer) }
        if replica.cluster.rank == 0 {
            files.append(try WeightsFile.copy(replica.state, trainedBatches: position.step))
            if let best { files.append(best) }
            let state = CheckpointState(optimizer: replica.settings.rule.name, position: position)
            files.append(CheckpointFile(CheckpointFormat.state, try state.encoded()))
        }
        return files
    }

    /// The bytes that this rank copies if every rank can write into the folder; without the best weights.
    static func byteCount(of replica: Replica) -> Int {
        let cluster = replica.cluster
        let arrays = arrayNames(of: replica, isDelayed: replica.settings.isDelayed).count
        let shares = CheckpointShares(
            replica, sees: Array(repeating: true, count: cluster.size))
        let elements = pieces(replica, arrays: arrays, shares)?.pieces.reduce(0) { $0 + $1.elements.count }
        return (elements ?? 0) * 4 + (cluster.rank == 0 ? replica.state.byteCount : 0)
    }

    /// The slices of the optimizer's state that this rank writes, and its index among the writers; nil if rank 0
    /// gathers them.
    private static func pieces(
        _ replica: Replica, arrays: Int, _ shares: CheckpointShares
    ) -> (pieces: [StatePiece], place: Int)? {
        let rank = replica.cluster.rank
        switch shares.kind {
        case .owners: return (replica.ownPieces(arrays: arrays), rank)
        case .node(let writers):
            let stretch = CheckpointShares.stretch(
                of: rank, writers: writers, elements: arrays * replica.stateElements,
                weights: replica.stateElements)
            return (replica.pieces(in: stretch), writers.firstIndex(of: rank) ?? 0)
        case .gathered: return nil
        }
    }

    private func optimizerFile() throws -> CheckpointFile? {
        let names = Self.arrayNames(of: replica, isDelayed: position.delayedNumbers != nil)
        guard let (pieces, place) = Self.pieces(replica, arrays: names.count, shares) else {
            return try gatheredFile(names)
        }
        guard !pieces.isEmpty else { return nil }
        return try CheckpointFile(
            CheckpointFormat.optimizer(place),
            tensors: try pieces.map { piece in
                let entry = replica.state.layout.entries[piece.entry]
                let variable = replica.state.model.variables[entry.variable]
                let isWhole = piece.elements.count == entry.count
                return (
                    CheckpointFormat.tensorName(
                        array: names[piece.array], variable: variable.name,
                        start: isWhole ? nil : piece.elements.lowerBound),
                    isWhole ? variable.shape : [piece.elements.count], try replica.copy(piece)
                )
            })
    }

    /// Whole tensors on rank 0; nil on other ranks; collective.
    private func gatheredFile(_ names: [String]) throws -> CheckpointFile? {
        var tensors: [(name: String, shape: [Int], values: FloatCopy)] = []
        for (array, name) in names.enumerated() {
            for entry in replica.state.layout.entries where entry.count > 0 {
                guard let values = try replica.optimizerState(array, entry) else { continue }
                let variable = replica.state.model.variables[entry.variable]
                tensors.append(
                    (
                        CheckpointFormat.tensorName(array: name, variable: variable.name, start: nil),
                        variable.shape, try FloatCopy(values)
                    ))
            }
        }
        return tensors.isEmpty ? nil : try CheckpointFile(CheckpointFormat.optimizer(0), tensors: tensors)
    }

    /// The names of the update rule's state arrays and, with delayed updates, of the pending gradient.
    static func arrayNames(of replica: Replica, isDelayed: Bool) -> [String] {
        replica.settings.rule.stateNames + (isDelayed ? ["delayed_gradient"] : [])
    }
}
