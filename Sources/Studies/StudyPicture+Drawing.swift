import Configuration
import Foundation
import Reports

extension StudyPicture {
    /// The picture of these runs as the text of an SVG file; nil where there is nothing to show, and of a landscape,
    /// which draws itself.
    func svg(of runs: [RunNumbers], title: String) -> String? {
        switch content {
        case .curves(let metrics, let axis):
            let series = metrics.enumerated().flatMap { number, metric -> [ComparisonPicture.Series] in
                let ending = metrics.count > 1 ? " \(metric)" : ""
                return runs.map { run in
                    ComparisonPicture.Series(
                        name: run.run + ending, group: run.run.withoutSeed,
                        entry: run.run.withoutSeed + ending, form: number,
                        points: Self.points(run.rows(axis), axis.placeName, metric))
                }
            }
            return picture(
                "\(metrics.joined(separator: ", ")) by \(axis.rawValue)", title, across: axis.placeName,
                metrics.count == 1 ? metrics[0] : "", series)
        case .means(let metrics, let across):
            let rows = runs.map(\.last)
            let series = metrics.map { metric in
                let groups = Dictionary(grouping: Self.points(rows, across, metric), by: \.x)
                let points = groups.map { x, points in
                    ComparisonPicture.Point(x: x, y: points.map(\.y).reduce(0, +) / Double(points.count))
                }
                return ComparisonPicture.Series(
                    name: metric, group: metric, entry: metric, form: 0,
                    points: points.sorted { $0.x < $1.x })
            }
            return picture(
                "\(metrics.joined(separator: ", ")) by \(across)", title, across: across,
                metrics.count == 1 ? metrics[0] : "", series)
        case .scatter(let x, let y):
            let series = runs.map { run in
                ComparisonPicture.Series(
                    name: run.run, group: run.run.withoutSeed, entry: run.run.withoutSeed, form: 0,
                    points: Self.points([run.last], x, y))
            }
            return picture("\(y) against \(x)", title, across: x, y, series, isScatter: true)
        case .landscape: return nil
        }
    }

    private func picture(
        _ heading: String, _ note: String, across: String, _ upwards: String,
        _ series: [ComparisonPicture.Series], isScatter: Bool = false
    ) -> String? {
        ComparisonPicture(
            title: heading, note: note, across: across, upwards: upwards, series: series,
            isScatter: isScatter,
            logarithmicFrom: scale.logarithmicFrom(30)
        ).svg
    }

    /// The points of rows that have both numbers.
    private static func points(
        _ rows: [[String: Double]], _ x: String, _ y: String
    ) -> [ComparisonPicture.Point] {
        rows.compactMap { row in
            row[x].flatMap { x in row[y].map { ComparisonPicture.Point(x: x, y: $0) } }
        }
    }
}

extension String {
    /// A run's name without a part such as "-seed-3" at its end: runs that differ by their seed alone share it.
    fileprivate var withoutSeed: String {
        guard let range = range(of: "-?seed-[0-9]+$", options: .regularExpression) else { return self }
        return String(self[..<range.lowerBound])
    }
}
