import Messages
import Options
import Randomness

/// Sequences whose labels depend on what stood some steps before: made of numbers drawn by a seed, not read.
///
/// - `copy` (Hochreiter and Schmidhuber 1997; Arjovsky et al. 2016): ten symbols of eight, `lag` blanks, a mark, and ten
///   blanks more, where the symbols are to be said in their order: (n, lag + 21) tokens from 0 to 9, of which 8 is the blank
///   and 9 the mark. Other positions do not count. Who knows nothing has a loss of log 8.
/// - `adding` (Hochreiter and Schmidhuber 1997): (n, lag + 10, 2) numbers. The first of a step is uniform in [0, 1); the
///   second is 1 at two steps, one of the first ten and one of the others, else 0. The target is the sum of the two numbers
///   beside a 1. Who always says 1 has a squared error of 1/6.
struct SyntheticSequences: RecordFormat {
    /// What is to be done; raw values are those of configurations.
    enum Task: String, Sendable, Hashable, CaseIterable {
        case copy
        case adding
    }

    let name = Self.formatName
    let task: Task
    /// The steps between what is to be remembered and where it is asked for, or the next thing to be remembered.
    let lag: Int
    let count: Int
    let seed: UInt64

    static let formatName = "synthetic"
    private static let symbols = 8
    private static let recalled = 10
    private static let blank = UInt8(symbols)
    private static let mark = UInt8(symbols + 1)

    /// The options in a configuration.
    static var declarations: [OptionDeclaration] {
        [
            .required(
                "task", .word("task", Task.allCases.map(\.rawValue)),
                "What is to be done: to say ten symbols again, or to add two numbers of a sequence."),
            .required("lag", .whole(1...100_000), "The steps over which something is to be remembered."),
            .required("examples", .whole(1...10_000_000), "The number of sequences."),
            .optional("seed", .whole(0...Int(Int32.max)), default: 0, "What they are drawn by."),
        ]
    }

    init(_ options: ResolvedOptions) throws(OptionError) {
        self.init(
            try options.word("task"), lag: options.whole("lag"), count: options.whole("examples"),
            seed: UInt64(options.whole("seed")))
    }

    init(_ task: Task, lag: Int, count: Int, seed: UInt64 = 0) {
        precondition(lag > 0 && count > 0, "\(count) sequences with a lag of \(lag)")
        self.task = task
        self.lag = lag
        self.count = count
        self.seed = seed
    }

    var options: [NamedOption] {
        [
            NamedOption("task", .text(task.rawValue)), NamedOption("lag", .whole(lag)),
            NamedOption("examples", .whole(count)), NamedOption("seed", .whole(Int(seed))),
        ]
    }

    private var steps: Int { task == .copy ? lag + 2 * Self.recalled + 1 : lag + Self.recalled }

    func inspect(_: [DataOrigin], readsLabels: Bool) throws(DataError) -> DatasetLayout {
        let labels: LabelKind = !readsLabels ? .none : task == .copy ? .classes : .targets(width: 1)
        var layout = DatasetLayout(
            count: count, exampleShape: task == .copy ? [steps] : [steps, 2],
            elementType: task == .copy ? .uint8 : .float32, labels: labels,
            classCount: labels == .classes ? Self.symbols : nil)
        layout.positionAxis = 0
        if labels == .classes { layout.labelShape = [steps] }
        return layout
    }

    func load(
        _: [DataOrigin], _ layout: DatasetLayout, features: UnsafeMutableRawPointer,
        labels: UnsafeMutableRawPointer?
    ) throws(DataError) {
        for example in 0..<layout.count {
            let random = CounterRandom(seed: seed, purpose: .syntheticData, stream: UInt64(example))
            switch task {
            case .copy:
                copy(
                    random, features.assumingMemoryBound(to: UInt8.self) + example * steps,
                    labels.map { $0.assumingMemoryBound(to: Int32.self) + example * steps })
            case .adding:
                adding(
                    random, features.assumingMemoryBound(to: Float.self) + example * steps * 2,
                    labels.map { $0.assumingMemoryBound(to: Float.self) + example })
            }
        }
    }

    private func copy(
        _ random: CounterRandom, _ tokens: UnsafeMutablePointer<UInt8>, _ labels: UnsafeMutablePointer<Int32>?
    ) {
        tokens.update(repeating: Self.blank, count: steps)
        labels?.update(repeating: -1, count: steps)
        tokens[Self.recalled + lag] = Self.mark
        for place in 0..<Self.recalled {
            let symbol = random.below(UInt64(Self.symbols), at: UInt64(place))
            tokens[place] = UInt8(symbol)
            labels?[steps - Self.recalled + place] = Int32(symbol)
        }
    }

    private func adding(
        _ random: CounterRandom, _ numbers: UnsafeMutablePointer<Float>,
        _ target: UnsafeMutablePointer<Float>?
    ) {
        for step in 0..<steps {
            numbers[2 * step] = random.uniformFloat(at: UInt64(step))
            numbers[2 * step + 1] = 0
        }
        let first = Int(random.below(UInt64(Self.recalled), at: UInt64(steps)))
        let second = Self.recalled + Int(random.below(UInt64(lag), at: UInt64(steps) + 1))
        for place in [first, second] { numbers[2 * place + 1] = 1 }
        target?.pointee = numbers[2 * first] + numbers[2 * second]
    }
}
