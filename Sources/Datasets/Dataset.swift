/// A data set in this process's memory, read only.
///
///     let train = try Dataset(DatasetSource(format: .npy, features: "x.npy", labels: "y.npy"))
///     let xor = try Dataset(
///         name: "xor", features: [0, 0, 0, 1, 1, 0, 1, 1] as [Float], exampleShape: [2],
///         labels: .classes([0, 1, 1, 0]))
public final class Dataset: Sendable {
    /// Labels given in memory.
    public enum Labels: Sendable {
        /// No labels.
        case none
        /// A class index (N) per example; there are `count` classes or, if nil, one more than the largest index.
        case classes([Int32], count: Int? = nil)
        /// A class index for each of an example's positions (N, ...shape), −1 where the position does not count.
        case positions([Int32], shape: [Int], count: Int? = nil)
        /// Targets (N, ...rows, K) row by row, K being the width.
        case targets([Float], width: Int, rows: [Int] = [])
    }

    /// The name in messages: the features' path, or the name that was given.
    public let name: String
    /// The examples; their memory lives at least as long as this value.
    package let examples: StoredExamples

    /// The sizes, types and names.
    public var layout: DatasetLayout { examples.layout }
    /// The number of examples.
    public var count: Int { layout.count }
    /// The shape of one example.
    public var exampleShape: [Int] { layout.exampleShape }
    /// The number of classes; nil unless labels are classes.
    public var classCount: Int? { layout.classCount }

    /// Loads a data set from its files; throws if one is missing or broken.
    public convenience init(_ source: DatasetSource) throws(DataError) {
        let layout = try source.inspect()
        let memory = try Memory(layout, for: source.name)
        let complete = try source.load(
            layout, features: memory.features.bytes, labels: memory.labels.bytes,
            lengths: memory.lengths.bytes)
        self.init(name: source.name, layout: complete, memory: memory)
    }

    /// A data set of Float32 features (N, ...exampleShape) in memory.
    ///
    /// - Parameter lengths: How many of an example's positions count, (N) numbers from 1 to its first extent; nil for all.
    public convenience init(
        name: String, features: [Float], exampleShape: [Int], labels: Labels, lengths: [Int32]? = nil
    ) throws(DataError) {
        try self.init(name, .float32, features, exampleShape, labels, lengths)
    }

    /// A data set of byte features (N, ...exampleShape) in memory.
    public convenience init(
        name: String, features: [UInt8], exampleShape: [Int], labels: Labels
    ) throws(DataError) {
        try self.init(name, .uint8, features, exampleShape, labels)
    }

    private init(name: String, layout: DatasetLayout, memory: Memory) {
        self.name = name
        examples = StoredExamples(
            layout: layout, features: UnsafeRawPointer(memory.features.base),
            labels: layout.labelBytes > 0 ? UnsafeRawPointer(memory.labels.base) : nil,
            lengths: layout.hasLengths ? UnsafeRawPointer(memory.lengths.base) : nil, owner: memory)
    }

    private convenience init<Feature: BitwiseCopyable>(
        _ name: String, _ type: ElementType, _ features: [Feature], _ shape: [Int], _ labels: Labels,
        _ lengths: [Int32]? = nil
    ) throws(DataError) {
        precondition(!shape.isEmpty && shape.allSatisfy { $0 > 0 }, "an example of shape \(shape)")
        let width = shape.reduce(1, *)
        precondition(features.count % width == 0, "\(features.count) features in examples of \(width)")
        let count = features.count / width
        guard count > 0 else {
            throw DataError(
                .empty, path: name, expected: "at least one example", found: "none",
                advice: "give the data set some examples")
        }
        let kind: LabelKind
        switch labels {
        case .none: kind = .none
        case .classes(let classes, let declared):
            precondition(classes.count == count, "\(classes.count) labels for \(count) examples")
            precondition(declared ?? 1 > 0, "a data set of \(declared ?? 0) classes")
            kind = .classes
        case .positions(let classes, let shape, let declared):
            precondition(
                !shape.isEmpty && classes.count == count * shape.reduce(1, *),
                "\(classes.count) labels for positions \(shape) of \(count) examples")
            precondition(declared ?? 1 > 0, "a data set of \(declared ?? 0) classes")
            kind = .classes
        case .targets(let targets, let columns, let rows):
            let width = rows.reduce(columns, *)
            precondition(
                width > 0 && targets.count == count * width, "\(targets.count) targets, \(count) examples")
            kind = .targets(width: width)
        }
        var layout = DatasetLayout(
            count: count, exampleShape: shape, elementType: type, labels: kind, classCount: nil)
        switch labels {
        case .positions(_, let shape, _): layout.labelShape = shape
        case .targets(_, let width, let rows): layout.labelShape = rows + [width]
        case .none, .classes: break
        }
        (layout.hasLengths, layout.positionAxis) = (lengths != nil, lengths == nil ? nil : 0)
        let memory = try Memory(layout, for: name)
        features.withUnsafeBytes { memory.features.bytes.copyMemory(from: $0) }
        if let lengths {
            precondition(
                lengths.count == count && lengths.allSatisfy { (1...shape[0]).contains(Int($0)) },
                "lengths of \(count) examples must be from 1 to \(shape[0])")
            lengths.withUnsafeBytes { memory.lengths.bytes.copyMemory(from: $0) }
            lengths.withUnsafeBufferPointer { layout.clear(memory.features.base, behind: $0) }
        }
        try ExampleChecks.features(memory.features.base, count: count, layout: layout, path: name)
        switch labels {
        case .none: break
        case .classes(let classes, let declared):
            let stored = memory.labels.base.bindMemory(to: Int32.self, capacity: classes.count)
            for (i, label) in classes.enumerated() { stored[i] = label }
            layout.classCount = try ExampleChecks.classes(
                stored, count: count, declared: declared, path: name)
        case .positions(let classes, let positions, let declared):
            let stored = memory.labels.base.bindMemory(to: Int32.self, capacity: classes.count)
            let width = positions.reduce(1, *)
            for (i, label) in classes.enumerated() {
                stored[i] = lengths.map { i % width >= Int($0[i / width]) } ?? false ? -1 : label
            }
            layout.classCount = try ExampleChecks.classes(
                stored, count: count, positions: width, declared: declared, path: name)
        case .targets(let targets, _, _):
            let stored = memory.labels.base.bindMemory(to: Float.self, capacity: targets.count)
            for (i, target) in targets.enumerated() { stored[i] = target }
            try ExampleChecks.targets(stored, count: count, width: layout.labelWidth, path: name)
        }
        self.init(name: name, layout: layout, memory: memory)
    }

    /// Owns both parts of a data set's memory.
    private final class Memory: Sendable {
        let features, labels, lengths: AlignedMemory

        init(_ layout: DatasetLayout, for path: String) throws(DataError) {
            features = try AlignedMemory(count: layout.featureBytes, for: path)
            labels = try AlignedMemory(count: layout.labelBytes, for: path)
            lengths = try AlignedMemory(count: layout.lengthBytes, for: path)
        }
    }
}
