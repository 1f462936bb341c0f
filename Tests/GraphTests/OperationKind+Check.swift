import GraphSupport

extension OperationKind {
    /// How an operation is held against something that does not come from its own code.
    enum Check {
        /// A case of its own: first and second derivative against central differences.
        case differences
        /// It has no derivative of its own but stands in the backward graph of a case.
        case backwardOfACase
        /// It is no operation of models, but stands in the graph of second derivatives of a case.
        case secondDerivative
        /// Values known by hand.
        case values
    }

    /// The check that this operation needs.
    var check: Check {
        switch self {
        case .batchNormGradientSums, .batchNormInputGradient, .batchNormParameterGradient, .layerNormGradient,
            .groupNormGradient, .rmsNormGradient, .recurrentGradient, .attentionGradient:
            .backwardOfACase
        case .stopGradient, .runningMean, .runningVariance, .correctCount, .channelMoments, .batchNormApply,
            .crossShardMoments, .channelMean, .channelDeviation, .positionMask, .windowedLengths:
            .values
        case .direction: .secondDerivative
        default: .differences
        }
    }
}
