import Options

extension ChoiceList where Element == DatasetSource {
    /// All file formats; the options of each name its files.
    public static var formats: ChoiceList {
        ChoiceList(
            "format", style: .named("format"),
            [
                arrays(
                    .idx, "MNIST's IDX, features and labels in files of their own.",
                    source: "LeCun et al. 1998"),
                arrays(.npy, "NumPy's .npy, features and labels in files of their own.", source: "NumPy"),
                NamedChoice(
                    DatasetSource.Format.csv.name,
                    "Comma-separated values, features and labels in one table.",
                    [files("files", "The files, in order."), label, task] + table + [classes],
                    source: "RFC 4180"
                ) { options throws(OptionError) in try csv(options) },
                NamedChoice(
                    CIFAR10Files().name, "The binary version of CIFAR-10.",
                    [files("files", "The files, in order.")], source: "Krizhevsky 2009"
                ) { DatasetSource(cifar10: paths("files", $0)) },
                NamedChoice(
                    DatasetSource.Format.text.name,
                    "Text, cut into tokens; for language models, or lines with a label.",
                    [files("files", "The files, in order.")] + TextOptions.declarations
                ) { options throws(OptionError) in
                    DatasetSource(text: paths("files", options), options: try TextOptions(options))
                },
                NamedChoice(
                    SyntheticSequences.formatName,
                    "Sequences that ask for what stood some steps before, drawn by a seed.",
                    SyntheticSequences.declarations, source: "Hochreiter and Schmidhuber 1997"
                ) { options throws(OptionError) in
                    DatasetSource(
                        try SyntheticSequences(options),
                        at: [.memory(name: "synthetic sequences", bytes: [])])
                },
                NamedChoice(
                    DatasetSource.Format.inline.name, "Rows in the configuration itself, for toy problems.",
                    [
                        .required(
                            "rows", InlineExamples.rowsForm, "The features, a list of numbers per example."),
                        .optional(
                            "labels", InlineExamples.labelsForm, default: .none,
                            "A class per example, or a list of numbers to predict."),
                        classes, task,
                    ]
                ) { options throws(OptionError) in try inline(options) },
            ].map(limited))
    }

    /// The format with an option for a sample of the data set.
    private static func limited(_ format: NamedChoice<DatasetSource>) -> NamedChoice<DatasetSource> {
        NamedChoice(
            format.name, format.summary, format.options + [limit], short: format.short, source: format.source,
            lacks: format.lacks
        ) { options throws(OptionError) in
            try format.make(options).limited(to: options.wholeIfAny("limit"))
        }
    }

    private static var limit: OptionDeclaration {
        .optional(
            "limit", .whole(1...Int(Int32.max)), default: .none,
            "How many examples are used, a sample by training.seed in which classes keep their shares.")
    }

    private static func inline(_ options: ResolvedOptions) throws(OptionError) -> DatasetSource {
        let (examples, task) = (try InlineExamples(options), try taskIfAny(options))
        let classes = examples.labels == .none ? nil : options.wholeIfAny("classes")
        if case .words = examples.labels {
            guard task != .regression else {
                throw OptionError(
                    .conflict, key: "task", value: "regression", allowed: "left out beside words as labels")
            }
            if let classes {
                throw OptionError(
                    .conflict, key: "classes", value: "\(classes)", allowed: "left out beside words as labels"
                )
            }
        }
        return DatasetSource(inline: examples, classCount: classes, task: task)
    }

    /// The path of a file, or a list of paths.
    static let filesForm = OptionForm.either(
        [.list(.path("the path of a file"), filesPhrase), .path(filesPhrase)], filesPhrase)
    private static let filesPhrase = "the path of a file, or a list of them"
    /// A column's name, or its number.
    private static let columnForm = OptionForm.either(
        [.whole(0...1_048_575), .text(columnPhrase)], columnPhrase)
    private static let columnPhrase = "a column's name, or its number from 0"
    private static let columnsForm = OptionForm.either(
        [.list(columnForm, columnPhrase), columnForm], columnPhrase)

    private static func files(_ name: String, _ summary: String) -> OptionDeclaration {
        .required(name, filesForm, summary)
    }

    private static var classes: OptionDeclaration {
        .optional(
            "classes", .whole(1...1_000_000), default: .none,
            "The number of classes; one more than the largest label, or those found in a table, unless given."
        )
    }

