import Foundation
import Testing

/// A small classification that a network learns in a second, and the same with a fault planted.
struct FindingsCase {
    /// What a fault changes.
    struct Fault: Sendable, CustomTestStringConvertible {
        /// The finding that it is to lead to, and the key that this names.
        let finding: String
        let key: String
        /// Keys of the configuration that it sets.
        var settings: [String] = []
        /// The files of the data that it takes in place of the usual ones, by their keys.
        var files: [String: String] = [:]
        /// The exit code of training.
        var exitCode: Int32 = 0
        /// What differs from other faults of the same finding.
        var note = ""

        var testDescription: String { note.isEmpty ? finding : "\(finding) (\(note))" }
    }

    let data: TestData

    /// Examples of 10 normal features and four classes: the sign of x₀x₁, which no linear model knows, and that of x₂.
    init(_ data: TestData) throws {
        self.data = data
        var draws = Draws(state: 7)
        let (train, test) = (Self.examples(1500, &draws), Self.examples(500, &draws))
        try write("train", train.features, train.labels)
        try write("test", test.features, test.labels)
        // A feature in another unit.
        func wide(_ features: [Float]) -> [Float] {
            features.enumerated().map { $0 % Self.width == 3 ? $1 * 1000 : $1 }
        }
        try write("wide-train", wide(train.features), train.labels)
        try write("wide-test", wide(test.features), test.labels)
        // Three labels in ten drawn anew among the others.
        var noise = Draws(state: 11)
        func noisy(_ labels: [Int64]) -> [Int64] {
            labels.map { noise.uniform() < 0.3 ? ($0 + 1 + Int64(noise.uniform() * 3)) % 4 : $0 }
        }
        try write("noisy-train", train.features, noisy(train.labels))
        try write("noisy-test", test.features, noisy(test.labels))
        try write("shifted-test", test.features.map { $0 * 0.7 + 1.5 }, test.labels)
        try write("few-train", Array(train.features[..<(60 * Self.width)]), Array(train.labels[..<60]))
    }

    private static let width = 10

    /// Numbers that are the same everywhere (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
    private struct Draws {
        var state: UInt64

        mutating func uniform() -> Double {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return Double((z ^ (z >> 31)) >> 11) / 9_007_199_254_740_992
        }

        /// Nearly normal: the sum of twelve.
        mutating func normal() -> Float { Float((0..<12).reduce(-6.0) { sum, _ in sum + uniform() }) }
    }

    private static func examples(_ count: Int, _ draws: inout Draws) -> (features: [Float], labels: [Int64]) {
        let features = (0..<count * width).map { _ in draws.normal() }
        let labels = (0..<count).map { example in
            let x = features[example * width..<(example + 1) * width]
            let first = x.startIndex
            return (x[first] * x[first + 1] > 0 ? 2 : 0) + (x[first + 2] > 0 ? Int64(1) : 0)
        }
        return (features, labels)
    }

    private func write(_ name: String, _ features: [Float], _ labels: [Int64]) throws {
        try data.write("\(name)-x.npy", shape: [labels.count, Self.width], features)
        try data.write("\(name)-y.npy", labels)
    }

    /// Trains the case with a fault, or without any, in a folder of its own.
    ///
    /// - Returns: The run's folder, and the training's exit code.
    func train(_ fault: Fault?, _ more: [String] = []) throws -> (folder: String, exitCode: Int32) {
        let name = "run-\(UUID().uuidString)"
        let train = fault?.files["train"] ?? "train"
        let test = fault?.files["test"] ?? "test"
        let configuration = try data.write(
            "\(name).yaml",
            text: """
                data:
                  train: {format: npy, features: \(train)-x.npy, labels: \(train)-y.npy}
                  test: {format: npy, features: \(test)-x.npy, labels: \(test)-y.npy}
                  normalize: standardize
                model: [{linear: 64}, relu, {linear: 64}, relu, {linear: 4}]
                loss: cross_entropy
                optimizer: {name: sgd, lr: 0.05, momentum: 0.9}
                training: {epochs: 20, batch: 32, shards: 8, seed: 0}
                logging: {every_steps: 5, tensorboard: false}

                """)
        let folder = data.path(name)
        let sets = ((fault?.settings ?? []) + more).flatMap { ["--set", $0] }
        let run = try DTrainRun.run(0, ["--config", configuration, "--output", folder, "--quiet"] + sets)
        return (folder, run.exitCode)
    }

    /// What is found, by the program's JSON.
    struct Found: Equatable {
        let text: String
        let names: [String]
        let keys: [String]
        let evidence: [String]
        let needRun: [String]
    }

    /// Asks why of a run's folder, or of weights.
    static func why(_ arguments: [String], ranks: Int = 0) throws -> Found? {
        let run = try DTrainRun.run(
            ranks, ["diagnose"] + arguments + ["--why", "--json", "--quiet", "--examples", "100"])
        guard run.exitCode == 0,
            let object = try JSONSerialization.jsonObject(with: Data(run.standardOutput.utf8))
                as? [String: Any], let findings = object["findings"] as? [[String: String]]
        else { return nil }
        return Found(
            text: run.standardOutput, names: findings.compactMap { $0["finding"] },
            keys: findings.compactMap { $0["key"] }, evidence: findings.compactMap { $0["evidence"] },
            needRun: object["findings_need_run"] as? [String] ?? [])
    }
}
