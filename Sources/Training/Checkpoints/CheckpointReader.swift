import Cluster
import DataParallel
import Foundation
import MPI
import Safetensors

/// Reads a checkpoint on all ranks that can see it: each verifies and keeps a share of the files, so that together they
/// read every byte once.
final class CheckpointReader {
    /// The verified checkpoint.
    let verification: CheckpointVerification
    private let replica: Replica
    private let weights: [[Float]]?
    /// The optimizer state files that this rank has read, and the pieces in every rank's files, in rank order.
    private let files: [SafetensorsFile]
    private let pieces: [[Piece]]

    /// A piece, with the file and the tensor that hold it.
    private struct Piece: Codable {
        let file: Int
        let tensor: String
        let array: Int
        let entry: Int
        let start: Int
        let end: Int
    }

    /// The result of one rank's reading.
    private struct Finding: Codable {
        var pieces: [Piece] = []
        var problem: Problem?
    }

    /// Why a checkpoint cannot be used.
    private struct Problem: Codable {
        let text: String
        let isForeign: Bool
        let isDamaged: Bool

        init(_ error: any Error) {
            let kind = (error as? TrainingError)?.kind
            text = "\(error)"
            isForeign = kind == .foreignFormat
            isDamaged = !isForeign && kind != .unreadable
        }

        /// The problem as an error, which is the same on all ranks.
        var error: any Error {
            isForeign
                ? TrainingError(.foreignFormat, text) as any Error : Unusable(text, isDamaged: isDamaged)
        }
    }

    /// Rank 0's small files, as sent to the other ranks.
    private struct Head: Codable {
        var manifest = Data()
        var state = Data()
        var problem: Problem?
    }

    /// Opens and verifies the checkpoint at `path`; collective. Throws the same error on all ranks: `Unusable` if it is
    /// damaged or cannot be read, a configuration error if it belongs to another run, `foreignFormat` if another
    /// version wrote it.
    ///
    /// - Parameters:
    ///   - identity: The identity of the run.
    ///   - isHidden: Whether ranks other than 0 must behave as if they could not see the folder.
    ///   - problem: Returns what is wrong with a position for this run; nil if nothing is.
    init(
        _ path: String, identity: RunIdentity, for replica: Replica, isHidden: Bool,
        problem: (RunPosition) -> String?
    ) throws {
        self.replica = replica
        let cluster = replica.cluster
        let head = try Agreement.fromRoot(cluster.world) { () -> Head in
            do {
                let verification = try CheckpointVerification(path)
                return Head(
                    manifest: Data(try verification.manifest.encoded()),
                    state: Data(try verification.state.encoded()))
            } catch { return Head(problem: Problem(error)) }
        }
        if let problem = head.problem { throw problem.error }
        let manifest = try CheckpointManifest.parse(Array(head.manifest), path: path)
        let state = try CheckpointState.parse(Array(head.state), path: path)
        guard identity.isSame(as: manifest.identity), state.optimizer == replica.settings.rule.name else {
            let text = try Agreement.fromRoot(cluster.world) {
                [
                    try Self.difference(
                        from: path, identity.changes(from: manifest.identity),
                        isFinished: state.position.isFinished, cluster.guidance)
                ]
            }
            throw TrainingError(.configuration, text[0])
        }
        verification = try CheckpointVerification(path, manifest, state)
        if let problem = problem(state.position) {
            throw Unusable("\(path)/\(CheckpointFormat.state) holds \(problem)")
        }
        let readers = try Self.readers(of: path, manifest, isHidden: isHidden, in: cluster.world)
        var finding = Finding()
        var weights: [[Float]]?
        var files: [SafetensorsFile] = []
        do {
            for (file, reader) in zip(manifest.files, readers) where reader == cluster.rank {
                if file.name == CheckpointFormat.weights {
                    weights = try WeightsFile.values(
                        of: verification.tensors(file.name), for: replica.state.model
                    ).values
                } else if CheckpointFormat.isOptimizer(file.name) {
                    let tensors = try verification.tensors(file.name)
                    finding.pieces += try Self.pieces(
                        of: tensors, number: files.count, state.position, for: replica)
                    files.append(tensors)
                } else {
                    try verification.check(file.name)
                }
            }
        } catch { finding.problem = Problem(error) }
        self.weights = weights
        self.files = files
        let all = try Agreement.gathered(finding, in: cluster.world)
        if let problem = all.lazy.compactMap(\.problem).first { throw problem.error }
        pieces = all.map(\.pieces)
        if let problem = Self.gap(pieces.joined(), state.position, replica) {
            throw Unusable("\(path) \(problem)")
        }
    }