    private static var task: OptionDeclaration {
        .optional(
            "task", .word("task", LabelTask.allCases.map(\.rawValue)), default: .none,
            "What labels are: classes, or numbers to predict.")
    }

    private static var label: OptionDeclaration {
        .optional(
            "label", columnsForm, default: .none, "The column of labels, or several of numbers to predict.")
    }

    private static var table: [OptionDeclaration] {
        [
            .optional("header", default: true, "Whether the first row holds the columns' names."),
            .optional("delimiter", .text(delimiterPhrase), default: ",", "The character between fields."),
            .optional("ignore", columnsForm, default: .none, "Columns that are neither features nor labels."),
        ]
    }

    private static let delimiterPhrase =
        "one character such as \",\", \";\", \"|\" or \"\\t\", no digit, letter, sign, point or space"

    private static func arrays(
        _ format: DatasetSource.Format, _ summary: String, source: String
    ) -> NamedChoice<DatasetSource> {
        let labels = OptionDeclaration.optional(
            "labels", filesForm, default: .none, "The files of labels, in order.")
        let lengths = OptionDeclaration.optional(
            "lengths", filesForm, default: .none,
            "The files of how many positions of each example count, 1 to T; all unless given.")
        return NamedChoice(
            format.name, summary,
            [files("features", "The files of features, in order."), labels, lengths, classes, task],
            source: source
        ) { options throws(OptionError) in
            let labels = paths("labels", options)
            let task = try taskIfAny(options)
            return DatasetSource(
                format: format, features: paths("features", options), labels: labels,
                lengths: paths("lengths", options),
                classCount: labels.isEmpty ? nil : options.wholeIfAny("classes"), task: task)
        }
    }

    private static func taskIfAny(_ options: ResolvedOptions) throws(OptionError) -> LabelTask? {
        guard options.value("task") != .none else { return nil }
        let task: LabelTask = try options.word("task")
        if task == .regression, let classes = options.wholeIfAny("classes") {
            throw OptionError(
                .conflict, key: "classes", value: "\(classes)", allowed: "left out beside task: regression")
        }
        return task
    }

    private static func paths(_ name: String, _ options: ResolvedOptions) -> [String] {
        switch options.value(name) {
        case .text(let path): [path]
        case .list(let paths):
            paths.compactMap { path in if case .text(let text) = path { text } else { nil } }
        default: []
        }
    }

    private static func csv(_ options: ResolvedOptions) throws(OptionError) -> DatasetSource {
        let task = try taskIfAny(options)
        let hasHeader = options.flag("header")
        let label = try columns("label", options, hasHeader)
        guard label.count <= 1 || task == .regression else {
            throw OptionError(
                .conflict, key: "label", value: "\(options.value("label"))", allowed: "one column of classes",
                advice: "set task: regression to predict several numbers")
        }
        return DatasetSource(
            csv: paths("files", options),
            options: CSVOptions(
                label: label, task: task, hasHeader: hasHeader, delimiter: try delimiter(options),
                ignored: try columns("ignore", options, hasHeader)),
            classCount: options.wholeIfAny("classes"))
    }

    private static func columns(
        _ key: String, _ options: ResolvedOptions, _ hasHeader: Bool
    ) throws(OptionError) -> [CSVOptions.Column] {
        let value = options.value(key)
        var columns: [CSVOptions.Column] = []
        switch value {
        case .none: return []
        case .list(let elements):
            for (place, element) in elements.enumerated() {
                let column = try column("\(key).\(place)", element, hasHeader)
                guard !columns.contains(column) else {
                    throw OptionError(
                        .conflict, key: "\(key).\(place)", value: element.description, allowed: "named once")
                }
                columns.append(column)
            }
            if columns.isEmpty, key == "label" {
                throw OptionError(.outOfRange, key: key, value: "[]", allowed: "at least one column")
            }
        case .numbers(let numbers): columns = numbers.map { .index(Int($0)) }
        default: columns = [try column(key, value, hasHeader)]
        }
        return columns
    }

