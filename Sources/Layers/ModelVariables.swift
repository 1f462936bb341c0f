import Graph

/// The variables of a model under torch's names, in the order in which its properties are declared.
package struct ModelVariables: Sendable {
    package struct Named: Sendable {
        package let name: String
        package let variable: any TracedVariable
    }

    /// Parameters and buffers; the graph numbers them by their index in this list.
    package private(set) var variables: [Named] = []
    /// The names of batch counters, which no graph reads.
    package private(set) var counters: [String] = []

    /// Collects the variables of `model` from its stored properties.
    package init(of model: any Layer) { collect(model, path: "") }

    private mutating func collect(_ value: Any, path: String) {
        func inside(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        switch value {
        case let variable as any TracedVariable:
            // A variable that two layers share is one variable, under the first name.
            if !variables.contains(where: { $0.variable === variable }) {
                variables.append(Named(name: path, variable: variable))
            }
        case is BatchCounter:
            counters.append(path)
        case let chain as Sequential:
            for (index, layer) in chain.layers.enumerated() { collect(layer, path: inside(String(index))) }
        default:
            let mirror = Mirror(reflecting: value)
            switch mirror.displayStyle {
            case .optional:
                for child in mirror.children { collect(child.value, path: path) }
            case .collection, .tuple:
                for (index, child) in mirror.children.enumerated() {
                    collect(child.value, path: inside(String(index)))
                }
            case .struct, .class:
                for child in mirror.children {
                    if let label = child.label { collect(child.value, path: inside(Self.snakeCase(label))) }
                }
            default: break
            }
        }
    }

    /// The output shape of `layer` for an input of `shape`, found by tracing it.
    func outputShape(of layer: any Layer, input shape: [Int]) -> [Int] {
        let builder = GraphBuilder(mode: .evaluation, variables: variables.map(\.variable))
        return layer(builder.input(.features, TensorType(shape))).shape
    }

    /// Converts `runningMean` to torch's `running_mean`.
    static func snakeCase(_ name: String) -> String {
        var result = ""
        for character in name {
            if character.isUppercase {
                if !result.isEmpty { result.append("_") }
                result += character.lowercased()
            } else {
                result.append(character)
            }
        }
        return result
    }
}