    /// The message if the checkpoint at `path` belongs to another run: what differs, and how to continue that run, or
    /// start from its weights if it has ended.
    private static func difference(
        from path: String, _ changes: [ConfigurationChange], isFinished: Bool, _ guidance: Guidance
    ) throws -> String {
        let folder = PathParts.folder(of: PathParts.folder(of: path))
        let hasConfiguration = FileManager.default.fileExists(
            atPath: "\(folder)/\(RunFolder.configurationName)")
        var text = "\(path) was made by a run with other data, model or settings"
        if let change = ConfigurationChange.text(changes) { text += " (\(change))" }
        // The checkpoint's path is absolute, but the user may have named the folder in another way.
        let isOwn = guidance.output.map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path } == folder
        let run = isOwn ? guidance.output ?? folder : folder
        switch guidance.wording {
        case .swift:
            let start = isFinished ? ", with init.weights for its weights" : ""
            return text + ": give the run's own model, data and settings, or another --output" + start
        case .repeated: return text + ": give the run's own settings, --overwrite, or another --output"
        case .commandLine(let program):
            if !hasConfiguration, try RunDescription(folder: folder) == nil {
                return text + ": use the run's own configuration"
            }
            text += ": change \(changes.count == 1 ? "it" : "them") back, or "
            guard isFinished, hasConfiguration else {
                return text + (try RunFolder.continuation(of: run, guidance.wording))
            }
            let command = NewRunCommand(program: program, arguments: Array(CommandLine.arguments.dropFirst()))
            guard !changes.contains(where: \.concernsModel) else {
                return text
                    + "train anew, since the run has ended: \(command.text(after: run, takesWeights: false))"
            }
            return text
                + "start a new run from its weights, since it has ended: \(command.text(after: run, takesWeights: true))"
        }
    }

    /// Sets the replica's state from the checkpoint; collective.
    func load() throws {
        try replica.state.set(weights)
        let world = replica.cluster.world
        for (rank, pieces) in pieces.enumerated() {
            for piece in pieces {
                // Already read and checked, so that no rank fails alone here.
                var values =
                    rank == world.rank
                    ? try files[piece.file].tensor(named: piece.tensor)
                    : Array(repeating: 0, count: piece.end - piece.start)
                try world.broadcast(&values, root: rank)
                replica.set(
                    StatePiece(array: piece.array, entry: piece.entry, elements: piece.start..<piece.end),
                    values)
            }
        }
        try world.barrier()
        let position = verification.state.position
        if !position.ruleMemory.isEmpty { replica.ruleMemory = position.ruleMemory }
        if let numbers = position.delayedNumbers { try replica.restorePending(numbers: numbers) }
    }

    /// The rank that reads each file of the manifest: among those that can see it, the one with the least to read so
    /// far.
    private static func readers(
        of path: String, _ manifest: CheckpointManifest, isHidden: Bool, in world: Communicator
    ) throws -> [Int] {
        let own = FileManager.default.contents(atPath: "\(path)/\(CheckpointFormat.manifest)")
        let sees = try !isHidden && own == Data(manifest.encoded())
        let flags = try world.allGather(sees || world.rank == 0 ? 1 : 0)
        var loads = [Int](repeating: 0, count: world.size)
        return manifest.files.map { file in
            // Rank 0 distributes the weights, and has already read the state.
            var reader = 0
            if file.name != CheckpointFormat.weights, file.name != CheckpointFormat.state {
                for rank in 0..<world.size where flags[rank] == 1 && loads[rank] < loads[reader] {
                    reader = rank
                }
            }
            // The sizes are from the manifest; their sum was checked not to overflow.
            loads[reader] += file.bytes
            return reader
        }
    }

    /// The pieces in a file; throws if a tensor is not a piece of the state.
    private static func pieces(
        of file: SafetensorsFile, number: Int, _ position: RunPosition, for replica: Replica
    ) throws -> [Piece] {
        let names = CheckpointCopy.arrayNames(of: replica, isDelayed: position.delayedNumbers != nil)
        var wholes: [String: (array: Int, entry: Int)] = [:]
        for (array, name) in names.enumerated() {
            for (entry, place) in replica.state.layout.entries.enumerated() {
                let variable = replica.state.model.variables[place.variable].name
                wholes[CheckpointFormat.tensorName(array: name, variable: variable, start: nil)] = (
                    array, entry
                )
            }
        }
        return try file.tensors.map { tensor in
            let name = tensor.name
            var start = 0
            var found = wholes[name]
            if found == nil, let at = name.lastIndex(of: "@"),
                let number = Int(name[name.index(after: at)...])
            {
                found = wholes[String(name[..<at])]
                start = number
            }
            guard let found, start >= 0, tensor.type == .float32,
                case let count = replica.state.layout.entries[found.entry].count,
                tensor.elementCount <= count,
                start <= count - tensor.elementCount
            else {
                throw TrainingError(
                    .badFile, "\(file.path) holds a tensor that the run's optimizer does not have")
            }
            return Piece(
                file: number, tensor: name, array: found.array, entry: found.entry, start: start,
                end: start + tensor.elementCount)
        }
    }

    /// What the pieces leave out or hold twice; nil if they are exactly the whole state.
    private static func gap(
        _ pieces: some Sequence<Piece>, _ position: RunPosition, _ replica: Replica
    ) -> String? {
        let entries = replica.state.layout.entries
        let arrays = CheckpointCopy.arrayNames(of: replica, isDelayed: position.delayedNumbers != nil).count
        var next = [Int](repeating: 0, count: arrays * entries.count)
        for piece in pieces.sorted(by: { $0.start < $1.start }) where piece.start < piece.end {
            let place = piece.array * entries.count + piece.entry
            guard next[place] == piece.start else { return "lacks optimizer state, or holds some twice" }
            next[place] = piece.end
        }
        let isWhole = next.indices.allSatisfy { next[$0] == entries[$0 % max(1, entries.count)].count }
        return isWhole ? nil : "lacks optimizer state"
    }

    /// A checkpoint that cannot be used, the same on all ranks.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
        /// Whether its files differ from what was written, rather than being out of reach.
        let isDamaged: Bool

        init(_ description: String, isDamaged: Bool = true) {
            self.description = description
            self.isDamaged = isDamaged
        }
    }
}
