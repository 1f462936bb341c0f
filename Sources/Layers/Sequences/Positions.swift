import Glibc
import Graph

/// A learned vector for each position, added to it: (N, T, E) → (N, T, E) (Gehring et al. 2017).
public struct PositionalEmbedding: Layer {
    /// (longest, E).
    public let weight: Parameter
    private let longest: Int

    /// Vectors for sequences of up to `longest` positions, drawn from N(0, 0.02²) unless told otherwise.
    public init(longest: Int, initializer: Initializer = .normal(deviation: 0.02)) {
        precondition(longest > 0, "a positional embedding of \(longest) positions")
        self.longest = longest
        weight = Parameter(initializer)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        let (steps, features) = (x.shape[1], x.shape[2])
        let all = x.builder.variable(weight, shape: [longest, features])
        if let carried = x.builder.carried {
            carried.limit(to: longest)
            return x + all.gatheredRows(carried.position(in: x.builder).reshaped(to: [1, 1]))
        }
        let vectors = all.sliced(0, 0..<steps)
        return x + vectors.reshaped(to: [1, steps, features]).broadcast(to: x.shape)
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 3 else { throw .expected("sequences (N, T, features)", found: shape) }
        guard shape[1] <= longest else {
            throw .expected(
                "at most \(longest) positions", found: shape, "make max_length \(shape[1]) or more")
        }
    }
}

/// Sines and cosines of each position, added to it: (N, T, E) → (N, T, E) (Vaswani et al. 2017).
///
/// Feature 2i of position t gets sin(t / 10000^(2i/E)), feature 2i + 1 its cosine.
public struct SinusoidalEncoding: Layer {
    public init() {}

    public func callAsFunction(_ x: Tensor) -> Tensor {
        x.readAsSequences(along: 1)
        let carried = x.builder.carried
        let (steps, features) = (carried?.longest ?? x.shape[1], x.shape[2])
        let values = (0..<steps).flatMap { step in
            (0..<features).map { feature -> Double in
                let angle = Double(step) / pow(10_000, Double(feature / 2 * 2) / Double(features))
                return feature % 2 == 0 ? sin(angle) : cos(angle)
            }
        }
        if let carried {
            let table = x.builder.numbers(values, shape: [steps, features])
            return x + table.gatheredRows(carried.position(in: x.builder).reshaped(to: [1, 1]))
        }
        return x + x.builder.numbers(values, shape: [1, steps, features]).broadcast(to: x.shape)
    }

    public func check(input shape: [Int]) throws(ModelError) {
        guard shape.count == 3 else { throw .expected("sequences (N, T, features)", found: shape) }
    }
}
