import Training

/// How often each class was predicted for each class.
struct Confusion {
    /// A class that was predicted for another.
    struct Pair: Hashable {
        let label: Int
        let said: Int
    }

    /// The number of classes.
    let classes: Int
    /// Examples by true class, in rows, and predicted class, in columns.
    let counts: [[Int]]

    /// Counts from predictions of classes; nil where there are none.
    init?(_ predictions: RunPredictions) {
        guard let said = predictions.classes, let labels = predictions.labels else { return nil }
        let most = Int(max(said.max() ?? 0, labels.max() ?? 0))
        guard most < Self.most else { return nil }
        classes = max(most + 1, predictions.kind == .logit ? 2 : predictions.width)
        var counts = Array(repeating: Array(repeating: 0, count: classes), count: classes)
        for (label, class_) in zip(labels, said) { counts[Int(label)][Int(class_)] += 1 }
        self.counts = counts
    }

    /// The most classes that are counted at all.
    private static let most = 2000

    func present(_ place: Int) -> Int { counts[place].reduce(0, +) }
    func said(_ place: Int) -> Int { counts.reduce(0) { $0 + $1[place] } }

    /// TP ÷ (TP + FP) and TP ÷ (TP + FN); nil where the divisor is 0.
    func precision(_ place: Int) -> Double? {
        said(place) > 0 ? Double(counts[place][place]) / Double(said(place)) : nil
    }
    func recall(_ place: Int) -> Double? {
        present(place) > 0 ? Double(counts[place][place]) / Double(present(place)) : nil
    }

    /// 2TP ÷ (2TP + FP + FN); nil where the divisor is 0.
    func f1(_ place: Int) -> Double? {
        let all = present(place) + said(place)
        return all > 0 ? 2 * Double(counts[place][place]) / Double(all) : nil
    }

    /// The pairs of classes that were confused most often, with their counts.
    func frequent(_ most: Int) -> [(pair: Pair, count: Int)] {
        let all = counts.indices.flatMap { label in
            counts[label].indices.filter { $0 != label && counts[label][$0] > 0 }
                .map { (pair: Pair(label: label, said: $0), count: counts[label][$0]) }
        }
        // Equally frequent pairs stay in their order.
        return Array(
            all.enumerated().sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.map(
                \.element
            ).prefix(most))
    }

    /// The matrix as a picture, in which darker cells have a larger share of their row; nil for too many classes.
    func svg(_ name: (Int) -> String) -> String? {
        guard classes <= Self.mostShown else { return nil }
        let letters = (0..<classes).map { Self.shortened(name($0)).count }.max() ?? 1
        let side = 440.0
        // A character is about 8 wide; words above the columns are slanted.
        let edge = max(24, 8 * Double(letters) + 10)
        let cell = (side - edge) / Double(classes)
        let top = edge * 0.9
        var parts: [String] = []
        for place in 0..<classes {
            let middle = cell * (Double(place) + 0.5)
            let short = Self.shortened(name(place))
            parts.append(Frame.text(short, edge - 6, top + middle + 4, "end"))
            parts.append(
                Markup.element(
                    "text",
                    [
                        ("text-anchor", "start"),
                        (
                            "transform",
                            "translate(\(NumberText.place(edge + middle + 4)) \(NumberText.place(top - 6))) rotate(-60)"
                        ),
                    ], Markup.escaped(short)))
        }
        for (row, line) in counts.enumerated() {
            let all = max(1, present(row))
            for (column, count) in line.enumerated() {
                let share = Double(count) / Double(all)
                let (x, y) = (edge + cell * Double(column), top + cell * Double(row))
                let words =
                    "\(name(row)) taken for \(name(column)): \(count) of \(present(row)), \(NumberText.percent(share))"
                var content = Markup.element("title", [], Markup.escaped(words))
                content += Markup.element(
                    "rect",
                    [
                        ("x", NumberText.place(x)), ("y", NumberText.place(y)),
                        ("width", NumberText.place(cell - 1)), ("height", NumberText.place(cell - 1)),
                        ("class", row == column ? "right" : "wrong"),
                        ("fill-opacity", NumberText.place(count == 0 ? 0.04 : 0.12 + 0.78 * share)),
                    ])
                if count > 0, cell >= 22 {
                    content += Markup.element(
                        "text",
                        [
                            ("x", NumberText.place(x + cell / 2)), ("y", NumberText.place(y + cell / 2 + 4)),
                            ("text-anchor", "middle"), ("class", share > 0.5 ? "on" : "off"),
                        ], String(count))
                }
                parts.append(Markup.element("g", [("class", "cell")], content))
            }
        }
        return Markup.element(
            "svg",
            [
                ("viewBox", "0 0 440 \(NumberText.place(side - edge + top))"), ("role", "img"),
                (
                    "aria-label",
                    "Confusion matrix, true classes in rows, said classes in columns; the numbers stand in the table below"
                ),
            ], parts.joined())
    }

    private static let mostShown = 40

    private static func shortened(_ name: String) -> String { name.count > 13 ? "\(name.prefix(12))…" : name }
}
