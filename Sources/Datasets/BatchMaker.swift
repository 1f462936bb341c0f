import CKernels
import Glibc

/// Makes batches: the given examples, in training changed at random, normalized to Float32, with their labels.
///
/// It never changes after `init`, so any number of threads may make batches at once.
package struct BatchMaker: @unchecked Sendable {
    package let examples: StoredExamples
    /// How features are normalized.
    package let scaling: FeatureScaling
    private let augmenter: Augmenter?
    private let kernels: UnsafePointer<dt_kernels>
    /// The numbers that gathering subtracts and multiplies by, and how many neighbouring features share them.
    private let center, factor: [Double]
    private let channelWidth: Int
    /// Whether features are gathered as stored and standardized only when they are whitened.
    private let standardizesLate: Bool
    /// The 256 values that bytes are gathered as, per channel; empty unless features are bytes.
    private let table: [Float]
    /// The value that a stored 0 is gathered as, per channel.
    private let outside: [Float]
    /// The whitening matrix in strips; empty without one.
    private let strips: [Float]

    /// A maker of batches; `kernels` must outlive it, and `scaling` must fit the examples.
    package init(
        examples: StoredExamples, scaling: FeatureScaling, kernels: UnsafePointer<dt_kernels>,
        augmenter: Augmenter? = nil
    ) {
        let layout = examples.layout
        let numbers = scaling.whitens ? layout.width : layout.channels
        precondition(
            scaling.center.count == numbers && scaling.factor.count == numbers,
            "\(scaling.center.count) numbers of scaling for \(numbers) of data")
        self.examples = examples
        self.scaling = scaling
        self.kernels = kernels
        self.augmenter = augmenter.flatMap { $0.augmentations.isEmpty ? nil : $0 }
        strips = scaling.whitening.map { WhiteningMatrix.strips($0, size: layout.width) } ?? []
        standardizesLate = scaling.whitens && (layout.elementType != .float64 || self.augmenter != nil)
        if standardizesLate {
            // Images are changed as they are stored, and features are standardized in Float64 when they are whitened.
            center = Array(repeating: 0, count: layout.channels)
            factor = Array(repeating: 1, count: layout.channels)
            channelWidth = layout.channelWidth
        } else {
            let repeats = layout.channelsAreLast && !scaling.whitens ? layout.positions : 1
            func tiled(_ numbers: [Double]) -> [Double] {
                repeats == 1 ? numbers : (0..<repeats).flatMap { _ in numbers }
            }
            center = tiled(scaling.center)
            factor = tiled(scaling.factor)
            channelWidth = scaling.whitens || layout.channelsAreLast ? 1 : layout.channelWidth
        }
        outside = zip(center, factor).map { Float((0 - $0) * $1) }
        guard layout.elementType == .uint8 else {
            table = []
            return
        }
        table = zip(center, factor).flatMap { center, factor in
            (0..<256).map { Float((Double($0) - center) * factor) }
        }
    }

    /// A tensor of a batch, with the same number of values for each example.
    package struct Tensor: Sendable, Equatable {
        /// The name by which models know it.
        package let name: String
        /// Bytes of one example.
        package let exampleBytes: Int
    }

    /// The tensors that `make(rows:into:epoch:)` writes, in that order: float32 "features" (N, ...), int32 "labels" (N) or
    /// (N, positions) or float32 "targets" (N, K) and int32 "lengths" (N) if the data have them, and int64
    /// "example_indices" (N), which random operations use to tell examples apart.
    package var tensors: [Tensor] {
        let layout = examples.layout
        var tensors = [Tensor(name: "features", exampleBytes: layout.width * MemoryLayout<Float>.size)]
        switch layout.labels {
        case .none: break
        case .classes: tensors.append(Tensor(name: "labels", exampleBytes: layout.labelSize))
        case .targets: tensors.append(Tensor(name: "targets", exampleBytes: layout.labelSize))
        }
        if layout.hasLengths {
            tensors.append(Tensor(name: "lengths", exampleBytes: MemoryLayout<Int32>.size))
        }
        return tensors + [Tensor(name: "example_indices", exampleBytes: MemoryLayout<Int64>.size)]
    }

    /// Writes the examples at `rows` (N), in that order, to `places`, one for each of `tensors`.
    ///
    /// - Parameters:
    ///   - epoch: The training epoch, from 0, for which random changes are drawn; nil for none.
    ///   - length: The positions of sequences that are written, at least the length of each; nil for all.
    package func make(
        rows: ArraySlice<Int32>, into places: [UnsafeMutableRawPointer], epoch: UInt64? = nil,
        length: Int? = nil
    ) {
        make(
            rows: rows, features: places[0].assumingMemoryBound(to: Float.self),
            classes: examples.classIndices == nil ? nil : places[1].assumingMemoryBound(to: Int32.self),
            targets: examples.targets == nil ? nil : places[1].assumingMemoryBound(to: Float.self),
            lengths: examples.lengths == nil
                ? nil : places[places.count - 2].assumingMemoryBound(to: Int32.self),
            indices: places[places.count - 1].assumingMemoryBound(to: Int64.self), epoch: epoch)
        let layout = examples.layout
        guard let length, let axis = layout.positionAxis, length < layout.positions else { return }
        let shape = layout.exampleShape
        let outer = rows.count * shape[..<axis].reduce(1, *)
        let inner = shape[(axis + 1)...].reduce(1, *) * MemoryLayout<Float>.size
        Self.cut(places[0], runs: outer, from: layout.positions * inner, to: length * inner)
        // Labels of positions stand position by position.
        guard layout.labelShape.first == layout.positions, layout.labelSize > 0 else { return }
        let each = layout.labelSize / layout.positions
        Self.cut(places[1], runs: rows.count, from: layout.labelSize, to: length * each)
    }

    /// Moves the beginnings of runs of `from` bytes together, each `to` bytes.
    private static func cut(_ bytes: UnsafeMutableRawPointer, runs: Int, from: Int, to: Int) {
        for run in 0..<runs { memmove(bytes + run * to, bytes + run * from, to) }
    }

    /// Writes the examples at `rows` (N), in that order.
    ///
    /// - Parameters:
    ///   - rows: row numbers of the data set, such as a shard's part of `EpochOrder.rows`.
    ///   - features: receives (N, ...exampleShape) normalized features.
    ///   - classes: receives (N) or (N, positions) classes; the data set's labels must then be classes.
    ///   - targets: receives (N, K) targets; the data set's labels must then be targets.
    ///   - lengths: receives (N) lengths; the data set must then have some.
    ///   - indices: receives the row numbers (N) as Int64, which random operations use to tell examples apart.
    ///   - epoch: The training epoch, from 0, for which random changes are drawn; nil for none.
    package func make(
        rows: ArraySlice<Int32>, features: UnsafeMutablePointer<Float>,
        classes: UnsafeMutablePointer<Int32>? = nil, targets: UnsafeMutablePointer<Float>? = nil,
        lengths: UnsafeMutablePointer<Int32>? = nil, indices: UnsafeMutablePointer<Int64>,
        epoch: UInt64? = nil
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
        if let augmenter, let epoch {
            augmenter.apply(
                to: features, rows: indices, count: n, epoch: epoch, outside: outside, kernels: kernels)
        }
        if scaling.whitens { whiten(features, n) }
        if let lengths {
            guard let stored = examples.lengths else { preconditionFailure("the data set has no lengths") }
            for i in 0..<n { lengths[i] = stored[Int(indices[i])] }
            // What stands behind them has been shifted by normalization.
            layout.clear(
                features, behind: UnsafeBufferPointer(start: lengths, count: n),
                size: MemoryLayout<Float>.size)
        }
        if let classes {
            guard let stored = examples.classIndices else {
                preconditionFailure("no classes in labels \(layout.labels)")
            }
            copyRows(of: stored, indices, n, to: classes)
        }
        if let targets {
            guard let stored = examples.targets else {
                preconditionFailure("no targets in labels \(layout.labels)")
            }
            copyRows(of: stored, indices, n, to: targets)
        }
    }

    /// Copies the labels of the examples at `rows`.
    private func copyRows<Value: BitwiseCopyable>(
        of stored: UnsafeBufferPointer<Value>, _ rows: UnsafePointer<Int64>, _ n: Int,
        to labels: UnsafeMutablePointer<Value>
    ) {
        let width = examples.layout.labelWidth
        guard let base = stored.baseAddress else { return }
        if width == 1 {
            for i in 0..<n { labels[i] = base[Int(rows[i])] }
        } else {
            for i in 0..<n {
                (labels + i * width).update(from: base + Int(rows[i]) * width, count: width)
            }
        }
    }

    private func gather(_ rows: UnsafePointer<Int64>, _ n: Int, into features: UnsafeMutablePointer<Float>) {
        let layout = examples.layout
        let (count, width, channelWidth) = (Int64(n), Int64(layout.width), Int64(channelWidth))
        switch layout.elementType {
        case .uint8:
            kernels.pointee.gather_u8(
                examples.features.assumingMemoryBound(to: UInt8.self), rows, count, width, channelWidth,
                center, factor, table, features)
        case .float32:
            kernels.pointee.gather_f32(
                examples.features.assumingMemoryBound(to: Float.self), rows, count, width, channelWidth,
                center, factor, features)
        case .float64:
            kernels.pointee.gather_f64(
                examples.features.assumingMemoryBound(to: Double.self), rows, count, width, channelWidth,
                center, factor, features)
        }
    }

    private func whiten(_ features: UnsafeMutablePointer<Float>, _ n: Int) {
        let width = examples.layout.width
        precondition(!strips.isEmpty, "no whitening matrix")
        let capacity = width * Int(DT_WHITEN_GROUP)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: capacity) { scratch in
            guard let scratch = scratch.baseAddress else { return }
            if standardizesLate {
                kernels.pointee.whiten(
                    strips, Int64(width), scaling.center, scaling.factor, Int64(n), scratch, features)
            } else {
                kernels.pointee.whiten(strips, Int64(width), nil, nil, Int64(n), scratch, features)
            }
        }
    }
}
