/// Numbers of several runs as lines or points with a legend: an SVG file of its own.
package struct ComparisonPicture {
    /// A number y at a place x.
    package struct Point: Sendable, Equatable {
        package let x: Double
        package let y: Double

        package init(x: Double, y: Double) { (self.x, self.y) = (x, y) }
    }

    /// A line, or points without one.
    package struct Series: Sendable {
        /// What a reader is told at its points.
        let name: String
        /// Series of one group share a colour.
        let group: String
        /// Its name in the legend, which series may share.
        let entry: String
        /// 0 for a solid line, then dashed and dotted ones.
        let form: Int
        /// By ascending x.
        let points: [Point]

        package init(name: String, group: String, entry: String, form: Int, points: [Point]) {
            self.name = name
            self.group = group
            self.entry = entry
            self.form = form
            self.points = points
        }
    }

    private let title: String
    private let note: String
    private let across: String
    private let upwards: String
    private let series: [Series]
    private let isScatter: Bool
    private let logarithmicFrom: Double?

    /// A picture.
    ///
    /// - Parameters:
    ///   - across: The name of the horizontal axis.
    ///   - upwards: That of the vertical axis; empty where the legend says it.
    ///   - logarithmicFrom: The ratio of the largest number to the smallest from which the vertical axis is logarithmic;
    ///     nil for never.
    package init(
        title: String, note: String, across: String, upwards: String, series: [Series], isScatter: Bool,
        logarithmicFrom: Double?
    ) {
        self.title = title
        self.note = note
        self.across = across
        self.upwards = upwards
        self.series = series
        self.isScatter = isScatter
        self.logarithmicFrom = logarithmicFrom
    }

    /// The picture as the text of an SVG file; nil where there is nothing to show.
    package var svg: String? {
        let curves = self.curves
        var chart = Chart(title: title, across: across, curves: curves.map(\.curve))
        chart.logarithmicFrom = logarithmicFrom
        chart.beginsAtZero = false
        chart.upwards = upwards.isEmpty ? nil : upwards
        // Widths, batches and numbers of weights are chosen by ratios; steps and epochs are not.
        chart.acrossLogarithmicFrom = Self.counted.contains(across) ? nil : 30
        var legend: [Section.Figure.Entry] = []
        for (name, curve) in curves
        where !curve.points.isEmpty && !legend.contains(where: { $0.name == name }) {
            legend.append(Section.Figure.Entry(name: name, look: "\(curve.stroke.rawValue) c\(curve.color)"))
        }
        return StandalonePicture(
            title: title, notes: [note], size: (Frame.width, Frame.height), style: PageStyle.dashes,
            legend: legend.count > 1 && legend.count <= Self.mostEntries ? legend : []
        ) { chart.picture(attributes: $0) }.svg
    }

    /// The axes along which a run goes.
    private static let counted: Set<String> = ["step", "epoch"]
    /// The most entries of a legend: more would leave no room for the picture, whose points say what they are.
    private static let mostEntries = 16
    private static let forms: [Curve.Stroke] = [.solid, .dashed, .dotted]

    /// The curves, each with the name of its entry in the legend: colours by groups; when they are used up, other strokes.
    /// Points of so many groups that there is no legend share a colour.
    private var curves: [(entry: String, curve: Curve)] {
        var groups: [String] = []
        let isCrowded = isScatter && Set(series.map(\.group)).count > Self.mostEntries
        return series.map { series in
            let place = groups.firstIndex(of: series.group) ?? groups.count
            if place == groups.count { groups.append(series.group) }
            let form = Self.forms[(series.form + place / PageStyle.colors) % Self.forms.count]
            let curve = Curve(
                series.name, color: isCrowded ? 0 : place % PageStyle.colors,
                stroke: isScatter ? .points : form,
                series.points.map { Curve.Point(x: $0.x, y: $0.y) })
            return (series.entry, curve)
        }
    }
}
