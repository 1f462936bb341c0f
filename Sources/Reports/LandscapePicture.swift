import Configuration
import Training

/// A landscape as a picture: a curve on a line, colours and lines of equal loss on a plane.
package struct LandscapePicture {
    private let landscape: Landscape
    private let scale: PictureScale

    package init(_ landscape: Landscape, scale: PictureScale = .automatic) {
        self.landscape = landscape
        self.scale = scale
    }

    /// The picture as the text of an SVG file; empty where there is nothing to show.
    package var svg: String {
        let isPlane = landscape.b != nil
        let size = isPlane ? (HeatMap.width, HeatMap.height) : (Frame.width, Frame.height)
        let picture = StandalonePicture(
            title: title, notes: notes, size: size, style: hasDashes ? PageStyle.dashes : ""
        ) { attributes in
            isPlane ? plane(attributes) : line(attributes)
        }
        return picture.svg ?? ""
    }

    /// Whether there are curves besides the loss.
    private var hasDashes: Bool { landscape.b == nil && (landscape.taylor != nil || landscape.paths != nil) }

    private var logarithmicFrom: Double? { scale.logarithmicFrom(10) }

    private var title: String {
        switch landscape.along {
        case .gradient: "Loss along the gradient"
        case .eigenvectors: "Loss along eigenvectors of the Hessian"
        case .plane: "Loss over a random plane"
        case .line: "Loss on the line between two sets of weights"
        case .permutation: "Loss on the line to permuted units"
        case .path: "Paths over the loss"
        case .outputs: "Loss over two outputs"
        }
    }

    private var notes: [String] {
        var set = "\(landscape.examplesText) of the \(landscape.data) set"
        if landscape.hasBatchNorm { set += "; batch norm \(landscape.batchNormText)" }
        let missing = landscape.losses.count - landscape.finite.count
        if missing > 0 {
            set +=
                "; \(missing) of \(landscape.losses.count) losses are not finite, and drawn as the greatest"
        }
        if landscape.taylor != nil, landscape.b == nil {
            set += "; solid: loss, dashed: second-order Taylor polynomial at the weights"
        }
        if landscape.paths != nil {
            set += landscape.b == nil ? "; names stand where paths end" : "; circles are starts, discs ends"
        }
        return ["Along \(landscape.directionText)".replacing(" -", with: " −"), set]
    }

    private func axis(_ letter: String, _ direction: Int) -> String {
        switch landscape.along {
        case .gradient: return "\(letter): distance along the gradient"
        case .eigenvectors:
            let value = landscape.eigenvalues[direction].value
            return "\(letter): distance along λ = \(NumberText.plain(value))"
        case .plane:
            return "\(letter): along the \(direction == 0 ? "first" : "second") direction, in filters' norms"
        case .line, .permutation: return "a: part of the way"
        case .outputs:
            guard let outputs = landscape.outputs else { return letter }
            return "\(letter): output \(outputs.outputs[direction])"
        case .path:
            guard let paths = landscape.paths, paths.names.isEmpty else {
                return landscape.paths?.names[direction] ?? letter
            }
            return
                "\(letter): \(direction == 0 ? "first" : "second") main direction, \(NumberText.percent(paths.explained[direction]))"
        }
    }

    /// The weights that directions begin at, those they lead to, and the least loss; on a line with paths, their ends.
    private var named: [(coordinates: [Double], name: String)] {
        if let paths = landscape.paths?.paths {
            guard landscape.b == nil, let first = landscape.a.first, let last = landscape.a.last else {
                return []
            }
            let ends = paths.compactMap { path in path.points.last.map { ($0, path.name) } }
            return ends.filter { (first...last).contains($0.0[0]) }
        }
        let least = landscape.least.coordinates
        if let outputs = landscape.outputs { return own(outputs) + [(least, "least")] }
        var places = [(landscape.directionNorms.map { _ in 0.0 }, "weights")]
        if case .line = landscape.along { places.append(([1], "other weights")) }
        if landscape.along == .permutation { places.append(([1], "permuted")) }
        if !places.contains(where: { $0.0 == least }) { places.append((least, "least")) }
        return places
    }

    /// Where the outputs of a single example lie; several examples have each its own.
    private func own(_ outputs: OutputPlane) -> [(coordinates: [Double], name: String)] {
        let ends = [landscape.a, landscape.b ?? []]
        let isInside = zip(outputs.means, ends).allSatisfy { mean, positions in
            guard let first = positions.first, let last = positions.last else { return false }
            return (first...last).contains(mean)
        }
        return landscape.examples == 1 && isInside ? [(outputs.means, "weights")] : []
    }

    private func line(_ attributes: [(String, String)]) -> String? {
        let points = zip(landscape.a, landscape.losses).map { Curve.Point(x: $0, y: $1) }
        var chart = Chart(
            title: title, across: axis("a", 0),
            curves: [Curve("loss", color: 0, points)] + taylorCurve + pathCurves(points),
            logarithmicFrom: logarithmicFrom)
        chart.beginsAtZero = false
        chart.upwards = "loss"
        chart.places = named.map { (x: $0.coordinates[0], name: $0.name) }
        return chart.picture(attributes: attributes)
    }

    /// The Taylor polynomial where it is near the range of losses: further away it would flatten them.
    private var taylorCurve: [Curve] {
        guard landscape.taylor != nil else { return [] }
        let (least, greatest) = (landscape.least.loss, landscape.greatest.loss)
        let room = (greatest - least) / 4
        let isLogarithmic = logarithmicFrom.map { least > 0 && greatest / least >= $0 } ?? false
        let range = (isLogarithmic ? least / 3 : least - room)...(greatest + room)
        let points = landscape.a.indices.compactMap { place -> Curve.Point? in
            guard let value = landscape.taylor(place), range.contains(value) else { return nil }
            return Curve.Point(x: landscape.a[place], y: value)
        }
        return [Curve("Taylor", color: 1, stroke: .dashed, points)]
    }

    /// The points of paths on a line, in the order of their positions, at the losses between the line's points.
    private func pathCurves(_ line: [Curve.Point]) -> [Curve] {
        (landscape.paths?.paths ?? []).enumerated().map { place, path in
            let positions = path.points.map { $0[0] }.filter { line[0].x...line[line.count - 1].x ~= $0 }
                .sorted()
            return Curve(
                path.name, color: HeatMap.pathColor(place), stroke: .dotted,
                positions.map { x in
                    let next = max(1, line.firstIndex { $0.x >= x } ?? line.count - 1)
                    let (left, right) = (line[next - 1], line[next])
                    let share = (x - left.x) / (right.x - left.x)
                    return Curve.Point(x: x, y: left.y + share * (right.y - left.y))
                })
        }
    }

    private func plane(_ attributes: [(String, String)]) -> String? {
        guard let rows = landscape.b, !landscape.finite.isEmpty else { return nil }
        let greatest = landscape.greatest.loss
        let values = landscape.losses.map { $0.isFinite ? $0 : greatest }
        return HeatMap(
            title: title, across: axis("a", 0), upwards: axis("b", 1), name: "loss", columns: landscape.a,
            rows: rows, values: values, logarithmicFrom: logarithmicFrom,
            places: named.map { (x: $0.coordinates[0], y: $0.coordinates[1], name: $0.name) },
            paths: (landscape.paths?.paths ?? []).map { path in
                (name: path.name, points: path.points.map { (x: $0[0], y: $0[1]) })
            }
        ).picture(attributes: attributes)
    }
}