    private static func column(
        _ key: String, _ value: OptionValue, _ hasHeader: Bool
    ) throws(OptionError) -> CSVOptions.Column {
        switch value {
        case .whole(let index): return .index(index)
        case .number(let index): return .index(Int(index))
        case .text(let name):
            guard hasHeader else {
                throw OptionError(
                    .conflict, key: key, value: name,
                    allowed: "a column's number from 0 beside header: false", advice: "names need a header")
            }
            return .name(name)
        default: preconditionFailure("\(value) is no column as its form says")
        }
    }

    private static func delimiter(_ options: ResolvedOptions) throws(OptionError) -> UInt8 {
        let text = options.text("delimiter")
        let bytes = Array(text.utf8)
        let scalar = bytes.count == 1 ? UnicodeScalar(bytes[0]) : " "
        let isFree =
            scalar == "\t"
            || (0x21...0x7e).contains(scalar.value) && !scalar.properties.isAlphabetic
                && !("0"..."9").contains(scalar) && !"\"'+-._".unicodeScalars.contains(scalar)
        guard bytes.count == 1, isFree else {
            throw OptionError(.outOfRange, key: "delimiter", value: text, allowed: delimiterPhrase)
        }
        return bytes[0]
    }
}

extension DatasetSource {
    /// The data set as an option: its format with that format's options.
    package var option: OptionValue {
        func files(_ key: String, _ files: [DataOrigin]) -> NamedOption? {
            // What is made in memory has no files to name.
            guard let first = files.first, format != .records(SyntheticSequences.formatName) else {
                return nil
            }
            return NamedOption(
                key, files.count == 1 ? .text(first.name) : .list(files.map { .text($0.name) }))
        }
        var options =
            inline?.options
            ?? [
                files(format.hasLabelFiles ? "features" : "files", features), files("labels", labels),
                files("lengths", lengths),
            ].compactMap { $0 }
        if format == .csv { options += csv.options }
        if format == .text { options += textOptions.options }
        if case .records = format { options += recordFormat.options }
        if format != .text, let task { options.append(NamedOption("task", .text(task.rawValue))) }
        if let classCount { options.append(NamedOption("classes", .whole(classCount))) }
        if let exampleLimit { options.append(NamedOption("limit", .whole(exampleLimit))) }
        return .choice(format.name, options)
    }

    /// Whether there are labels.
    package var hasLabels: Bool {
        switch format {
        case .idx, .npy: !labels.isEmpty
        case .csv: !csv.label.isEmpty
        case .inline: inline?.labels != InlineExamples.Labels.none
        case .records, .text: readsLabels
        }
    }

    /// The data set with other files that are read in the same way.
    package func holding(_ files: [String]) -> DatasetSource {
        var source = self
        source.features = files.map(DataOrigin.path)
        source.lengths = []
        return source.limited(to: nil)
    }

    /// The data set with each file at the path that `place` gives for its old one.
    package func moved(_ place: (String) -> String) -> DatasetSource {
        func moved(_ file: DataOrigin) -> DataOrigin {
            if case .path(let path) = file { .path(place(path)) } else { file }
        }
        var source = self
        source.features = features.map(moved)
        source.labels = labels.map(moved)
        source.lengths = lengths.map(moved)
        source.sampledBy = sampledBy.map { $0.moved(place) }
        return source
    }

    /// Every file on disk with its key, such as "features", "labels.1" or "files.0".
    package var paths: [(key: String, path: String)] {
        func keyed(_ key: String, _ files: [DataOrigin]) -> [(key: String, path: String)] {
            files.enumerated().compactMap { place, file in
                guard case .path(let path) = file else { return nil }
                return (files.count == 1 ? key : "\(key).\(place)", path)
            }
        }
        return keyed(format.hasLabelFiles ? "features" : "files", features) + keyed("labels", labels)
            + keyed("lengths", lengths)
    }
}

extension CSVOptions {
    /// How columns are read, except for the task.
    fileprivate var options: [NamedOption] {
        func columns(_ key: String, _ columns: [Column]) -> NamedOption? {
            let values: [OptionValue] = columns.map { column in
                switch column {
                case .name(let name): .text(name)
                case .index(let index): .whole(index)
                }
            }
            guard let first = values.first else { return nil }
            return NamedOption(key, values.count == 1 ? first : .list(values))
        }
        return [
            columns("label", label), NamedOption("header", .flag(hasHeader)),
            NamedOption("delimiter", .text(String(UnicodeScalar(delimiter)))), columns("ignore", ignored),
        ].compactMap { $0 }
    }
}
