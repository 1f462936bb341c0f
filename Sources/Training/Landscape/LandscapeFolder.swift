import DataParallel
import Files
import Foundation
import Glibc
import Layers
import Safetensors

/// The folder of a landscape: its files, and the lock that keeps others out.
///
/// landscape.jsonl keeps what is finished, so that the same command goes on from there however it was stopped. Its
/// first line identifies the landscape. The second, written after directions.safetensors, has the facts about the
/// directions. Then comes a line for each point, in order. An incomplete line does not count.
final class LandscapeFolder {
    /// The losses as a table.
    static let tableName = "landscape.csv"
    /// The picture.
    static let pictureName = "landscape.svg"
    /// The points of paths.
    static let pathName = "path.csv"
    /// The directions.
    static let directionsName = "directions.safetensors"
    /// The lines that keep what is finished.
    static let pointsName = "landscape.jsonl"

    /// What a folder holds of a landscape.
    struct Kept {
        /// The facts about its directions; nil where these are still to be found.
        var facts: FoundDirections.Facts?
        /// The directions by the model's variables, row-major; empty without facts.
        var directions: [[[Float]]] = []
        /// The losses of its first points.
        var losses: [Double] = []
    }

    /// The first line.
    private struct Head: Codable {
        let identity: String
        let of: String
    }

    /// The second line.
    private struct Second: Codable {
        let facts: FoundDirections.Facts
        /// SHA-256 of the directions.
        let directions: String
    }

    /// A line of a point.
    private struct PointLine: Codable {
        /// Nil where it is not finite.
        let loss: Double?
    }

    let path: String
    private let keeper: LockKeeper
    private var descriptor: Int32 = -1
    private var synchronized = ProcessInfo.processInfo.systemUptime

    /// Makes the folder where it is missing, and locks it.
    init(_ path: String) throws {
        self.path = path
        try FileOutput.makeFolder(path)
        keeper = LockKeeper(
            try RunFolder.lock(path, waitsForOther: false) { text in
                if let text { DistributedProgram.note(text) }
            })
        _ = try FileOutput.probe(folder: path, byteCount: 1 << 12)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    private func file(_ name: String) -> String { "\(path)/\(name)" }

    private func holds(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }

    /// Throws if another process has taken the folder; called before anything is written.
    private func requireLock() throws {
        if !keeper.lock.seemsHeld { try RunFolder.require(keeper.lock, path) }
    }

    // MARK: What is finished

    /// Takes over what the folder holds of the same landscape, or begins it; throws if the folder holds another that is
    /// not to be overwritten.
    ///
    /// - Parameters:
    ///   - count: The number of directions in the model's variables.
    ///   - points: The number of points.
    func open(
        _ identity: LandscapeIdentity, of model: TracedModel, count: Int, points: Int, overwrites: Bool
    ) throws -> Kept {
        let (lines, ends) = try wholeLines()
        let head = lines.first.flatMap { try? JSONDecoder().decode(Head.self, from: $0) }
        let isSame = head?.identity == identity.digest
        let names = [Self.tableName, Self.pictureName, Self.directionsName]
        // A first line alone, or directions without a second line, may be overwritten without loss.
        let isBegun = lines.count > 1 || names.prefix(head == nil ? 3 : 2).contains(where: holds)
        if !overwrites, !isSame, isBegun {
            let other = "holds a landscape of other weights, data or options"
            throw TrainingError(
                .output,
                "\(path) \(head.map { "\(other) (\($0.of), not \(identity.words))" } ?? "holds a landscape already"): replace the landscape with --overwrite, or choose another --output"
            )
        }
        guard isSame, !overwrites else {
            try begin(identity, names)
            return Kept()
        }
        return try takeOver(lines, ends, of: model, count: count, points: points)
    }

    /// The lines of the file that are whole, and where each ends.
    private func wholeLines() throws -> (lines: [Data], ends: [Int]) {
        guard holds(Self.pointsName) else { return ([], []) }
        guard let bytes = FileManager.default.contents(atPath: file(Self.pointsName)) else {
            throw FileOutput.failure("cannot read", file(Self.pointsName))
        }
        var lines: [Data] = []
        var ends: [Int] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(bytes[start..<end])
            start = end + 1
            ends.append(start - bytes.startIndex)
        }
        return (lines, ends)
    }

    private func begin(_ identity: LandscapeIdentity, _ names: [String]) throws {
        try requireLock()
        for name in [Self.pointsName, Self.pathName] + names where holds(name) {
            guard unlink(file(name)) == 0 else {
                throw FileOutput.failure("cannot remove", file(name))
            }
        }
        try openPoints(at: 0)
        var line = JSONLine()
        line.add("identity", identity.digest)
        line.add("of", identity.words)
        try append(line.line, waits: true)
    }

