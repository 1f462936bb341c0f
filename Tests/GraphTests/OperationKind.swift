import Graph

/// The cases of `Operation`, `Unary` and `Binary` without their payloads.
///
/// The switches below are exhaustive: an operation that is added does not compile until it is listed here, and then
/// `CoverageTests` asks for its test.
enum OperationKind: String, CaseIterable, Hashable {
    case input, parameter, state, direction, constant, batchCount, numbers, labelWeightSum
    case negate, exp, log, sqrt, reciprocal, tanh, sigmoid, erf, relu, abs, square
    case step, sign, leakyRelu, gelu, softplus, clamp, scale, offset
    case add, subtract, multiply, divide
    case reluGradient, leakyReluGradient, sigmoidGradient, tanhGradient, geluGradient
    case convert, stopGradient, reshape, transpose, broadcast, sum, maximum, oneHot
    case matmul, convolution, convolutionInputGradient, convolutionWeightGradient
    case maxPool, maxPoolScatter, maxPoolGather, averagePool, averagePoolScatter
    case dropoutMask, linear, biasAdd, softmax, softmaxGradient, logSoftmax, logSoftmaxGradient
    case crossEntropy, crossEntropyGradient, dropout
    case batchNorm, batchNormInference, batchNormGradientSums, batchNormInputGradient
    case batchNormParameterGradient, runningMean, runningVariance, correctCount
    case layerNorm, layerNormGradient, groupNorm, groupNormGradient, channelMean, channelDeviation
    case channelMoments, batchNormApply, crossShardSum, crossShardMoments

    /// The kind of an operation.
    init(_ operation: Operation) {
        switch operation {
        case .unary(let function): self.init(function)
        case .binary(let function): self.init(function)
        case .input: self = .input
        case .parameter: self = .parameter
        case .state: self = .state
        case .direction: self = .direction
        case .constant: self = .constant
        case .batchCount: self = .batchCount
        case .numbers: self = .numbers
        case .labelWeightSum: self = .labelWeightSum
        case .convert: self = .convert
        case .stopGradient: self = .stopGradient
        case .reshape: self = .reshape
        case .transpose: self = .transpose
        case .broadcast: self = .broadcast
        case .sum: self = .sum
        case .maximum: self = .maximum
        case .oneHot: self = .oneHot
        case .matmul: self = .matmul
        case .convolution: self = .convolution
        case .convolutionInputGradient: self = .convolutionInputGradient
        case .convolutionWeightGradient: self = .convolutionWeightGradient
        case .maxPool: self = .maxPool
        case .maxPoolScatter: self = .maxPoolScatter
        case .maxPoolGather: self = .maxPoolGather
        case .averagePool: self = .averagePool
        case .averagePoolScatter: self = .averagePoolScatter
        case .dropoutMask: self = .dropoutMask
        case .linear: self = .linear
        case .biasAdd: self = .biasAdd
        case .softmax: self = .softmax
        case .softmaxGradient: self = .softmaxGradient
        case .logSoftmax: self = .logSoftmax
        case .logSoftmaxGradient: self = .logSoftmaxGradient
        case .crossEntropy: self = .crossEntropy
        case .crossEntropyGradient: self = .crossEntropyGradient
        case .dropout: self = .dropout
        case .batchNorm: self = .batchNorm
        case .batchNormInference: self = .batchNormInference
        case .batchNormGradientSums: self = .batchNormGradientSums
        case .batchNormInputGradient: self = .batchNormInputGradient
        case .batchNormParameterGradient: self = .batchNormParameterGradient
        case .layerNorm: self = .layerNorm
        case .layerNormGradient: self = .layerNormGradient
        case .groupNorm: self = .groupNorm
        case .groupNormGradient: self = .groupNormGradient
        case .channelMean: self = .channelMean
        case .channelDeviation: self = .channelDeviation
        case .runningMean: self = .runningMean
        case .runningVariance: self = .runningVariance
        case .correctCount: self = .correctCount
        case .channelMoments: self = .channelMoments
        case .batchNormApply: self = .batchNormApply
        case .crossShardSum: self = .crossShardSum
        case .crossShardMoments: self = .crossShardMoments
        }
    }

    private init(_ function: Unary) {
        switch function {
        case .negate: self = .negate
        case .exp: self = .exp
        case .log: self = .log
        case .sqrt: self = .sqrt
        case .reciprocal: self = .reciprocal
        case .tanh: self = .tanh
        case .sigmoid: self = .sigmoid
        case .erf: self = .erf
        case .relu: self = .relu
        case .abs: self = .abs
        case .square: self = .square
        case .step: self = .step
        case .sign: self = .sign
        case .leakyRelu: self = .leakyRelu
        case .gelu: self = .gelu
        case .softplus: self = .softplus
        case .clamp: self = .clamp
        case .scale: self = .scale
        case .offset: self = .offset
        }
    }

    private init(_ function: Binary) {
        switch function {
        case .add: self = .add
        case .subtract: self = .subtract
        case .multiply: self = .multiply
        case .divide: self = .divide
        case .reluGradient: self = .reluGradient
        case .leakyReluGradient: self = .leakyReluGradient
        case .sigmoidGradient: self = .sigmoidGradient
        case .tanhGradient: self = .tanhGradient
        case .geluGradient: self = .geluGradient
        }
    }

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
            .groupNormGradient:
            .backwardOfACase
        case .stopGradient, .runningMean, .runningVariance, .correctCount, .channelMoments, .batchNormApply,
            .crossShardMoments, .channelMean, .channelDeviation:
            .values
        case .direction: .secondDerivative
        default: .differences
        }
    }
}
