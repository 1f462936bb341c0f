import Graph

/// The cases of `Operation`, `Unary` and `Binary` without their payloads.
///
/// The switches below are exhaustive: an operation that is added does not compile until it is listed here, and then tests
/// of coverage ask for its own.
package enum OperationKind: String, CaseIterable, Hashable {
    case input, parameter, state, direction, constant, batchCount, numbers, labelWeightSum
    case negate, exp, log, sqrt, reciprocal, tanh, sigmoid, erf, relu, abs, square
    case sin, cos, powerOf
    case step, sign, leakyRelu, gelu, softplus, clamp, scale, offset
    case add, subtract, multiply, divide
    case power, maximumOfTwo, minimumOfTwo, less, lessOrEqual, equal
    case reluGradient, leakyReluGradient, sigmoidGradient, tanhGradient, geluGradient
    case select, slice, concatenate, pad, padGradient, cumulativeSum, gatherRows, scatterRows, batchedMatmul
    case positionMask, windowedLengths, recurrent, recurrentGradient, attention, attentionGradient
    case rmsNorm, rmsNormGradient
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
        case .elementwise(.select): self = .select
        case .elementwise(.convert): self = .convert
        case .elementwise(.stopGradient): self = .stopGradient
        case .shape(.reshape): self = .reshape
        case .shape(.transpose): self = .transpose
        case .shape(.broadcast): self = .broadcast
        case .shape(.sum): self = .sum
        case .shape(.maximum): self = .maximum
        case .shape(.oneHot): self = .oneHot
        case .moves(.slice): self = .slice
        case .moves(.concatenate): self = .concatenate
        case .moves(.pad): self = .pad
        case .moves(.padGradient): self = .padGradient
        case .moves(.cumulativeSum): self = .cumulativeSum
        case .lookup(.gatherRows): self = .gatherRows
        case .lookup(.scatterRows): self = .scatterRows
        case .sequence(.mask): self = .positionMask
        case .sequence(.windowed): self = .windowedLengths
        case .recurrent(.recurrent): self = .recurrent
        case .recurrent(.recurrentGradient): self = .recurrentGradient
        case .attention(.attention): self = .attention
        case .attention(.attentionGradient): self = .attentionGradient
        case .exampleNormalization(.rmsNorm): self = .rmsNorm
        case .exampleNormalization(.rmsNormGradient): self = .rmsNormGradient
        case .dense(.matmul): self = .matmul
        case .dense(.batchedMatmul): self = .batchedMatmul
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
        case .sin: self = .sin
        case .cos: self = .cos
        case .power: self = .powerOf
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
        case .power: self = .power
        case .maximum: self = .maximumOfTwo
        case .minimum: self = .minimumOfTwo
        case .less: self = .less
        case .lessOrEqual: self = .lessOrEqual
        case .equal: self = .equal
        case .reluGradient: self = .reluGradient
        case .leakyReluGradient: self = .leakyReluGradient
        case .sigmoidGradient: self = .sigmoidGradient
        case .tanhGradient: self = .tanhGradient
        case .geluGradient: self = .geluGradient
        }
    }
}
