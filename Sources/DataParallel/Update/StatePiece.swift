/// Neighbouring elements of one parameter's part of one state array: what checkpoints are cut into, so that every rank
/// can write those it holds and any number of ranks can read them.
package struct StatePiece: Sendable, Equatable {
    /// The number of the state array.
    package let array: Int
    /// The parameter, by its place in the layout.
    package let entry: Int
    /// Elements of the parameter, row-major.
    package let elements: Range<Int>

    package init(array: Int, entry: Int, elements: Range<Int>) {
        self.array = array
        self.entry = entry
        self.elements = elements
    }
}

extension ParameterLayout {
    /// The pieces of `array` within a stretch of flat elements; gaps between tensors are in none.
    func pieces(of array: Int, in stretch: Range<Int>) -> [StatePiece] {
        entries.indices.compactMap { place in
            let entry = entries[place]
            let part = (entry.offset..<entry.offset + entry.count).clamped(to: stretch)
            guard !part.isEmpty else { return nil }
            return StatePiece(
                array: array, entry: place,
                elements: part.lowerBound - entry.offset..<part.upperBound - entry.offset)
        }
    }
}

extension Replica {
    /// Elements of one state array, gaps included.
    package var stateElements: Int { state.layout.elementCount }

    /// The pieces of the first `arrays` state arrays that this rank alone holds, where the state is sharded.
    package func ownPieces(arrays: Int) -> [StatePiece] {
        (0..<arrays).flatMap { array in
            update.arrays.duties.filter { $0.owner == cluster.rank }.flatMap {
                state.layout.pieces(of: array, in: $0.slice.elements)
            }
        }
    }

    /// The pieces in a stretch of all state arrays one behind the other, where each node holds all of them.
    package func pieces(in stretch: Range<Int>) -> [StatePiece] {
        let count = state.layout.elementCount
        guard count > 0, !stretch.isEmpty else { return [] }
        return (stretch.lowerBound / count...(stretch.upperBound - 1) / count).flatMap { array in
            let part = stretch.clamped(to: array * count..<(array + 1) * count)
            return state.layout.pieces(
                of: array, in: part.lowerBound - array * count..<part.upperBound - array * count)
        }
    }

    /// A copy of a piece that this rank's memory holds.
    package func copy(_ piece: StatePiece) throws -> FloatCopy {
        try update.arrays.copy(piece.array, state.layout.entries[piece.entry], piece.elements)
    }

    /// Sets a piece's values where this rank holds them; every rank passes the same.
    package func set(_ piece: StatePiece, _ values: [Float]) {
        precondition(
            values.count == piece.elements.count, "\(values.count) values for \(piece.elements.count)")
        update.arrays.set(piece.array, state.layout.entries[piece.entry], piece.elements, values)
    }
}
