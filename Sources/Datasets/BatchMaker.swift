import CKernels

/// Writes batches: the named examples, normalized to Float32, with their labels.
///
/// It never changes after `init`, so any number of threads may make batches at once.
package struct BatchMaker: @unchecked Sendable {
    /// The examples that batches are made from.
    package let examples: StoredExamples
    /// How they are normalized.
    package let scaling: FeatureScaling
    private let kernels: UnsafePointer<dt_kernels>
    /// The 256 normalized values of each channel; empty unless features are bytes.
    private let table: [Float]

    /// A maker of batches; `kernels` must outlive it and `scaling` must have the examples' channels.
    package init(examples: StoredExamples, scaling: FeatureScaling, kernels: UnsafePointer<dt_kernels>) {
        precondition(
            scaling.center.count == examples.layout.channels
                && scaling.factor.count == examples.layout.channels,
            "\(scaling.center.count) channels of scaling for \(examples.layout.channels) of data")
        self.examples = examples
        self.scaling = scaling
        self.kernels = kernels
        guard examples.layout.elementType == .uint8 else {
            table = []
            return
        }
        table = zip(scaling.center, scaling.factor).flatMap { center, factor in
            (0..<256).map { Float((Double($0) - center) * factor) }
        }
    }

    /// Writes the examples at `rows` (N), in that order.
    ///
    /// - Parameters:
    ///   - rows: row numbers of the data set, such as a shard's part of `EpochOrder.rows`.
    ///   - features: receives (N, ...exampleShape) normalized features.
    ///   - classes: receives (N) classes; the data set's labels must then be classes.
    ///   - targets: receives (N, K) targets; the data set's labels must then be targets.
    ///   - indices: receives the row numbers (N) as Int64, by which random operations tell examples apart.
    package func make(
        rows: ArraySlice<Int32>, features: UnsafeMutablePointer<Float>,
        classes: UnsafeMutablePointer<Int32>? = nil, targets: UnsafeMutablePointer<Float>? = nil,
        indices: UnsafeMutablePointer<Int64>
    ) {
        let layout = examples.layout
        let (n, stored) = (rows.count, layout.count)
        rows.withUnsafeBufferPointer { rows in
            for place in 0..<n {
                let row = Int(rows[place])
                precondition(row >= 0 && row < stored, "row \(row) of \(stored) examples")
                indices[place] = Int64(row)
            }
        }
        gather(indices, n, into: features)
        if let classes {
            guard let stored = examples.classes else {
                preconditionFailure("no classes in labels \(layout.labels)")
            }
            for i in 0..<n { classes[i] = stored[Int(indices[i])] }
        }
        if let targets {
            guard let stored = examples.targets else {
                preconditionFailure("no targets in labels \(layout.labels)")
            }
            let width = stored.count / layout.count
            for i in 0..<n {
                let row = Int(indices[i]) * width
                for k in 0..<width { targets[i * width + k] = stored[row + k] }
            }
        }
    }

    private func gather(_ rows: UnsafePointer<Int64>, _ n: Int, into features: UnsafeMutablePointer<Float>) {
        let layout = examples.layout
        let (count, width) = (Int64(n), Int64(layout.width))
        let channelWidth = Int64(layout.channelWidth)
        switch layout.elementType {
        case .uint8:
            kernels.pointee.gather_u8(
                examples.features.assumingMemoryBound(to: UInt8.self), rows, count, width, channelWidth,
                scaling.center, scaling.factor, table, features)
        case .float32:
            kernels.pointee.gather_f32(
                examples.features.assumingMemoryBound(to: Float.self), rows, count, width, channelWidth,
                scaling.center, scaling.factor, features)
        case .float64:
            kernels.pointee.gather_f64(
                examples.features.assumingMemoryBound(to: Double.self), rows, count, width, channelWidth,
                scaling.center, scaling.factor, features)
        }
    }
}
