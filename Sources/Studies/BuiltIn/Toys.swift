extension Study {
    /// Studies of problems with a few weights, which take a second or a few.
    static let toys = [
        twoWeights, newtonSaddle, saddle, twentyExamples, valley, unlikeFeatures, cliff, hill, shallowMinimum,
        zeroGradient, taylor, symmetry, convergence, nesterov, adaptiveRates, lateGradients,
    ]
}
