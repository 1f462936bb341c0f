/// How often each class occurred, was predicted, and was predicted correctly.
package struct ClassCounts: Sendable, Equatable {
    /// Correctly classified examples of each class.
    package let right: [Int]
    /// Examples that were predicted as each class.
    package let predicted: [Int]
    /// Examples of each class.
    package let present: [Int]
    /// Examples by true class, in rows, and predicted class, in columns; nil if not asked for.
    package let confusion: [[Int]]?

    init(right: [Int], predicted: [Int], present: [Int]) {
        self.right = right
        self.predicted = predicted
        self.present = present
        confusion = nil
    }

    /// The counts that follow from a confusion matrix.
    init(confusion: [[Int]]) {
        right = confusion.indices.map { confusion[$0][$0] }
        predicted = confusion.indices.map { column in confusion.reduce(0) { $0 + $1[column] } }
        present = confusion.map { $0.reduce(0, +) }
        self.confusion = confusion
    }

    /// Right ÷ predicted of each class, 0 for a class that was never predicted.
    package var precision: [Double] { zip(right, predicted).map(Self.ratio) }

    /// Right ÷ present of each class, 0 for a class that never occurred.
    package var recall: [Double] { zip(right, present).map(Self.ratio) }

    /// 2 right ÷ (predicted + present) of each class, 0 for a class that neither occurred nor was predicted.
    package var f1: [Double] {
        right.indices.map { Self.ratio(2 * right[$0], predicted[$0] + present[$0]) }
    }

    /// The mean over the classes that occurred or were predicted, as scikit-learn's macro average.
    package func mean(_ values: [Double]) -> Double {
        let known = values.indices.filter { predicted[$0] + present[$0] > 0 }
        return known.reduce(0.0) { $0 + values[$1] } / Double(max(1, known.count))
    }

    private static func ratio(_ part: Int, _ whole: Int) -> Double {
        whole > 0 ? Double(part) / Double(whole) : 0
    }
}
