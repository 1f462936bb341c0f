/// What the labels of a data set are to whoever trains on them.
public enum LabelTask: String, Sendable, Hashable, CaseIterable, Codable {
    /// Classes: whole numbers from 0, or a table's words.
    case classification
    /// One or more numbers to predict, whatever type they are stored in.
    case regression
}
