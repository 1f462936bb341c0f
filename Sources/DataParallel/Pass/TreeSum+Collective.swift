import Runtime

extension TreeSum.Combination {
    /// How the shards' vectors of `collective` combine.
    init(_ collective: Program.Collective) {
        switch (collective.kind, collective.element) {
        case (.moments, _): self = .mergeMoments
        case (_, .float64): self = .addDoubles
        default: self = .addFloats
        }
    }
}
