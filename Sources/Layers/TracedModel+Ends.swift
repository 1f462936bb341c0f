import Graph

/// How a model begins and ends.
extension TracedModel {
    /// Why the model's last operation should be left out, as the loss takes outputs as they are before it; nil where
    /// there is no reason.
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

    /// The channels that the first layer takes from an example, where it is a convolution; nil for columns, which
    /// one puts on purpose over data of one column.
    package var firstConvolutionChannels: Int? {
        for node in trace.nodes {
            guard case .convolution = node.operation, let image = node.operands.first,
                case .input(.features) = trace.nodes[image.node].operation
            else { continue }
            let kernel = trace.type(of: node.operands[1]).shape
            return kernel[2] > 1 && kernel[3] == 1 ? nil : exampleShape.first
        }
        return nil
    }

    /// The name of the last operation where it bounds outputs.
    private var lastName: String? {
        guard var value = trace.value(for: .output(.prediction)) else { return nil }
        while true {
            let node = trace.nodes[value.node]
            switch node.operation {
            case .softmax: return "softmax"
            case .logSoftmax: return "log_softmax"
            case .unary(.sigmoid): return "sigmoid"
            case .unary(.tanh): return "tanh"
            case .unary(.relu): return "relu"
            // What only moves values, or leaves some out, ends nothing.
            case .reshape, .transpose, .dropout:
                guard let operand = node.operands.first else { return nil }
                value = operand
            default: return nil
            }
        }
    }
}
