import Configuration
import Layers
import Training

/// A landscape of a study: the run whose weights it is around, and what `dtrain landscape` takes beside it.
package struct StudyLandscape: Sendable, Equatable {
    /// What it is drawn along.
    package enum Way: Sendable, Equatable {
        case along(LandscapeDirections)
        /// The line to the weights of another run.
        case to(String)
        /// The plane of the paths of these runs.
        case path([String])
    }

    /// The run.
    package let run: String
    package let way: Way
    /// Points along each direction; nil for the standard.
    package let points: Int?
    /// How far it reaches, in units of the directions; nil for the standard.
    package let radius: Double?
    /// The ends of the plane of paths or outputs; nil for the standard.
    package let range: [Double]?
    /// Examples, a seeded sample; nil for all.
    package let examples: Int?
    package let data: Trainer.DiagnosedData
    /// Whether the second-order Taylor polynomial is drawn too.
    package let expands: Bool

    /// The keys that say what it is drawn along.
    private static let ways = ["along", "to", "path", "outputs"]

    /// The keys of a picture that are a landscape's.
    static let keys = ways + ["points", "radius", "range", "examples", "data", "taylor"]

    init(_ setting: Setting, _ map: SettingMap, runs: [String]) throws(ConfigurationError) {
        func run(_ setting: Setting) throws(ConfigurationError) -> String {
            try setting.name(of: "run", among: runs)
        }
        self.run = try run(setting)
        let given = Self.ways.filter { map[$0] != nil }
        guard given.count == 1 else {
            throw setting.error(
                given.isEmpty ? .missing : .conflict,
                "must have one of along, to, path and outputs beside it, has \(given.isEmpty ? "none" : given.joined(separator: " and "))"
            )
        }
        if let along = map["along"] {
            let name = try along.name(of: "direction", among: Self.directions.map(\.name))
            way = .along(Self.directions.first { $0.name == name } ?? .gradient)
        } else if let other = map["to"] {
            way = .to(try run(other))
        } else if let outputs = map["outputs"] {
            let places = try outputs.list("two outputs, counted from 0, such as [0, 1]")
            guard places.count == 2 else {
                throw outputs.error(.outOfRange, "must be two outputs, is \(places.count)")
            }
            way = .along(
                .outputs(
                    try places[0].whole(in: 0...1_000_000), try places[1].whole(in: 0...1_000_000)))
        } else {
            var names: [String] = []
            for element in try map["path"]?.list("the names of runs with logging.parameters") ?? [] {
                names.append(try run(element))
            }
            way = .path(names)
        }
        points = try map["points"].map { setting throws(ConfigurationError) in
            try setting.whole(in: 2...LandscapeGrid.mostOnALine)
        }
        radius =
            try map["radius"].map { setting throws(ConfigurationError) in
                try setting.number(.positive)
            }
        range = try map["range"].map { setting throws(ConfigurationError) in
            var ends: [Double] = []
            for element in try setting.list("the ends of a and b, such as [-1, 1, 0, 2]") {
                ends.append(try element.number(.finite))
            }
            return ends
        }
        examples = try map["examples"].map { setting throws(ConfigurationError) in
            try setting.whole(in: 1...1_000_000_000)
        }
        data = try map["data"]?.choice("data set") ?? .train
        expands = try map["taylor"]?.flag() ?? false
        if let problem = options.problem(directions { $0 }) {
            throw setting.error(.conflict, problem.replacing("--", with: ""))
        }
    }

    /// The directions that have no other weights.
    private static let directions: [LandscapeDirections] = [.gradient, .eigenvectors, .plane, .permutation]

    /// The directions, where `folder` gives the folder of a run by its name.
    package func directions(_ folder: (String) -> String) -> LandscapeDirections {
        switch way {
        case .along(let directions): directions
        case .to(let run): .line(to: folder(run))
        case .path(let runs): .path(runs.map(folder))
        }
    }

    /// The names of all runs whose weights it needs.
    var runs: [String] {
        switch way {
        case .along: [run]
        case .to(let other): [run, other]
        case .path(let others): [run] + others
        }
    }

    /// The options.
    package var options: LandscapeOptions {
        var options = LandscapeOptions()
        options.points = points
        options.radius = radius
        options.range = range
        options.examples = examples
        options.expands = expands
        return options
    }
}
