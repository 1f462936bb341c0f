import Cluster
import DataParallel

/// The weights that training starts from: those that the settings name, else values of seeded initializers.
struct InitialWeights {
    private let settings: TrainingSettings
    private let cluster: Cluster
    /// The weights that the settings name, on rank 0.
    private let named: SavedWeights?

    /// Looks for the weights that the settings name; collective.
    init(_ settings: TrainingSettings, _ cluster: Cluster) throws {
        self.settings = settings
        self.cluster = cluster
        let found = Result { () -> SavedWeights? in
            guard cluster.rank == 0, let path = settings.initialWeights else { return nil }
            return try Self.aboutItsSetting { try SavedWeights(path, key: Self.key) }
        }
        try cluster.agree(found.map { _ in })
        named = try found.get()
    }

    /// Gives all ranks the weights; collective.
    ///
    /// - Parameter isCopy: Whether the same weights are given once more, so that all has been said of them.
    /// - Returns: On rank 0, where the named weights come from; nil if none are named.
    func give(to state: ModelState, isCopy: Bool = false) throws -> String? {
        var values: [[Float]]?
        var origin: String?
        try cluster.agree(
            Result {
                guard cluster.rank == 0 else { return }
                guard let named else {
                    values = state.model.initialValues(seed: settings.seed)
                    return
                }
                try Self.aboutItsSetting {
                    let found = try named.find()
                    origin = found.origin
                    values = try SavedWeights.values(
                        of: found.file, for: state.model, tell: { if !isCopy { cluster.note($0) } }
                    ).values
                }
            })
        try state.set(values)
        return origin
    }

    private static let key = "init.weights"

    /// Runs `body`; its errors say that they are about the setting that names the weights.
    private static func aboutItsSetting<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as TrainingError {
            throw TrainingError(error.kind, error.description, about: .setting(key))
        }
    }
}
