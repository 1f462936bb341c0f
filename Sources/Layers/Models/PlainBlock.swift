import Graph

/// A residual block without its shortcut: body(x), with the parameter names of `Residual`'s body.
struct PlainBlock: Layer {
    private let body: Sequential

    init(_ body: [any Layer]) { self.body = Sequential(body) }

    func callAsFunction(_ x: Tensor) -> Tensor { body(x) }

    func check(input shape: [Int]) throws(ModelError) {
        do { _ = try body.outputShape(input: shape) } catch { throw error.inside("body") }
    }
}
