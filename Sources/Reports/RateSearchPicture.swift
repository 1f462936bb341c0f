import Training

/// The losses of a range test by the rate, as an SVG file of its own.
package struct RateSearchPicture {
    private let search: RateSearch
    private let subject: String

    /// A picture of a test.
    package init(_ report: RateSearchReport) {
        search = report.search
        subject = report.subject
    }

    /// The picture as the text of an SVG file; nil where there is nothing to show.
    package var svg: String? {
        let curves = [
            Curve(
                "loss of a mini-batch", color: 0, stroke: .faint,
                search.points.map { Curve.Point(x: $0.rate, y: $0.loss) }),
            Curve(
                "smoothed", color: 0, search.points.map { Curve.Point(x: $0.rate, y: $0.smoothedLoss) }),
        ]
        var chart = Chart(title: "Loss", across: "learning rate", curves: curves)
        chart.beginsAtZero = false
        chart.upwards = "loss"
        // Where it grows the loss may have any size.
        chart.logarithmicFrom = 30
        chart.acrossLogarithmicFrom = 1
        if let suggestion = search.suggestion {
            chart.places.append((suggestion, "suggestion \(NumberText.plain(suggestion))"))
        }
        if let least = search.least {
            chart.places.append((least.rate, "least loss \(NumberText.plain(least.rate))"))
        }
        let outcome = search.suggestion.map { "\(NumberText.plain($0)): " } ?? "No suggestion: "
        return StandalonePicture(
            title: "Range test of the learning rate", notes: [subject + ".", outcome + search.reason + "."],
            size: (Frame.width, Frame.height), style: PageStyle.faint,
            legend: curves.map {
                Section.Figure.Entry(name: $0.name, look: "\($0.stroke.rawValue) c\($0.color)")
            }
        ) { chart.picture(attributes: $0) }.svg
    }
}
