import Datasets

/// What was read of a data set, as plain arrays.
struct LoadedData: Equatable {
    /// The sizes.
    let layout: DatasetLayout
    /// The features as they are stored.
    let features: [UInt8]
    /// The Int32 classes or Float targets as they are stored.
    let labels: [UInt8]
    /// The Int32 lengths of examples; empty where they have none.
    let lengths: [UInt8]

    /// A data set that was accepted.
    init(_ set: Dataset) {
        layout = set.layout
        var pieces: [[UInt8]] = []
        set.examples.feedContent { pieces.append(Array($0)) }
        features = pieces[1]
        labels = pieces[2]
        lengths = pieces.count > 3 ? pieces[3] : []
    }

    /// Loads a data set: it, or the verdict on the error, which must name one of the files.
    static func load(_ source: DatasetSource, naming name: String) -> Result<LoadedData, Refused> {
        do throws(DataError) {
            return .success(LoadedData(try Dataset(source)))
        } catch {
            let verdict = Verdict.refused(kind: error.kind.rawValue, error.description, naming: name)
            return .failure(Refused(verdict: verdict))
        }
    }

    /// A data set that was refused.
    struct Refused: Error {
        /// What is to be said about the error.
        let verdict: Verdict
    }

    /// Loads a data set and judges it: accepted unless `broken` tells of a promise that it breaks.
    static func judge(
        _ source: DatasetSource, naming name: String, _ broken: (LoadedData) -> String?
    ) -> Verdict {
        switch load(source, naming: name) {
        case .failure(let refused): return refused.verdict
        case .success(let data): return .accepted(unless: data.brokenPromise ?? broken(data))
        }
    }

    /// What is wrong with a data set of the same file twice; nil if it is this one twice.
    func brokenTwice(_ file: DataOrigin, _ format: DatasetSource.Format) -> String? {
        let source = DatasetSource(format: format, features: [file, file], labels: [])
        switch Self.load(source, naming: file.name) {
        case .failure(let refused): return "accepted once but not twice: \(refused.verdict.text)"
        case .success(let data):
            let isTwice = data.layout.count == 2 * layout.count && data.features == features + features
            return isTwice ? nil : "twice the file is not its content twice"
        }
    }

    /// What is wrong with the values whatever the format is; nil if nothing is.
    private var brokenPromise: String? {
        if layout.count < 1 || layout.width < 1 { return "\(layout.count) examples of \(layout.width)" }
        if features.count != layout.featureBytes { return "\(features.count) bytes of features" }
        if labels.count != layout.labelBytes { return "\(labels.count) bytes of labels" }
        switch layout.elementType {
        case .uint8: break
        case .float32, .float64:
            let isDouble = layout.elementType == .float64
            let bad = Numbers.floats(features, size: isDouble ? 8 : 4).first { !Float($0).isFinite }
            if let bad { return "the feature \(bad)" }
        }
        switch layout.labels {
        case .none: break
        case .classes:
            guard let classes = layout.classCount else { return "labels without a number of classes" }
            let least: Int64 = layout.labelShape.isEmpty ? 0 : -1
            let bad = Numbers.integers(labels, size: 4, isSigned: true).first {
                !(least..<Int64(classes)).contains($0)
            }
            if let bad { return "the class \(bad) of \(classes)" }
        case .targets:
            if let bad = Numbers.floats(labels, size: 4).first(where: { !$0.isFinite }) {
                return "the target \(bad)"
            }
        }
        return nil
    }
}
