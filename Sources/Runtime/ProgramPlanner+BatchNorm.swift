import CKernels
import Graph

extension ProgramPlanner {
    /// Batch norm as it stands after lowering, on activations in the layout they come in.
    func emitBatchNorm(_ node: Graph.Node, _ index: Int) throws(RuntimeError) -> Bool {
        let result = Graph.Value(index)
        let kernels = kernels
        switch node.operation {
        case .channelMoments:
            let layout = imageLayout(node.operands[0])
            let l = activation(type(node.operands[0]), layout)
            let x = try buffer(node.operands[0], layout)
            let moments = define(result)
            emit("moments", reads: [x], writes: [moments]) { frame in
                kernels.pointee.channel_moments(frame.floats(x), l, frame.doubles(moments))
            }
        case .batchNormApply(let attributes):
            // Left to the pooling that follows.
            if fusesPooling(of: index) { break }
            let layout = imageLayout(node.operands[0])
            let l = activation(type(node.operands[0]), layout)
            let x = try buffer(node.operands[0], layout)
            let y = define(result, layout)
            let coefficients = try Coefficients(self, node.operands, l, attributes.epsilon)
            emit(
                "batch norm", reads: [x] + coefficients.reads, writes: [y], inPlace: x,
                scratch: coefficients.byteCount
            ) { frame in
                let c = coefficients.compute(frame)
                kernels.pointee.batch_norm(frame.floats(x), l, c, attributes.relu, frame.floats(y))
            }
        case .batchNormInference(let attributes):
            try emitInference(node, result, attributes)
        case .batchNormGradientSums(let attributes):
            if try emitPooledSums(node, result, attributes) { break }
            let layout = imageLayout(node.operands[0])
            let l = activation(type(node.operands[0]), layout)
            let x = try buffer(node.operands[0], layout)
            let dy = try buffer(node.operands[4], layout)
            let sums = define(result)
            let coefficients = try Coefficients(self, node.operands, l, attributes.epsilon)
            emit(
                "batch norm gradient sums", reads: [x, dy] + coefficients.reads, writes: [sums],
                scratch: coefficients.byteCount
            ) { frame in
                let c = coefficients.compute(frame)
                kernels.pointee.batch_norm_gradient_sums(
                    frame.floats(x), frame.floats(dy), l, c, attributes.relu, frame.doubles(sums))
            }
        case .batchNormInputGradient(let attributes):
            try emitInputGradient(node, result, attributes)
        case .batchNormParameterGradient(let ofWeight):
            let sums = try plain(node.operands[0])
            let y = define(result)
            let channels = node.types[0].count
            emit("batch norm parameter gradient", reads: [sums], writes: [y]) { frame in
                let from = frame.doubles(sums) + (ofWeight ? channels : 0)
                kernels.pointee.to_f32(Int64(channels), from, frame.floats(y))
            }
        case .runningMean(let momentum):
            try emitRunning(node, result) { moments, channels, channel, old in
                (1 - momentum) * old + momentum * moments[1 + channel]
            }
        case .runningVariance(let momentum):
            try emitRunning(node, result) { moments, channels, channel, old in
                let unbiased = moments[1 + channels + channel] / (moments[0] - 1)
                return (1 - momentum) * old + momentum * unbiased
            }
        case .channelMean:
            try emitOfMoments(node, result) { moments, channels, channel in moments[1 + channel] }
        case .channelDeviation(let epsilon):
            try emitOfMoments(node, result) { moments, channels, channel in
                let variance = moments[0] > 0 ? moments[1 + channels + channel] / moments[0] : 0
                return (variance + epsilon).squareRoot()
            }
        default:
            return false
        }
        return true
    }

    private func emitInference(_ node: Graph.Node, _ result: Graph.Value, _ attributes: BatchNorm)
        throws(RuntimeError)
    {
        let kernels = kernels
        let layout = imageLayout(node.operands[0])
        let l = activation(type(node.operands[0]), layout)
        let x = try buffer(node.operands[0], layout)
        let mean = try plain(node.operands[1])
        let variance = try plain(node.operands[2])
        let weight = try plain(node.operands[3])
        let bias = try plain(node.operands[4])
        let y = define(result, layout)
        let padded = paddedChannels(l)
        emit(
            "batch norm", reads: [x, mean, variance, weight, bias], writes: [y], inPlace: x,
            scratch: 5 * Int(padded) * MemoryLayout<Float>.size
        ) { frame in
            let c = frame.scratch.assumingMemoryBound(to: Float.self)
            kernels.pointee.batch_norm_running_coefficients(
                frame.floats(mean), frame.floats(variance), frame.floats(weight), frame.floats(bias),
                attributes.epsilon, l.c, padded, c)
            kernels.pointee.batch_norm(frame.floats(x), l, c, attributes.relu, frame.floats(y))
        }
    }

