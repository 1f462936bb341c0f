import CKernels
import Graph

/// Batch norm as it stands after lowering, on activations in the layout they come in.
struct BatchNormalizationBinder: Binder {
    let site: Site

    func bind(_ operation: Operation.BatchNormalization) throws(RuntimeError) {
        let kernels = kernels
        switch operation {
        case .batchNorm:
            throw RuntimeError(
                description: "\(operation) has no kernel; lower or decompose the graph before planning")
        case .channelMoments:
            let layout = imageLayout(0)
            let l = dt_activation(type(0), layout)
            let x = try buffer(0, layout)
            let moments = define()
            builder.emit("moments", reads: [x], writes: [moments]) { frame in
                kernels.pointee.channel_moments(frame.floats(x), l, frame.doubles(moments))
            }
        case .batchNormApply(let attributes):
            // Left to the pooling that follows.
            if site.pooledBatchNorm(where: { $0.apply == site.index }) != nil { break }
            try bindMap(attributes)
        case .batchNormInference(let attributes):
            try bindMap(attributes)
        case .batchNormGradientSums(let attributes):
            if try bindPooledSums(attributes) { break }
            let layout = imageLayout(0)
            let l = dt_activation(type(0), layout)
            let x = try buffer(0, layout)
            let dy = try buffer(4, layout)
            let sums = define()
            let coefficients = try Coefficients(builder, node.operands, l, attributes.epsilon)
            builder.emit(
                "batch norm gradient sums", reads: [x, dy] + coefficients.reads, writes: [sums],
                scratch: coefficients.byteCount
            ) { frame in
                let c = coefficients.compute(frame)
                kernels.pointee.batch_norm_gradient_sums(
                    frame.floats(x), frame.floats(dy), l, c, attributes.relu, frame.doubles(sums))
            }
        case .batchNormInputGradient(let attributes):
            try bindInputGradient(attributes)
        case .batchNormParameterGradient(let ofWeight):
            let sums = try plain(0)
            let y = define()
            let channels = node.types[0].count
            builder.emit("batch norm parameter gradient", reads: [sums], writes: [y]) { frame in
                let from = frame.doubles(sums) + (ofWeight ? channels : 0)
                kernels.pointee.to_f32(Int64(channels), from, frame.floats(y))
            }
        case .runningMean(let momentum):
            try bindRunning { moments, channels, channel, old in
                (1 - momentum) * old + momentum * moments[1 + channel]
            }
        case .runningVariance(let momentum):
            try bindRunning { moments, channels, channel, old in
                let unbiased = moments[1 + channels + channel] / (moments[0] - 1)
                return (1 - momentum) * old + momentum * unbiased
            }
        case .channelMean:
            try bindOfMoments { moments, channels, channel in moments[1 + channel] }
        case .channelDeviation(let epsilon):
            try bindOfMoments { moments, channels, channel in
                let variance = moments[0] > 0 ? moments[1 + channels + channel] / moments[0] : 0
                return (variance + epsilon).squareRoot()
            }
        }
    }

    /// The affine map of each channel, by merged moments or by running statistics.
    private func bindMap(_ attributes: BatchNorm) throws(RuntimeError) {
        let kernels = kernels
        let layout = imageLayout(0)
        let l = dt_activation(type(0), layout)
        let x = try buffer(0, layout)
        let coefficients = try Coefficients(builder, of: node, l)
        let y = define(layout)
        builder.emit(
            "batch norm", reads: [x] + coefficients.reads, writes: [y], inPlace: x,
            scratch: coefficients.byteCount
        ) { frame in
            kernels.pointee.batch_norm(
                frame.floats(x), l, coefficients.compute(frame), attributes.relu, frame.floats(y))
        }
    }

    private func bindInputGradient(_ attributes: BatchNorm) throws(RuntimeError) {
        if try bindPooledInputGradient(attributes) { return }
        let kernels = kernels
        let layout = imageLayout(0)
        let l = dt_activation(type(0), layout)
        let x = try buffer(0, layout)
        let dy = try buffer(4, layout)
        let sums = try plain(5)
        let moments = try plain(1)
        let dx = define(layout)
        let coefficients = try Coefficients(builder, node.operands, l, attributes.epsilon)
        let padded = l.paddedChannels
        builder.emit(
            "batch norm input gradient", reads: [x, dy, sums] + coefficients.reads, writes: [dx], inPlace: dy,
            scratch: coefficients.byteCount + 2 * Int(padded) * MemoryLayout<Float>.size
        ) { frame in
            let c = coefficients.compute(frame)
            let means = c + 5 * Int(padded)
            kernels.pointee.batch_norm_gradient_means(
                frame.doubles(sums), frame.doubles(moments)[0], l.c, padded, means)
            kernels.pointee.batch_norm_gradient(
                frame.floats(x), frame.floats(dy), l, c, means, attributes.relu, frame.floats(dx))
        }
    }

