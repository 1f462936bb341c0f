import Foundation

/// What a model says of one example.
public struct Prediction: Sendable {
    /// The example's place in the data set.
    public let index: Int
    /// The model's outputs as they are.
    public let outputs: [Float]
    /// The class of the largest output, the first of equal ones; nil where the model was not trained on classes.
    public let classIndex: Int?
    /// How likely class 1 of two is, where one logit tells them apart; nil elsewhere.
    public let probability: Float?

    /// The prediction that one row of a model's outputs is.
    package init(_ row: ArraySlice<Float>, index: Int, of model: SavedModel) {
        self.index = index
        outputs = Array(row)
        let first = row.first ?? 0
        if model.hasClasses {
            classIndex = Self.classIndex(of: row, readsSign: model.readsSign)
        } else {
            classIndex = nil
        }
        probability = model.hasProbability ? Float(1 / (1 + exp(-Double(first)))) : nil
    }

    /// The class that a row of outputs says.
    ///
    /// - Parameter readsSign: Whether the sign of the only output tells two classes apart.
    static func classIndex(of row: ArraySlice<Float>, readsSign: Bool) -> Int {
        readsSign ? (row.first ?? 0) > 0 ? 1 : 0 : largest(row) - row.startIndex
    }

    /// The place of the largest of a row's numbers, the first of equal ones.
    private static func largest(_ row: ArraySlice<Float>) -> Int {
        row.indices.max { row[$0] < row[$1] || (row[$0] == row[$1] && $0 > $1) } ?? row.startIndex
    }
}
