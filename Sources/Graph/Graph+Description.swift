extension Graph: CustomStringConvertible {
    /// One line per node, then one per result: the same graph gives the same text on every rank.
    public var description: String {
        var lines: [String] = []
        lines.reserveCapacity(nodes.count + results.count)
        for (index, node) in nodes.enumerated() {
            let operands = node.operands.map(Self.name).joined(separator: ", ")
            let types = node.types.map(\.description).joined(separator: ", ")
            lines.append("%\(index) = \(node.operation)(\(operands)) : \(types)")
        }
        for result in results { lines.append("\(result.role) <- \(Self.name(result.value))") }
        return lines.joined(separator: "\n")
    }

    private static func name(_ value: Value) -> String {
        value.output == 0 ? "%\(value.node)" : "%\(value.node).\(value.output)"
    }
}
