/// A part of a run that is to blame, with what was measured and what to change.
public struct Finding: Sendable, Equatable, Codable {
    /// What is wrong.
    public enum Name: String, Sendable, CaseIterable, Codable {
        /// The training loss is high, and a larger model's is lower.
        case modelTooSimple = "model_too_simple"
        /// The training loss is high, and that of a model with no more weights is lower.
        case optimizationFails = "optimization_fails"
        /// The training loss is low, that of the test set high, and their inputs are alike.
        case overfitting
        /// The test loss is higher than the training loss, and inputs tell which set they are of.
        case shiftedTestSet = "shifted_test_set"
        /// The gradients of the first layers are lost on the way back to them.
        case vanishingGradients = "vanishing_gradients"
        /// Signals or gradients grow from layer to layer.
        case explodingGradients = "exploding_gradients"
        /// Most ReLUs of a layer give 0 for every example.
        case deadUnits = "dead_units"
        /// A lower learning rate comes to a lower loss.
        case rateTooHigh = "rate_too_high"
        /// A higher learning rate makes the loss fall much faster.
        case rateTooLow = "rate_too_low"
        /// Some features are far larger than others.
        case unlikeScales = "unlike_scales"
        /// Labels disagree with what other examples teach, and the training loss stays where such labels keep it.
        case labelNoise = "label_noise"
    }

    /// What is wrong.
    public let name: Name
    /// The measured numbers, in a sentence.
    public let evidence: String
    /// The key of the configuration to change, such as "optimizer.lr".
    public let key: String
}

/// The parts of a run that are to blame.
public struct FoundCauses: Sendable, Equatable, Codable {
    /// The findings, in the order of `Finding.Name`; empty for a healthy run.
    public let findings: [Finding]
    /// Findings that weights alone cannot show; empty where the run's metrics are there.
    public let needRun: [Finding.Name]
}
