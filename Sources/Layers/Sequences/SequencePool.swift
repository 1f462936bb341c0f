import Graph

/// One row of numbers for each sequence: (N, T, E) → (N, E), over the positions in front of its length.
public struct SequencePool: Layer {
    /// What the row is; raw values are those of configurations.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The last position's.
        case last
        /// The mean over positions.
        case mean
        /// The largest of each feature over positions.
        case max
    }

    private let kind: Kind

    /// Pooling of `kind`.
    public init(_ kind: Kind) { self.kind = kind }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        x.builder.carried?.refuse("sequence_pool leaves no outputs for each position")
        let (examples, steps, features) = (x.shape[0], x.shape[1], x.shape[2])
        let row = [examples, features]
        guard let lengths = x.lengths else {
            switch kind {
            case .last: return x.sliced(1, (steps - 1)..<steps).reshaped(to: row)
            case .mean: return x.mean([1]).reshaped(to: row)
            case .max: return x.maximum([1]).reshaped(to: row)
            }
        }
        let inside = lengths.positionMask(steps: steps)
        func along(_ mask: Tensor) -> Tensor {
            mask.reshaped(to: [examples, steps, 1]).broadcast(to: x.shape)
        }
        func filled(_ value: Double) -> Tensor { x.builder.constant(value, shape: x.shape) }
        let pooled: Tensor
        switch kind {
        case .last:
            // The position that is inside while the next one is not.
            let isLast = inside - inside.sliced(1, 1..<steps).padded(1, before: 0, after: 1)
            pooled = along(isLast).selecting(x, else: filled(0)).sum([1]).reshaped(to: row)
        case .mean:
            let sum = along(inside).selecting(x, else: filled(0)).sum([1]).reshaped(to: row)
            pooled = sum / inside.sum([1]).broadcast(to: row)
        case .max:
            let least = -Double(Float.greatestFiniteMagnitude)
            pooled = along(inside).selecting(x, else: filled(least)).maximum([1]).reshaped(to: row)
        }
        return pooled.with(lengths: nil)
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 3 else { throw .expected("sequences (N, T, features)", found: shape) }
    }
}

/// The last two dimensions exchanged: (N, T, C) → (N, C, T), and back.
public struct Transpose: Layer {
    public init() {}

    public func callAsFunction(_ x: Tensor) -> Tensor {
        let last = x.shape.count - 1
        x.builder.carried?.refuse("transpose lets layers read positions that come later")
        return x.transposed(Array(0..<(last - 1)) + [last, last - 1])
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count >= 3 else { throw .expected("(N, ..., two dimensions)", found: shape) }
    }
}
