/// A loss in a file: its name and the options that are set, as in {"name": "huber", "delta": 0.5}.
extension Loss: Codable {
    /// Writes the name and the options that are set.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: Key("name"))
        for option in function.options {
            switch option.value {
            case .number(let number): try container.encode(number, forKey: Key(option.name))
            case .numbers(let numbers): try container.encode(numbers, forKey: Key(option.name))
            }
        }
    }

    /// Reads what `encode` wrote; throws on values that no loss has.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        func require(_ isRight: Bool, _ name: String) throws {
            guard isRight else {
                throw DecodingError.dataCorruptedError(
                    forKey: Key(name), in: container, debugDescription: "no loss has this \(name)")
            }
        }
        func above0(_ name: String) throws -> Double {
            let number = try container.decodeIfPresent(Double.self, forKey: Key(name)) ?? 1
            try require(number > 0 && Float(number).isFinite && Float(1 / number).isFinite, name)
            return number
        }
        func weights(_ name: String) throws -> [Double]? {
            guard container.contains(Key(name)) else { return nil }
            let single = try? container.decode(Double.self, forKey: Key(name))
            let weights = try single.map { [$0] } ?? container.decode([Double].self, forKey: Key(name))
            try require(!weights.isEmpty && weights.allSatisfy { $0 >= 0 && Float($0).isFinite }, name)
            return weights
        }
        switch try container.decode(String.self, forKey: Key("name")) {
        case CrossEntropyLoss.name:
            let (smoothing, classes) = ("label_smoothing", "class_weights")
            let part = try container.decodeIfPresent(Double.self, forKey: Key(smoothing)) ?? 0
            try require((0...1).contains(part), smoothing)
            let classWeights = try weights(classes)
            try require(classWeights?.contains { Float($0) > 0 } ?? true, classes)
            self = .crossEntropy(labelSmoothing: part, classWeights: classWeights)
        case BinaryCrossEntropyLoss.name:
            self = .binaryCrossEntropy(positiveWeights: try weights("pos_weight"))
        case SquaredErrorLoss.name: self = .meanSquaredError
        case AbsoluteErrorLoss.name: self = .meanAbsoluteError
        case HuberLoss.name: self = .huber(delta: try above0("delta"))
        case SmoothL1Loss.name: self = .smoothL1(beta: try above0("beta"))
        case HingeLoss.name: self = .hinge(margin: try above0("margin"))
        case let name:
            throw DecodingError.dataCorruptedError(
                forKey: Key("name"), in: container, debugDescription: "there is no loss \(name)")
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(_ name: String) { stringValue = name }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
