import Training

/// The numbers that a study can show, by their names.
package enum StudyMetrics {
    /// The data sets whose names begin those of metrics.
    package static let sets = ["train", "validation", "test"]

    /// The numbers of metrics.jsonl that are not measured on a data set, and what follows from them.
    package static let others =
        [
            "loss", "gradient_norm", "clip_ratio", "noise_scale", "gradient_norm_squared_unbiased",
            "lambda_max", "gradient_curvature", "gradient_over_rate", "norm_test", "inner_product_test",
            "gradient_snr", "radius", "products", "negative_curvature", "effective_rate_min",
            "effective_rate_mean", "effective_rate_max", "covariate_shift_mean", "lr", "batch", "epoch",
            "step", "steps",
            "best_epoch", "best_step", "best_value", "restored_epoch", "restored_step", "skipped_steps",
            trainingLoss, gap, parameters, examples, seed, outcome,
        ] + times

    /// The loss over the training set of the weights that the test loss is of.
    package static let trainingLoss = RunEvent.evaluatedTrainingLoss
    /// The test loss minus the loss over the training set, of the same weights.
    package static let gap = "generalization_gap"
    /// The number of trainable elements.
    package static let parameters = "parameters"
    /// The training examples of an epoch.
    package static let examples = "examples"
    package static let seed = "seed"
    /// How the run ended, a word.
    package static let outcome = "outcome"
    /// The first step and epoch at which `report.reach` is reached.
    package static let (reachStep, reachEpoch) = ("reach_step", "reach_epoch")

    /// The results of a diagnosis of the weights.
    package static let diagnosed = [
        verdict, "critical_ratio", "lambda_max", "lambda_min", "minimum_ratio", "zero_ratio",
        "negative_ratio", "diagnosed_loss", "diagnosed_gradient_norm",
    ]
    /// The verdict, a word.
    package static let verdict = "verdict"

    /// What differs each time a run is made.
    package static let times = [
        "seconds", "epoch_seconds", "step_seconds", "samples_per_second", "evaluation_samples_per_second",
    ]

    package static func isTime(_ name: String) -> Bool { times.contains(name) }

    /// The metrics of each class: a column for each class, or with a class behind a point, as in
    /// test_recall_per_class.3, that of one, counted from 0.
    package static let ofClasses = ["validation", "test"].flatMap { set in
        ["precision", "recall", "f1"].map { "\(set)_\($0)_per_class" }
    }

    /// The metric of each class that a name is of, and the class if it names one; nil for any other name.
    package static func classMetric(_ name: String) -> (metric: String, place: Int?)? {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            .map(String.init)
        guard ofClasses.contains(parts[0]) else { return nil }
        guard parts.count == 2 else { return (parts[0], nil) }
        guard let place = Int(parts[1]), place >= 0, String(place) == parts[1] else { return nil }
        return (parts[0], place)
    }

    package static func isNumber(_ name: String) -> Bool { name != verdict && name != outcome }
}
