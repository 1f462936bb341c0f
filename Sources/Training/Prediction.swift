import Foundation

/// A model's prediction for one example, or for one of its positions.
public struct Prediction: Sendable {
    /// The example's index in the data set.
    public let index: Int
    /// The position in the example, row by row from 0; nil where the example has one prediction.
    public let position: Int?
    /// The model's outputs, unchanged.
    public let outputs: [Float]
    /// The class with the largest output, the first of equal ones; nil if the model was not trained on classes.
    public let classIndex: Int?
    /// The probability of class 1, if one logit tells two classes apart; nil otherwise.
    public let probability: Float?

    /// The prediction in one row of a model's outputs.
    package init(_ row: ArraySlice<Float>, index: Int, position: Int? = nil, of model: SavedModel) {
        self.index = index
        self.position = position
        outputs = Array(row)
        let first = row.first ?? 0
        if model.hasClasses {
            classIndex = Self.classIndex(of: row, readsSign: model.readsSign)
        } else {
            classIndex = nil
        }
        probability = model.hasProbability ? Float(1 / (1 + exp(-Double(first)))) : nil
    }

    /// The predicted class in a row of outputs.
    ///
    /// - Parameter readsSign: Whether the sign of the only output tells two classes apart.
    static func classIndex(of row: ArraySlice<Float>, readsSign: Bool) -> Int {
        readsSign ? (row.first ?? 0) > 0 ? 1 : 0 : largest(row) - row.startIndex
    }

    /// The index of the largest number in a row, the first of equal ones.
    private static func largest(_ row: ArraySlice<Float>) -> Int {
        row.indices.max { row[$0] < row[$1] || (row[$0] == row[$1] && $0 > $1) } ?? row.startIndex
    }
}