    private func emitInputGradient(
        _ node: Graph.Node, _ result: Graph.Value, _ attributes: BatchNorm
    ) throws(RuntimeError) {
        if try emitPooledInputGradient(node, result, attributes) { return }
        let kernels = kernels
        let layout = imageLayout(node.operands[0])
        let l = activation(type(node.operands[0]), layout)
        let x = try buffer(node.operands[0], layout)
        let dy = try buffer(node.operands[4], layout)
        let sums = try plain(node.operands[5])
        let moments = try plain(node.operands[1])
        let dx = define(result, layout)
        let coefficients = try Coefficients(self, node.operands, l, attributes.epsilon)
        let padded = paddedChannels(l)
        emit(
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

    private func emitRunning(
        _ node: Graph.Node, _ result: Graph.Value,
        _ next: @escaping (UnsafeMutablePointer<Double>, Int, Int, Double) -> Double
    ) throws(RuntimeError) {
        let moments = try plain(node.operands[0])
        let old = try plain(node.operands[1])
        let y = define(result)
        let channels = node.types[0].count
        emit("running statistics", reads: [moments, old], writes: [y]) { frame in
            for channel in 0..<channels {
                frame.floats(y)[channel] = Float(
                    next(frame.doubles(moments), channels, channel, Double(frame.floats(old)[channel])))
            }
        }
    }

    private func emitOfMoments(
        _ node: Graph.Node, _ result: Graph.Value,
        _ value: @escaping (UnsafeMutablePointer<Double>, Int, Int) -> Double
    ) throws(RuntimeError) {
        let moments = try plain(node.operands[0])
        let y = define(result)
        let channels = node.types[0].count
        emit("batch statistics", reads: [moments], writes: [y]) { frame in
            for channel in 0..<channels {
                frame.floats(y)[channel] = Float(value(frame.doubles(moments), channels, channel))
            }
        }
    }

    /// How the vector loops count an activation (N, C, ...) in `layout`.
    func activation(_ type: TensorType, _ layout: Layout) -> dt_activation {
        let pixels = type.shape.dropFirst(2).reduce(1, *)
        // Rows (N, C) are one block of C channels.
        let block = type.shape.count == 2 ? type.shape[1] : layout.block ?? 1
        return dt_activation(
            n: Int64(type.shape[0]), c: Int64(type.shape[1]), hw: Int64(pixels), block: Int64(block))
    }
}

/// The channels of an activation with those that fill up its last block.
func paddedChannels(_ l: dt_activation) -> Int64 { (l.c + l.block - 1) / l.block * l.block }

/// Per-channel numbers of a batch norm, computed from merged moments into scratch memory.
struct Coefficients {
    private let moments: Int
    private let weight: Int
    private let bias: Int
    private let epsilon: Double
    private let channels: Int64
    private let padded: Int64
    private let kernels: UnsafePointer<dt_kernels>

    /// From a node's operands (x, moments, weight, bias, ...).
    init(
        _ planner: ProgramPlanner, _ operands: [Graph.Value], _ l: dt_activation, _ epsilon: Double
    ) throws(RuntimeError) {
        moments = try planner.plain(operands[1])
        weight = try planner.plain(operands[2])
        bias = try planner.plain(operands[3])
        self.epsilon = epsilon
        channels = l.c
        padded = paddedChannels(l)
        kernels = planner.kernels
    }

    /// The buffers it is computed from.
    var reads: [Int] { [moments, weight, bias] }
    /// Scratch memory of the coefficients.
    var byteCount: Int { 5 * Int(padded) * MemoryLayout<Float>.size }

    /// The five arrays of padded channels, at the start of the scratch memory.
    func compute(_ frame: Frame) -> UnsafeMutablePointer<Float> {
        let c = frame.scratch.assumingMemoryBound(to: Float.self)
        kernels.pointee.batch_norm_coefficients(
            frame.doubles(moments), frame.floats(weight), frame.floats(bias), epsilon, channels, padded, c)
        return c
    }
}
