/// What a model keeps from one position of a sequence to the next, while it is traced for one position at a time.
///
/// Layers that look at the positions in front of one ask for their state, and say what it is next; others need not know.
public final class CarriedStates {
    /// The most positions that may be looked at.
    public private(set) var longest: Int
    /// The shapes of the states, in the order in which layers asked for them.
    package private(set) var shapes: [[Int]] = []
    /// What each state is next.
    package private(set) var next: [Graph.Value?] = []
    /// Why the model cannot be run position by position; nil where it can.
    package private(set) var problem: String?

    init(longest: Int) { self.longest = longest }

    /// A state: float32 of this shape, zeros in front of the first position.
    public func state(_ shape: [Int], in builder: GraphBuilder) -> (place: Int, value: Tensor) {
        let place = shapes.count
        shapes.append(shape)
        next.append(nil)
        return (place, builder.input(.carried(place), TensorType(shape)))
    }

    /// Says what a state is behind the position.
    public func keep(_ value: Tensor, at place: Int) { next[place] = value.value }

    /// int32[1]: the position, from 0.
    public func position(in builder: GraphBuilder) -> Tensor {
        builder.input(.position, TensorType([1], .int32))
    }

    /// int32[1]: the positions up to this one.
    public func count(in builder: GraphBuilder) -> Tensor {
        builder.input(.positionCount, TensorType([1], .int32))
    }

    /// float32[longest]: 1 at the position, else 0.
    public func mark(in builder: GraphBuilder) -> Tensor {
        builder.input(.positionMark, TensorType([longest]))
    }

    /// Says that the model tells no more than `count` positions apart. Layers that take states of `longest` come behind.
    public func limit(to count: Int) { longest = min(longest, count) }

    /// Says that a layer cannot be run position by position, and why; the first reason counts.
    public func refuse(_ reason: String) { problem = problem ?? reason }
}

extension GraphInput {
    /// What a model keeps, by its place.
    package static func carried(_ place: Int) -> GraphInput { GraphInput("carried_\(place)") }
    package static let position = GraphInput("position")
    package static let positionCount = GraphInput("position_count")
    package static let positionMark = GraphInput("position_mark")
}
