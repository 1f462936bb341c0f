import Configuration

/// A study that comes with the program; `StudyConfiguration` explains its YAML.
package struct Study: Sendable, Equatable {
    /// Its name, such as "batch-size".
    package let name: String
    /// The whole study; the comment on its first line is the title.
    package let yaml: String

    /// What the study compares, in one line.
    package var title: String {
        let line = yaml.prefix { !$0.isNewline }
        return String(line.drop { $0 == "#" || $0 == " " })
    }

    /// All studies, in the order in which they are listed to a user.
    package static let all = [
        // On Fashion-MNIST.
        batchSize, optimizers, rates, decay, warmup, firstValues, loss, normalization, passes, onePass,
        shuffle, capacity, data, depth, sharpness, covariateShift, gradientNorm, criticalPoints, minimumRatio,
        // On problems of a few weights.
        twoWeights, saddle, newtonSaddle, taylor, symmetry, valley, unlikeFeatures, cliff, hill,
        shallowMinimum, zeroGradient, twentyExamples, outputs, convergence, nesterov, adaptiveRates,
        lateGradients,
    ]

    /// The study of this name; nil if there is none.
    package static func named(_ name: String) -> Study? { all.first { $0.name == name } }

    /// The error for a name that no study has.
    package static func unknown(_ name: String) -> ConfigurationError {
        StudyConfiguration.unknownName(name, among: all.map(\.name))
    }
}
