import Graph
import Options

/// The ranges of layers' and models' options.
enum LayerLimits {
    /// Features, channels or groups; products of a few of the largest still fit an Int.
    static let sizes = 1...1_000_000
    /// Kernels and strides, in pixels.
    static let extents = 1...1_000
    /// Padding on each side, in pixels.
    static let paddings = 0...1_000
    /// Training steps, in options of batch renormalization, which counts them in Float32.
    static let steps = 0...(1 << 24)
}

extension OptionForm {
    /// A height and a width: one number for a square, or [height, width].
    static func extent(_ range: ClosedRange<Int>) -> OptionForm {
        .either([.whole(range), .list(.whole(range), extentPhrase)], extentPhrase)
    }

    fileprivate static let extentPhrase = "a whole number, or [height, width]"
}

extension ResolvedOptions {
    /// The value of a declared option that is a whole number or a list of them; throws where one is out of range.
    func wholes(_ name: String, in range: ClosedRange<Int>) throws(OptionError) -> [Int] {
        let elements: [OptionValue] =
            switch value(name) {
            case .none: []
            case .list(let elements): elements
            case .numbers(let numbers): numbers.map { .number($0) }
            default: [.whole(whole(name))]
            }
        var wholes: [Int] = []
        for (place, element) in elements.enumerated() {
            try OptionForm.whole(range).check(element, key: "\(name).\(place)")
            switch element {
            case .whole(let whole): wholes.append(whole)
            case .number(let number): wholes.append(Int(number))
            default: preconditionFailure("\(element) in \(name) is no whole number as its form says")
            }
        }
        return wholes
    }

    /// The value of a declared option that is an extent; throws unless it has one side or two, each in range.
    func extent(_ name: String, _ range: ClosedRange<Int>) throws(OptionError) -> Extent2d {
        let sides = try wholes(name, in: range)
        switch value(name) {
        case .list, .numbers:
            guard sides.count == 2 else {
                throw OptionError(
                    .wrongType, key: name, value: value(name).description, allowed: OptionForm.extentPhrase)
            }
            return Extent2d(sides[0], sides[1])
        default: return Extent2d(square: sides[0])
        }
    }
}
