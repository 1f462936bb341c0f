/// What random numbers are drawn for; each purpose has streams of its own under one seed.
///
/// The raw values are part of every run's result: a value is never changed or used again.
public enum RandomPurpose: UInt32, Sendable, CaseIterable {
    /// The order of an epoch's examples; the stream is the epoch.
    case shuffle = 1
    /// First values of parameters; the stream is the parameter's index.
    case initialization = 2
    /// Which activations dropout keeps.
    case dropout = 3
    /// Random changes of training examples.
    case augmentation = 4
    /// Which examples become the validation set.
    case validationSplit = 5
    /// Start vectors and probes of iterative numerical methods.
    case probe = 6
    /// Numbers that only tests draw.
    case test = 7
    /// Which examples a limited data set holds.
    case exampleLimit = 8
    /// The examples of an epoch that draws them with replacement; the stream is the epoch.
    case replacement = 9
    /// Values of a search's trials; the stream is the key, the element the trial.
    case search = 10
    /// The tokens of generated text.
    case generation = 11
    /// Examples that are made rather than read; the stream is the example.
    case syntheticData = 12
}
