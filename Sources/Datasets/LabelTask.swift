/// What the labels of a data set mean in training.
public enum LabelTask: String, Sendable, Hashable, CaseIterable, Codable {
    /// Classes: whole numbers from 0, or words in a table.
    case classification
    /// One or more numbers to predict, stored in any type.
    case regression
}
