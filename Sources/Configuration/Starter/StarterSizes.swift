import Foundation

/// How large a first model is and how long it trains, by the size of the data. These are rules of thumb, from which a
/// first run shows the way.
struct StarterSizes {
    /// The training examples.
    let examples: Int
    /// The features of an example.
    let features: Int
    /// The model's outputs for an example.
    let outputs: Int
    /// Whether the model is convolutional: it learns in fewer steps, each of which takes longer.
    var isConvolutional = false

    /// The units of a hidden layer: a power of two from 16 to 256, with no more weights than examples if possible.
    var width: Int {
        var width = 16
        while width < 256, 2 * width * (features + outputs + 1) <= examples { width *= 2 }
        return width
    }

    /// Whether there are enough examples for a second hidden layer.
    var isDeep: Bool { examples >= 5000 }

    /// The examples of a mini-batch: a power of two, 32 or more of which make an epoch, but not below 16.
    var batch: Int {
        var batch = 1
        while batch < (isConvolutional ? 128 : 256), 2 * batch <= max(min(16, examples), examples / 32) {
            batch *= 2
        }
        return batch
    }

    /// The optimizer steps of an epoch.
    var steps: Int { (examples + batch - 1) / batch }

    /// The epochs that make some 2,000 steps, or 1,000 of a convolutional model, within limits.
    var epochs: Int {
        isConvolutional
            ? min(50, max(5, (1000 + steps - 1) / steps)) : min(200, max(10, (2000 + steps - 1) / steps))
    }

    /// Adam's learning rate for classes.
    var rate: Double { isConvolutional ? 0.001 : width <= 64 ? 0.01 : 0.003 }

    /// Adam's learning rate for targets of this size, √(mean of t²), to one digit.
    ///
    /// Outputs have to grow to that size from about 1. Each of two layers grows by about the rate per step, and their
    /// effects multiply, so that the rate goes with the root of the size.
    func rate(targets magnitude: Double) -> Double {
        let rate = self.rate * min(max(magnitude, 1e-6), 1e9).squareRoot()
        return Double(String(format: "%.1g", rate)) ?? rate
    }
}
