import Foundation
import Testing

/// A point of a small model's parameters, and what PyTorch found there in Float64.
///
/// Hessians/README.md describes the files.
struct DiagnoseCase: Sendable {
    /// What is known of the point.
    struct Reference: Sendable, Decodable {
        let batchNorm: String
        let examples: Int
        let parameters: Int
        let loss: Double
        let gradientNorm: Double
        /// Σ over examples of the norms of their parts of the gradient, which rounding is relative to.
        let gradientScale: Double
        /// gᵀHg.
        let gradientCurvature: Double
        let parameterNorm: Double
        let criticalRatio: Double
        let lambdaMax: Double
        let lambdaMin: Double
        /// In ascending order; nil where there are too many.
        let eigenvalues: [Double]?
        let verdict: String

        /// max|λ|.
        var largest: Double { max(abs(lambdaMax), abs(lambdaMin)) }
        /// What rounding may change the gradient's norm by: at a critical point examples' parts cancel to less than Float32 has
        /// of them.
        var gradientRounding: Double { 1e-6 * gradientScale }
    }

    /// The name of its folder.
    let name: String
    /// What PyTorch found.
    let reference: Reference

    /// The names of all.
    static let names = [
        "batch-renorm", "batch-renorm-training", "classifier-saddle", "cnn", "cnn-training", "group-norm",
        "large", "layer-norm", "medium", "minimum", "mlp", "regression", "regression-minimum", "residual",
        "saddle", "spectral-norm", "spectral-norm-training", "weight-norm", "weighted",
    ]

    private static let files = ["case.yaml", "features.npy", "labels.npy", "weights.safetensors"]

    /// The committed case of a name.
    init(_ name: String) throws {
        self.name = name
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let file = URL(fileURLWithPath: Checkout.file("Hessians/\(name)/reference.json"))
        reference = try decoder.decode(Reference.self, from: Data(contentsOf: file))
    }

    /// The folders that are there, sorted.
    static func folders() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Checkout.file("Hessians"))
            .filter { $0 != "README.md" }.sorted()
    }

    /// Copies its files into a folder of `data`, which may then be written to.
    func copy(to data: TestData) throws -> DiagnosePoint {
        let folder = data.path(name)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for file in Self.files {
            try FileManager.default.copyItem(
                atPath: Checkout.file("Hessians/\(name)/\(file)"), toPath: "\(folder)/\(file)")
        }
        return DiagnosePoint(
            weights: "\(folder)/weights.safetensors", configuration: "\(folder)/case.yaml")
    }

    /// The options with which the command computes what PyTorch did.
    var options: [String] {
        reference.batchNorm == "training" ? ["--batch-norm", "training"] : []
    }

    /// How many of `eigenvalues` are above, near and below zero, where `epsilon` parts them, give or take half of it.
    static func counts(_ eigenvalues: [Double], epsilon: Double) -> Counts {
        func beyond(_ values: [Double]) -> ClosedRange<Int> {
            values.count { $0 > 1.5 * epsilon }...values.count { $0 > 0.5 * epsilon }
        }
        let (positive, negative) = (beyond(eigenvalues), beyond(eigenvalues.map { -$0 }))
        let total = eigenvalues.count
        return Counts(
            positive: positive,
            zero: total - positive.upperBound - negative.upperBound...total - positive.lowerBound
                - negative.lowerBound, negative: negative, total: total)
    }

    /// How many eigenvalues there may be of each kind.
    struct Counts {
        let positive: ClosedRange<Int>
        let zero: ClosedRange<Int>
        let negative: ClosedRange<Int>
        let total: Int
    }
}
