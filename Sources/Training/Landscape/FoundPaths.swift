import Cluster
import Foundation
import Layers
import Safetensors
import Spectrum

/// The plane of paths around weights, and its directions.
struct FoundPaths {
    /// The plane; the same on all ranks.
    let plane: PathPlane
    /// On rank 0 each direction by the model's variables, row-major; nil elsewhere.
    let directions: [[[Float]]]?

    /// Finds the plane of the paths that `along` names, nil where it names none; collective over the cluster.
    init?(_ along: LandscapeDirections, _ options: LandscapeOptions, _ loaded: LoadedModel) throws {
        guard case .path(let runs) = along else { return nil }
        var directions: [[[Float]]]?
        plane = try Agreement.fromRoot(loaded.cluster.world) {
            let finder = PathFinder(loaded)
            let found = try finder.find(runs, range: options.range)
            directions = found.directions.map(finder.byVariable)
            return found.plane
        }
        self.directions = directions
    }
}

/// Finds directions for paths, on one rank. A point is all trainable parameters in the model's order, relative to the
/// weights.
private struct PathFinder {
    private let variables: [TracedModel.Variable]
    /// The weights.
    private let weights: [Double]

    init(_ loaded: LoadedModel) {
        variables = loaded.model.variables
        weights = variables.indices.filter { loaded.model.variables[$0].isTrainable }.flatMap {
            loaded.state.value($0).map(Double.init)
        }
    }

    /// The most points that main directions are found of, evenly chosen among all.
    private static let mostPoints = 512

    /// A run's way as its file has it.
    private struct Way {
        let name: String
        var steps: [Int] = []
        /// By points.
        var points: [[Double]] = []
    }

    func find(
        _ runs: [String], range: [Double]?
    ) throws -> (plane: PathPlane, directions: [[Double]]) {
        let ways = try zip(runs, Self.names(runs)).map { try way(of: $0, named: $1) }
        var directions: [[Double]]
        var explained: [Double] = []
        var (names, origin): ([String], [Double]) = ([], [])
        if weights.count <= 2 {
            names = elementNames
            origin = weights
            directions = weights.indices.map { axis in weights.indices.map { $0 == axis ? 1 : 0 } }
        } else {
            (directions, explained) = try mainDirections(ways.flatMap(\.points))
            origin = directions.map { _ in 0 }
        }
        let paths = ways.map { way in
            PathPlane.Path(
                name: way.name, steps: way.steps,
                points: way.points.map { point in
                    zip(directions, origin).map { direction, start in
                        start + zip(point, direction).reduce(0) { $0 + $1.0 * $1.1 }
                    }
                })
        }
        let ends = try ends(paths, origin, range)
        let plane = PathPlane(
            paths: paths, names: names, explained: explained, origin: origin, ends: ends)
        return (plane, directions)
    }

    /// The last part of each name, or all of it where two end alike.
    private static func names(_ runs: [String]) -> [String] {
        let short = runs.map { URL(fileURLWithPath: $0).standardizedFileURL.lastPathComponent }
        return Set(short).count == short.count ? short : runs
    }

    /// The names of a model's parameters, with their index where a tensor has several.
    private var elementNames: [String] {
        variables.filter(\.isTrainable).flatMap { variable in
            let count = variable.count
            return (0..<count).map { count == 1 ? variable.name : "\(variable.name)[\($0)]" }
        }
    }

    // MARK: Files

