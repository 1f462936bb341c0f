/// A bit that a test turns over in one rank's memory, to see that it is found.
package struct BitFlip: Sendable {
    /// Whose memory.
    package enum Place: String, Sendable {
        case weights, optimizer, statistics
    }
    package let place: Place
    /// The rank that does it.
    package let rank: Int
    /// The call of `step` at whose beginning, counted from 1.
    package let step: Int
    /// The bit: of the model's last variable of its kind, or of the first values of the optimizer's state that the rank
    /// updates.
    package let bit: Int

    package init(place: Place, rank: Int, step: Int, bit: Int) {
        (self.place, self.rank, self.step, self.bit) = (place, rank, step, bit)
    }
}

extension Replica {
    /// Turns over the bit that the settings ask for, if it is this rank's turn.
    func turnOverBit(beforeStep step: Int) {
        guard let flip = settings.flip, flip.rank == cluster.rank, flip.step == step else { return }
        let variables = state.model.variables
        var target: UnsafeMutablePointer<Float>?
        switch flip.place {
        case .weights: target = variables.lastIndex { $0.isTrainable }.map { state.pointer($0) }
        case .statistics: target = variables.lastIndex { !$0.isTrainable }.map { state.pointer($0) }
        case .optimizer where !settings.rule.stateNames.isEmpty && !update.arrays.duties.isEmpty:
            target = update.arrays.pointer(0, duty: 0)
        case .optimizer: break
        }
        guard let target else { preconditionFailure("nothing to turn over in \(flip.place.rawValue)") }
        let element = target + flip.bit / 32
        element.pointee = Float(bitPattern: element.pointee.bitPattern ^ 1 << UInt32(flip.bit % 32))
    }
}
