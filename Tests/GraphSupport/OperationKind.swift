import Graph

/// The cases of `Operation`, `Unary` and `Binary` without their payloads.
///
/// The switches below are exhaustive: an operation that is added does not compile until it is listed here, and then tests
/// of coverage ask for its own.
package enum OperationKind: String, CaseIterable, Hashable {
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
    package init(_ operation: Operation) {
        switch operation {
        case .elementwise(.unary(let function)): self.init(function)
        case .elementwise(.binary(let function)): self.init(function)
        case .leaf(.input): self = .input
        case .leaf(.parameter): self = .parameter
        case .leaf(.state): self = .state
        case .leaf(.direction): self = .direction
        case .leaf(.constant): self = .constant
        case .leaf(.batchCount): self = .batchCount
        case .leaf(.numbers): self = .numbers
        case .leaf(.labelWeightSum): self = .labelWeightSum
        case .elementwise(.convert): self = .convert
        case .elementwise(.stopGradient): self = .stopGradient
        case .shape(.reshape): self = .reshape
        case .shape(.transpose): self = .transpose
        case .shape(.broadcast): self = .broadcast
        case .shape(.sum): self = .sum
        case .shape(.maximum): self = .maximum
        case .shape(.oneHot): self = .oneHot
        case .dense(.matmul): self = .matmul
        case .convolution(.convolution): self = .convolution
        case .convolution(.convolutionInputGradient): self = .convolutionInputGradient
        case .convolution(.convolutionWeightGradient): self = .convolutionWeightGradient
        case .pooling(.maxPool): self = .maxPool
        case .pooling(.maxPoolScatter): self = .maxPoolScatter
        case .pooling(.maxPoolGather): self = .maxPoolGather
        case .pooling(.averagePool): self = .averagePool
        case .pooling(.averagePoolScatter): self = .averagePoolScatter
        case .random(.dropoutMask): self = .dropoutMask
        case .dense(.linear): self = .linear
        case .dense(.biasAdd): self = .biasAdd
        case .rows(.softmax): self = .softmax
        case .rows(.softmaxGradient): self = .softmaxGradient
        case .rows(.logSoftmax): self = .logSoftmax
        case .rows(.logSoftmaxGradient): self = .logSoftmaxGradient
        case .rows(.crossEntropy): self = .crossEntropy
        case .rows(.crossEntropyGradient): self = .crossEntropyGradient
        case .random(.dropout): self = .dropout
        case .batchNormalization(.batchNorm): self = .batchNorm
        case .batchNormalization(.batchNormInference): self = .batchNormInference
        case .batchNormalization(.batchNormGradientSums): self = .batchNormGradientSums
        case .batchNormalization(.batchNormInputGradient): self = .batchNormInputGradient
        case .batchNormalization(.batchNormParameterGradient): self = .batchNormParameterGradient
        case .exampleNormalization(.layerNorm): self = .layerNorm
        case .exampleNormalization(.layerNormGradient): self = .layerNormGradient
        case .exampleNormalization(.groupNorm): self = .groupNorm
        case .exampleNormalization(.groupNormGradient): self = .groupNormGradient
        case .batchNormalization(.channelMean): self = .channelMean
        case .batchNormalization(.channelDeviation): self = .channelDeviation
        case .batchNormalization(.runningMean): self = .runningMean
        case .batchNormalization(.runningVariance): self = .runningVariance
        case .rows(.correctCount): self = .correctCount
        case .batchNormalization(.channelMoments): self = .channelMoments
        case .batchNormalization(.batchNormApply): self = .batchNormApply
        case .collective(.crossShardSum): self = .crossShardSum
        case .collective(.crossShardMoments): self = .crossShardMoments
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
}
