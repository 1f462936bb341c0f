import Datasets

/// The setting `data.augment`: a list of random changes, each a name, a name with its one obvious number, or a name
/// with options.
enum AugmentSetting {
    private static let names = ["flip", "crop", "shift", "rotation", "erasing"]

    /// Reads the list.
    static func read(_ setting: Setting) throws(ConfigurationError) -> [Augmentation] {
        var augmentations: [Augmentation] = []
        for element in try setting.list("a list of augmentations, as [flip, {crop: 4}]") {
            augmentations.append(try augmentation(element))
        }
        return augmentations
    }

    /// An augmentation as YAML, with all options.
    static func yaml(_ augmentation: Augmentation) -> String {
        let number = YAMLWriter.number
        func pair(_ range: ClosedRange<Double>) -> String {
            "[\(number(range.lowerBound)), \(number(range.upperBound))]"
        }
        let options: [(key: String, value: String)] =
            switch augmentation {
            case .flip(let probability, let vertical):
                [("p", number(probability)), ("vertical", "\(vertical)")]
            case .crop(let padding): [("padding", "\(padding)")]
            case .shift(let pixels): [("pixels", "\(pixels)")]
            case .rotation(let degrees): [("degrees", number(degrees))]
            case .erasing(let probability, let scale, let ratio):
                [("p", number(probability)), ("scale", pair(scale)), ("ratio", pair(ratio))]
            }
        return YAMLWriter.flow([(augmentation.name, YAMLWriter.flow(options))])
    }

    private static func augmentation(_ setting: Setting) throws(ConfigurationError) -> Augmentation {
        guard case .mapping(let entries) = setting.node.content else {
            let name = try setting.name(of: "augmentation", among: names)
            return try augmentation(name, nil, at: setting)
        }
        guard entries.count == 1, let entry = entries.first else {
            throw setting.wrongType(expected: "one augmentation, as {crop: {padding: 4}}")
        }
        guard names.contains(entry.key) else {
            throw ConfigurationError(
                .unknownName, at: entry.location, key: setting.path,
                "unknown augmentation \(ConfigurationError.quoted(entry.key))",
                advice: suggestion(for: entry.key, among: names, noun: "names"))
        }
        let value = Setting(entry.value, path: setting.inside(entry.key), at: entry.location)
        return try augmentation(entry.key, value, at: value)
    }

    private static func augmentation(
        _ name: String, _ value: Setting?, at setting: Setting
    ) throws(ConfigurationError) -> Augmentation {
        let keys =
            switch name {
            case "flip": ["p", "vertical"]
            case "crop": ["padding"]
            case "shift": ["pixels"]
            case "rotation": ["degrees"]
            default: ["p", "scale", "ratio"]
            }
        // A number alone is the first option.
        var map: SettingMap?
        var alone: Setting?
        if let value {
            if let text = value.plainText, PlainNumber.isLike(text) {
                alone = value
            } else {
                map = try SettingMap(value, keys: keys, noun: "option of \(name)")
            }
        }
        let first = alone ?? map?[keys[0]]
        func probability() throws(ConfigurationError) -> Double {
            try first?.number("at least 0 and at most 1") { $0 >= 0 && $0 <= 1 } ?? 0.5
        }
        func given(_ example: String) throws(ConfigurationError) -> Setting {
            guard let first else {
                let place = value == nil ? "\(setting.path).\(name)" : setting.path
                throw ConfigurationError(
                    .missing, at: setting.location, key: "\(place).\(keys[0])",
                    "missing; it must be \(example)")
            }
            return first
        }
        switch name {
        case "flip":
            return .flip(probability: try probability(), vertical: try map?["vertical"]?.flag() ?? false)
        case "crop": return .crop(padding: try given("a number of pixels").whole(in: 1...65_535))
        case "shift": return .shift(pixels: try given("a number of pixels").whole(in: 1...65_535))
        case "rotation":
            let degrees = try given("an angle in degrees").number("above 0 and at most 180") {
                $0 > 0 && $0 <= 180
            }
            return .rotation(degrees: degrees)
        default:
            let scale = try map?["scale"].map { setting throws(ConfigurationError) in
                try range(setting, "at least 0 and at most 1") { $0 >= 0 && $0 <= 1 }
            }
            let ratio = try map?["ratio"].map { setting throws(ConfigurationError) in
                try range(setting, "at least 0.001 and at most 1000") { $0 >= 0.001 && $0 <= 1000 }
            }
            return .erasing(
                probability: try probability(), scale: scale ?? 0.02...0.33, ratio: ratio ?? 0.3...3.3)
        }
    }

    private static func range(
        _ setting: Setting, _ allowed: String, _ isAllowed: (Double) -> Bool
    ) throws(ConfigurationError) -> ClosedRange<Double> {
        let expected = "two numbers, the lower first, as [0.3, 3.3]"
        let elements = try setting.list(expected)
        guard elements.count == 2 else { throw setting.error(.outOfRange, "must be \(expected)") }
        let low = try elements[0].number(allowed, isAllowed)
        let high = try elements[1].number(allowed, isAllowed)
        guard low <= high else { throw setting.error(.outOfRange, "must be \(expected)") }
        return low...high
    }
}