    private func takeOver(
        _ lines: [Data], _ ends: [Int], of model: TracedModel, count: Int, points: Int
    ) throws -> Kept {
        var kept = Kept()
        var whole = 1
        if lines.count > 1, let second = try? JSONDecoder().decode(Second.self, from: lines[1]) {
            whole = 2
            kept.facts = second.facts
            kept.directions = try directions(of: model, count: count)
            guard Self.digest(kept.directions) == second.directions else {
                throw TrainingError(
                    .badFile,
                    "\(file(Self.directionsName)) does not hold the directions of the points beside it: replace the landscape with --overwrite, or choose another --output"
                )
            }
            for line in lines[2...].prefix(points) {
                guard let point = try? JSONDecoder().decode(PointLine.self, from: line) else { break }
                kept.losses.append(point.loss ?? .infinity)
                whole += 1
            }
        }
        try requireLock()
        try openPoints(at: ends[whole - 1])
        return kept
    }

    private func openPoints(at length: Int) throws {
        let path = file(Self.pointsName)
        descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileOutput.failure("cannot create", path) }
        guard ftruncate(descriptor, off_t(length)) == 0, lseek(descriptor, 0, SEEK_END) == length else {
            throw FileOutput.failure("cannot cut", path)
        }
    }

    /// Adds a line.
    ///
    /// - Parameter waits: Whether to return only once the line is on the disk.
    private func append(_ line: String, waits: Bool = false) throws {
        try requireLock()
        let path = file(Self.pointsName)
        try FileOutput.write(Array(line.utf8), to: descriptor, path: path)
        let now = ProcessInfo.processInfo.systemUptime
        // A power cut thus loses at most what was done in the last second.
        guard waits || now - synchronized > 1 else { return }
        synchronized = now
        try FileOutput.synchronize(descriptor, path: path)
    }

    func add(_ point: Landscape.Point) throws {
        var line = JSONLine()
        for (name, position) in zip(["a", "b"], point.coordinates) { line.add(name, position) }
        if point.loss.isFinite { line.add("loss", point.loss) } else { line.addNull("loss") }
        try append(line.line)
    }

    // MARK: Directions

    /// Writes the directions, if the model's variables have any, and the facts about them.
    func write(_ directions: [[[Float]]], _ facts: FoundDirections.Facts, of model: TracedModel) throws {
        try requireLock()
        var tensors: [(name: String, shape: [Int], values: FloatCopy)] = []
        for (letter, direction) in zip(["a", "b"], directions) {
            for (variable, values) in zip(model.variables, direction) {
                tensors.append(("\(letter).\(variable.name)", variable.shape, try FloatCopy(values)))
            }
        }
        if !directions.isEmpty {
            try CheckpointFile(Self.directionsName, tensors: tensors).replace(in: path)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = try encoder.encode(Second(facts: facts, directions: Self.digest(directions)))
        try append(String(decoding: text, as: UTF8.self) + "\n", waits: true)
    }

    private func directions(of model: TracedModel, count: Int) throws -> [[[Float]]] {
        guard count > 0 else { return [] }
        let file = try SafetensorsFile.read(path: file(Self.directionsName))
        return try ["a", "b"].prefix(count).map { letter in
            try model.variables.map { variable in
                let values = try file.tensor(named: "\(letter).\(variable.name)")
                // Values of another size were not written by `write`: the digest will not match.
                return values.count == variable.count ? values : []
            }
        }
    }

    private static func digest(_ directions: [[[Float]]]) -> String {
        var digest = Digest()
        for direction in directions {
            for values in direction { values.withUnsafeBytes { digest.add($0) } }
        }
        return Digest.text(digest.bytes)
    }

    // MARK: The end

    /// Removes the points and directions of a landscape that cannot be finished, so that the folder is free for other
    /// options.
    func discard() throws {
        try requireLock()
        for name in [Self.pointsName, Self.directionsName] { unlink(file(name)) }
    }

    /// Writes the finished landscape.
    ///
    /// - Parameter picture: Its picture; nil for none.
    func finish(_ landscape: Landscape, picture: String?) throws {
        try requireLock()
        try FileOutput.synchronize(descriptor, path: file(Self.pointsName))
        if let picture { try CheckpointFile(Self.pictureName, Array(picture.utf8)).replace(in: path) }
        if let paths = landscape.pathCSV {
            try CheckpointFile(Self.pathName, Array(paths.utf8)).replace(in: path)
        }
        try CheckpointFile(Self.tableName, Array(landscape.csv.utf8)).replace(in: path)
    }
}