    private func way(of run: String, named name: String) throws -> Way {
        let path = "\(run)/\(RunFolder.pathName)"
        guard FileManager.default.fileExists(atPath: path) else {
            throw TrainingError(
                .badFile,
                "\(run) has no \(RunFolder.pathName): train it with logging.parameters, and resume it if it was killed"
            )
        }
        let file = try SafetensorsFile.read(path: path)
        let steps = try file.int64s(named: ParameterLog.stepsName)
        let trained = variables.filter(\.isTrainable)
        guard file.tensors.count == trained.count + 1 else {
            throw TrainingError(
                .badFile,
                "\(path) holds \(file.tensors.count - 1) parameters, the model has \(trained.count): give runs of one model"
            )
        }
        var points = Array(repeating: [Double](), count: steps.count)
        var place = 0
        for variable in trained {
            let shape = [steps.count] + variable.shape
            guard let entry = file.entry(named: variable.name), entry.shape == shape else {
                throw TrainingError(
                    .badFile,
                    "\(path) holds no \(variable.name) of shape \(shape), \(file.entry(named: variable.name).map { "but of shape \($0.shape)" } ?? "nor any of this name"): give runs of one model"
                )
            }
            let values = try file.tensor(named: variable.name)
            let count = variable.count
            for row in steps.indices {
                for element in 0..<count {
                    points[row].append(Double(values[row * count + element]) - weights[place + element])
                }
            }
            place += count
        }
        var way = Way(name: name)
        for (step, point) in zip(steps, points) where point.allSatisfy(\.isFinite) {
            way.steps.append(Int(step))
            way.points.append(point)
        }
        return way
    }

    // MARK: Directions

    /// The unit vectors v that maximize Σ ⟨x, v⟩² over points x, the second one orthogonal to the first, and their
    /// shares of Σ ‖x‖². With the Gram matrix G = X Xᵀ and its eigenvectors u, v = Xᵀu / √λ. One direction alone where
    /// the points lie on a line through the weights.
    private func mainDirections(_ all: [[Double]]) throws -> ([[Double]], explained: [Double]) {
        let count = min(all.count, Self.mostPoints)
        let points = (0..<count).map { all[count == all.count ? $0 : $0 * (all.count - 1) / (count - 1)] }
        var gram = Array(repeating: 0.0, count: count * count)
        for row in 0..<count {
            for column in 0...row {
                var sum = 0.0
                for element in weights.indices { sum += points[row][element] * points[column][element] }
                gram[row * count + column] = sum
                gram[column * count + row] = sum
            }
        }
        let total = (0..<count).reduce(0) { $0 + gram[$1 * count + $1] }
        guard total > 0, let eigen = SymmetricEigen(gram, size: count) else {
            throw TrainingError(
                .badFile, "the paths have no point besides the weights: there is no plane through them")
        }
        var directions: [[Double]] = []
        var explained: [Double] = []
        for place in 0..<min(2, count) where eigen.values[place] > 1e-12 * eigen.values[0] {
            var direction = Array(repeating: 0.0, count: weights.count)
            for (row, point) in points.enumerated() {
                let factor = eigen.vectors[place * count + row]
                for element in point.indices { direction[element] += factor * point[element] }
            }
            var largest = 0.0
            for element in direction where element.magnitude > largest.magnitude { largest = element }
            let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot() * (largest < 0 ? -1 : 1)
            // The very numbers of directions.safetensors.
            directions.append(direction.map { Double(Float($0 / norm)) })
            explained.append(eigen.values[place] / total)
        }
        return (directions, explained)
    }

    /// A direction by the model's variables, with zeros for those that are not trainable.
    func byVariable(_ direction: [Double]) -> [[Float]] {
        var place = 0
        return variables.map { variable in
            let count = variable.count
            guard variable.isTrainable else { return Array(repeating: 0, count: count) }
            defer { place += count }
            return direction[place..<place + count].map { Float($0) }
        }
    }

    /// The ends that were asked for, or all paths and the weights with a tenth of their extent more on each side.
    private func ends(
        _ paths: [PathPlane.Path], _ origin: [Double], _ range: [Double]?
    ) throws -> [[Double]] {
        if let range {
            guard range.count == 2 * origin.count else {
                throw TrainingError(
                    .configuration,
                    "--range must have \(2 * origin.count) numbers for \(origin.count == 1 ? "a line" : "a plane"), has \(range.count)"
                )
            }
            return origin.indices.map { [range[2 * $0], range[2 * $0 + 1]] }
        }
        return origin.indices.map { axis in
            let all = paths.flatMap { $0.points.map { $0[axis] } } + [origin[axis]]
            let (least, most) = (all.min() ?? 0, all.max() ?? 0)
            let margin = most > least ? 0.1 * (most - least) : max(1, abs(most)) / 2
            return [least - margin, most + margin]
        }
    }
}
