import Graph

/// What the model's first and last operations are, for warnings.
extension TracedModel {
    /// Why the model's last operation should be left out: the loss expects logits and would apply it twice, or gets
    /// bounded ones. Nil where there is no reason.
    package var superfluousEnd: String? {
        guard let name = lastName else { return nil }
        let own = ["cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"]
        guard let function = own[loss.name], !(loss.name == "cross_entropy" && name == "log_softmax") else {
            return nil
        }
        let reason = name == function ? "and applies \(function) itself" : "of any size and sign"
        return
            "the model ends in \(name), but \(loss.name) takes logits \(reason): leave the last \(name) out"
    }

    /// The channels that the first layer reads of an example, if it is a convolution. Nil for a kernel one pixel wide
    /// and more than one high, which is meant for data of one column.
    package var firstConvolutionChannels: Int? {
        for node in trace.nodes {
            guard case .convolution(.convolution) = node.operation, let image = node.operands.first,
                case .leaf(.input(.features)) = trace.nodes[image.node].operation
            else { continue }
            let kernel = trace.type(of: node.operands[1]).shape
            return kernel[2] > 1 && kernel[3] == 1 ? nil : exampleShape.first
        }
        return nil
    }

    /// Whether the model has convolutions.
    package var hasConvolutions: Bool {
        trace.nodes.contains { node in
            if case .convolution = node.operation { true } else { false }
        }
    }

    /// The name of the model's last operation if it is one that bounds outputs.
    private var lastName: String? {
        guard var value = trace.value(for: .output(.prediction)) else { return nil }
        while true {
            let node = trace.nodes[value.node]
            switch node.operation {
            case .rows(.softmax): return "softmax"
            case .rows(.logSoftmax): return "log_softmax"
            case .elementwise(.unary(.sigmoid)): return "sigmoid"
            case .elementwise(.unary(.tanh)): return "tanh"
            case .elementwise(.unary(.relu)): return "relu"
            // These only move or drop values: look at what comes before.
            case .shape(.reshape), .shape(.transpose), .random(.dropout):
                guard let operand = node.operands.first else { return nil }
                value = operand
            default: return nil
            }
        }
    }
}
