/// Examples that stand in the configuration itself: rows of features (N, K), and labels.
package struct InlineExamples: Sendable, Hashable {
    /// Labels as they were written.
    package enum Labels: Sendable, Hashable {
        /// No labels: the data are only predicted.
        case none
        /// Whole numbers from 0, one per example.
        case classes([Int32])
        /// Names of classes, one per example.
        case words([String])
        /// Numbers to predict (N, M) row by row.
        case targets([Double], width: Int)
    }

    /// The most numbers and labels together; more belong into a file.
    package static let most = 4000
    /// The name in messages.
    package static let name = "the inline data"

    /// Features (N, K) row by row.
    package let features: [Double]
    /// The number of features, K.
    package let width: Int
    package let labels: Labels

    /// Examples whose counts fit each other. A negative zero becomes 0, which it is written as.
    package init(features: [Double], width: Int, labels: Labels) {
        precondition(width > 0 && !features.isEmpty && features.count % width == 0, "\(width) of a row")
        self.features = features.map { $0 + 0 }
        self.width = width
        if case .targets(let targets, let width) = labels {
            self.labels = .targets(targets.map { $0 + 0 }, width: width)
        } else {
            self.labels = labels
        }
    }

    /// The number of examples, N.
    package var count: Int { features.count / width }

    /// The same examples for prediction.
    var withoutLabels: InlineExamples { InlineExamples(features: features, width: width, labels: .none) }

    /// Whether labels can be classes: words, or one whole number from 0 for each example.
    var canBeClasses: Bool {
        switch labels {
        case .none: false
        case .classes, .words: true
        case .targets(let targets, let width): width == 1 && targets.allSatisfy(Self.isClass)
        }
    }

    /// The sizes and names.
    ///
    /// - Parameters:
    ///   - task: What labels are; nil to decide by how they were written.
    ///   - classCount: The declared number of classes.
    ///   - known: The classes of the training set, in order; nil to find them among the words.
    func layout(task: LabelTask?, classCount: Int?, known: [String]?) throws(DataError) -> DatasetLayout {
        let kind: LabelKind
        var names: [String]?
        switch (labels, task) {
        case (.none, _): kind = .none
        case (.words, .regression):
            throw DataError(
                .label, path: Self.name, expected: "numbers to predict", found: "words as labels",
                advice: "write numbers, or leave out task: regression")
        case (.words(let words), _):
            kind = .classes
            let sorted = Set(words).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            names = known ?? sorted
        case (.classes, .regression): kind = .targets(width: 1)
        case (.classes, _): kind = .classes
        case (.targets(_, let width), .classification):
            guard width == 1 else {
                throw DataError(
                    .unsupported, path: Self.name, expected: "one class for each example",
                    found: "rows of \(width) labels",
                    advice: "write class indices, as [0, 1, 1], or set task: regression")
            }
            kind = .classes
        case (.targets(_, let width), _): kind = .targets(width: width)
        }
        var layout = DatasetLayout(
            count: count, exampleShape: [width], elementType: .float32, labels: kind,
            classCount: kind == .classes ? classCount ?? names?.count : nil)
        layout.classNames = names
        return layout
    }

    /// Writes features and labels into memory of the layout's size, and returns the layout with its class count.
    func load(
        _ layout: DatasetLayout, features place: UnsafeMutableRawPointer,
        labels memory: UnsafeMutableRawPointer?,
        classCount: Int?
    ) throws(DataError) -> DatasetLayout {
        place.initializeMemory(as: Float.self, from: features.map { Float($0) }, count: features.count)
        try ExampleChecks.features(place, count: count, layout: layout, path: Self.name)
        guard let memory else { return layout }
        if case .targets(let width) = layout.labels {
            let targets = memory.bindMemory(to: Float.self, capacity: count * width)
            for (place, number) in numbers.enumerated() { targets[place] = Float(number) }
            try ExampleChecks.targets(targets, count: count, width: width, path: Self.name)
            return layout
        }
        let classes = memory.bindMemory(to: Int32.self, capacity: count)
        var complete = layout
        if case .words(let words) = labels {
            let names = layout.classNames ?? []
            for (example, word) in words.enumerated() {
                guard let place = names.firstIndex(of: word) else {
                    throw DataError(
                        .label, path: Self.name, expected: "a class of the training set",
                        found: "\"\(DataError.shortened(word))\"",
                        advice: "correct the label, or train with such examples",
                        problem:
                            "the label of example \(example) is \"\(DataError.shortened(word))\", which the training set does not have"
                    )
                }
                classes[example] = Int32(place)
            }
            return complete
        }
        for (example, number) in numbers.enumerated() {
            guard Self.isClass(number) else {
                throw ExampleChecks.outsideClasses(
                    number.plainText, example: example, classes: classCount, path: Self.name,
                    isFraction: number.rounded() != number)
            }
            classes[example] = Int32(number)
        }
        complete.classCount = try ExampleChecks.classes(
            classes, count: count, declared: classCount, path: Self.name)
        return complete
    }

    /// Labels as numbers; none for words.
    private var numbers: [Double] {
        switch labels {
        case .none, .words: []
        case .classes(let classes): classes.map { Double($0) }
        case .targets(let targets, _): targets
        }
    }

    private static func isClass(_ value: Double) -> Bool {
        value >= 0 && value < Double(Int32.max) && value.rounded() == value
    }
}