    private func bindRunning(
        _ next: @escaping (UnsafeMutablePointer<Double>, Int, Int, Double) -> Double
    ) throws(RuntimeError) {
        let moments = try plain(0)
        let old = try plain(1)
        let y = define()
        let channels = node.types[0].count
        builder.emit("running statistics", reads: [moments, old], writes: [y]) { frame in
            for channel in 0..<channels {
                frame.floats(y)[channel] = Float(
                    next(frame.doubles(moments), channels, channel, Double(frame.floats(old)[channel])))
            }
        }
    }

    private func bindOfMoments(
        _ value: @escaping (UnsafeMutablePointer<Double>, Int, Int) -> Double
    ) throws(RuntimeError) {
        let moments = try plain(0)
        let y = define()
        let channels = node.types[0].count
        builder.emit("batch statistics", reads: [moments], writes: [y]) { frame in
            for channel in 0..<channels {
                frame.floats(y)[channel] = Float(value(frame.doubles(moments), channels, channel))
            }
        }
    }
}

/// Per-channel numbers of a batch norm, computed into scratch memory from merged moments or from running statistics.
struct Coefficients {
    private enum Statistics {
        case moments(Int)
        case running(mean: Int, variance: Int)
    }

    private let statistics: Statistics
    private let weight: Int
    private let bias: Int
    private let epsilon: Double
    private let channels: Int64
    private let padded: Int64
    private let kernels: UnsafePointer<dt_kernels>

    /// From a node's operands (x, moments, weight, bias, ...).
    init(
        _ builder: ProgramBuilder, _ operands: [Graph.Value], _ l: dt_activation, _ epsilon: Double
    ) throws(RuntimeError) {
        try self.init(
            builder, .moments(try builder.plain(operands[1])), operands[2], operands[3], l, epsilon)
    }

    /// Of a node that applies a batch norm, in training or with running statistics.
    init(_ builder: ProgramBuilder, of node: Graph.Node, _ l: dt_activation) throws(RuntimeError) {
        let operands = node.operands
        switch node.operation {
        case .batchNormalization(.batchNormApply(let attributes)):
            try self.init(builder, operands, l, attributes.epsilon)
        case .batchNormalization(.batchNormInference(let attributes)):
            let mean = try builder.plain(operands[1])
            let variance = try builder.plain(operands[2])
            try self.init(
                builder, .running(mean: mean, variance: variance), operands[3], operands[4], l,
                attributes.epsilon)
        default:
            throw RuntimeError(description: "\(node.operation) applies no batch norm")
        }
    }

    private init(
        _ builder: ProgramBuilder, _ statistics: Statistics, _ weight: Graph.Value, _ bias: Graph.Value,
        _ l: dt_activation, _ epsilon: Double
    ) throws(RuntimeError) {
        self.statistics = statistics
        self.weight = try builder.plain(weight)
        self.bias = try builder.plain(bias)
        self.epsilon = epsilon
        channels = l.c
        padded = l.paddedChannels
        kernels = builder.kernels
    }

    /// The buffers it is computed from.
    var reads: [Int] {
        switch statistics {
        case .moments(let moments): [moments, weight, bias]
        case .running(let mean, let variance): [mean, variance, weight, bias]
        }
    }
    /// Scratch memory of the coefficients.
    var byteCount: Int { 5 * Int(padded) * MemoryLayout<Float>.size }

    /// The five arrays of padded channels, at the start of the scratch memory.
    func compute(_ frame: Frame) -> UnsafeMutablePointer<Float> {
        let c = frame.scratch.assumingMemoryBound(to: Float.self)
        switch statistics {
        case .moments(let moments):
            kernels.pointee.batch_norm_coefficients(
                frame.doubles(moments), frame.floats(weight), frame.floats(bias), epsilon, channels, padded,
                c)
        case .running(let mean, let variance):
            kernels.pointee.batch_norm_running_coefficients(
                frame.floats(mean), frame.floats(variance), frame.floats(weight), frame.floats(bias), epsilon,
                channels, padded, c)
        }
        return c
    }
}
