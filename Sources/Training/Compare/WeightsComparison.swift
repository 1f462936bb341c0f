import Messages
import Safetensors

/// The differences between the weights of two runs.
package struct WeightsComparison: Sendable, Equatable {
    /// The first tensor that differs, in the order of layers.
    package enum Difference: Sendable, Equatable {
        /// This many elements differ, by at most `most`; nil if one of them is not finite.
        case values(tensor: String, elements: Int, of: Int, most: Double?)
        /// The shape or type differs: "F32 (3, 4)".
        case form(tensor: String, first: String, second: String)
        /// Only one of the runs has the tensor.
        case missing(tensor: String, isOfFirst: Bool)
    }

    /// What is compared, such as "the checkpoints of step 12".
    package let what: String
    /// The first difference; nil if all bytes are equal.
    package let difference: Difference?

    /// Compares the runs in two folders: the newest complete checkpoints of a step that both have; and the final
    /// weights if there are none, or if those are equal. Empty if there is neither.
    static func all(_ first: String, _ second: String) throws -> [WeightsComparison] {
        var found: [WeightsComparison] = []
        if let checkpoints = ofCheckpoints(first, second) {
            found.append(checkpoints)
            guard checkpoints.difference == nil else { return found }
        }
        let name = RunFolder.weightsName
        let files = try [first, second].compactMap { try FileInput.open(ifExists: "\($0)/\(name)") }
        guard files.count == 2 else { return found }
        let tensors = try files.map { try SafetensorsFile.read(path: $0.path) }
        found.append(WeightsComparison(what: name, difference: try difference(tensors[0], tensors[1])))
        return found
    }

    private static func ofCheckpoints(_ first: String, _ second: String) -> WeightsComparison? {
        let catalogues = [first, second].map { CheckpointCatalogue("\($0)/\(RunFolder.checkpointsName)") }
        let steps = Set(catalogues[0].steps).intersection(catalogues[1].steps)
        for step in steps.sorted(by: >) {
            do {
                let checkpoints = try catalogues.map { try CheckpointVerification($0.folder(step: step)) }
                let name = CheckpointFormat.weights
                let difference: Difference?
                if checkpoints[0].manifest.file(name) == checkpoints[1].manifest.file(name) {
                    difference = nil
                } else {
                    difference = try Self.difference(
                        checkpoints[0].tensors(name), checkpoints[1].tensors(name))
                }
                return WeightsComparison(what: "the checkpoints of step \(step)", difference: difference)
            } catch {
                DistributedProgram.warn("passed over the checkpoints of step \(step): \(error)")
            }
        }
        return nil
    }

    private static func difference(_ a: SafetensorsFile, _ b: SafetensorsFile) throws -> Difference? {
        let names = Set(a.tensors.map(\.name)).union(b.tensors.map(\.name))
        for name in names.sorted(by: precedes) {
            guard let first = a.entry(named: name), let second = b.entry(named: name) else {
                return .missing(tensor: name, isOfFirst: a.entry(named: name) != nil)
            }
            guard first.type == second.type, first.shape == second.shape else {
                return .form(tensor: name, first: form(first), second: form(second))
            }
            if try a.bytes(named: name) == b.bytes(named: name) { continue }
            return try values(name, a, b)
        }
        return nil
    }

    private static func values(_ name: String, _ a: SafetensorsFile, _ b: SafetensorsFile) throws
        -> Difference
    {
        // Bits are compared: −0 differs from 0, and NaNs may differ.
        let size = a.entry(named: name)?.type.size ?? 1
        let (first, second) = (Array(try a.bytes(named: name)), Array(try b.bytes(named: name)))
        let places = stride(from: 0, to: first.count, by: size).filter {
            first[$0..<min($0 + size, first.count)] != second[$0..<min($0 + size, second.count)]
        }
        var most: Double?
        if let values = try? (a.doubles(named: name), b.doubles(named: name)) {
            most = places.map { abs(values.0[$0 / size] - values.1[$0 / size]) }.reduce(0) {
                $0 >= $1 ? $0 : $1
            }
        } else if let values = try? (a.int64s(named: name), b.int64s(named: name)) {
            most = places.map { abs(Double(values.0[$0 / size]) - Double(values.1[$0 / size])) }.max()
        }
        return .values(
            tensor: name, elements: places.count, of: first.count / size,
            most: most.flatMap { $0.isFinite ? $0 : nil })
    }

    private static func form(_ entry: TensorEntry) -> String {
        "\(entry.type.rawValue) (\(entry.shape.map(String.init).joined(separator: ", ")))"
    }

    /// Whether `a` comes first in the order of layers, in which 2.weight is before 10.weight.
    private static func precedes(_ a: String, _ b: String) -> Bool {
        for (part, other) in zip(a.split(separator: "."), b.split(separator: ".")) where part != other {
            if let number = Int(part), let otherNumber = Int(other) { return number < otherNumber }
            return part < other
        }
        return a < b
    }

    /// The comparison as a line: "weights differ from tensor 0.weight on, 3 of 12 elements, by at most 0.5 (...)".
    package var text: String {
        let place = "(\(what))"
        switch difference {
        case nil: return "weights are equal \(place)"
        case .values(let tensor, let elements, let count, let most):
            let amount = most.map { ", by at most \(ProgressReporter.significant($0, 4))" } ?? ""
            return
                "weights differ from tensor \(tensor) on, \(elements) of \(counted(count, "element"))\(amount) \(place)"
        case .form(let tensor, let first, let second):
            return "weights differ from tensor \(tensor) on: \(first) against \(second) \(place)"
        case .missing(let tensor, let isOfFirst):
            return
                "weights differ from tensor \(tensor) on, which only the \(isOfFirst ? "first" : "second") run has \(place)"
        }
    }
}
