import Graph

/// body(x) + shortcut(x); an empty shortcut is the identity (He et al. 2016).
public struct Residual: Layer {
    /// The branch whose output is added to the shortcut's.
    public let body: Sequential
    /// The branch that skips the body; empty for the identity.
    public let shortcut: Sequential

    /// body(x) + shortcut(x), where both must make the same shape.
    public init(_ body: [any Layer], shortcut: [any Layer] = []) {
        self.body = Sequential(body)
        self.shortcut = Sequential(shortcut)
    }

    public func callAsFunction(_ x: Tensor) -> Tensor { body(x) + shortcut(x) }

    public func check(input shape: [Int]) throws(ModelError) {
        let main: [Int]
        let around: [Int]
        do { main = try body.outputShape(input: shape) } catch { throw error.inside("body") }
        do { around = try shortcut.outputShape(input: shape) } catch { throw error.inside("shortcut") }
        guard main == around else {
            throw ModelError(
                "the body makes shape \(ModelError.text(ofBatch: main)), the shortcut \(ModelError.text(ofBatch: around)): give layers, under shortcut or in the body, that make them equal"
            )
        }
    }
}
