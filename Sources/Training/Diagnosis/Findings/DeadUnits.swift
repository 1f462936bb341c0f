/// More than half of a layer's ReLUs give 0 for every example: they have no gradient, and do not come back.
struct DeadUnits: FindingRule {
    static let name = Finding.Name.deadUnits

    /// The share of a layer's units, and their number, from which on they are a finding. Well trained networks lose
    /// some units, seldom half.
    static let share = 0.5
    static let fewest = 4

    func finding(in measured: Measurements) -> Finding? {
        let dead = measured.rectifiers.filter(Self.isDead)
        guard !dead.isEmpty else { return nil }
        let shown = dead.prefix(4).map { layer in
            "\(layer.dead) of \(layer.units) behind \(layer.parameter ?? "the input") (\(percent(Double(layer.dead) / Double(layer.units))))"
        }
        let atStart = measured.firstRectifiers.contains(where: Self.isDead)
        let place =
            measured.firstRectifiers.isEmpty
            ? "" : atStart ? "; so it was at the first weights" : "; at the first weights no layer was so"
        return found(
            "units that give 0 for every example: \(shown.joined(separator: ", "))\(dead.count > 4 ? ", ..." : "")\(place)",
            key: atStart ? "init.default" : "optimizer.lr")
    }

    private static func isDead(_ layer: Measurements.Rectifiers) -> Bool {
        layer.dead >= fewest && Double(layer.dead) > share * Double(layer.units)
    }

    /// Whether the units of some layer are dead.
    static func hasDeadLayer(_ layers: [Measurements.Rectifiers]) -> Bool { layers.contains(where: isDead) }
}
