import Graph
import Messages

extension Landscape {
    /// A row for each point: its positions and the loss there, each the shortest decimal that reads back as the same number.
    var csv: String {
        var text = (grid.b == nil ? "a,loss" : "a,b,loss") + (taylor == nil ? "\n" : ",taylor\n")
        for (place, loss) in losses.enumerated() {
            let numbers = grid.coordinates(place) + [loss] + (taylor(place).map { [$0] } ?? [])
            text += numbers.map(\.description).joined(separator: ",") + "\n"
        }
        return text
    }

    /// A row for each point of each path: its run, the number of steps, and its positions; nil without paths.
    package var pathCSV: String? {
        guard let paths else { return nil }
        var text = grid.b == nil ? "run,step,a\n" : "run,step,a,b\n"
        for path in paths.paths {
            let name =
                path.name.contains(where: { ",\"\n".contains($0) })
                ? "\"\(path.name.replacing("\"", with: "\"\""))\"" : path.name
            for (step, point) in zip(path.steps, path.points) {
                text += ([name, "\(step)"] + point.map(\.description)).joined(separator: ",") + "\n"
            }
        }
        return text
    }

    /// The landscape's main numbers as one JSON object on one line: no times, paths or numbers of ranks.
    package var json: String {
        var line = JSONLine()
        line.add("along", along.name)
        if let outputs {
            line.add("outputs", outputs.outputs.map(Double.init))
            line.add("mean_outputs", outputs.means)
            if let end = outputs.end { line.add("outputs_before", end) }
        }
        if let loss { line.add("loss", loss) } else { line.addNull("loss") }
        line.add("least_loss", least.loss)
        line.add("least_at", least.coordinates)
        line.add("greatest_loss", greatest.loss)
        line.add("greatest_at", greatest.coordinates)
        if let sharpness { line.add("sharpness", sharpness) } else { line.addNull("sharpness") }
        if let barrier {
            line.add("ends", barrier.ends)
            line.add("barrier", barrier.height)
        }
        if let taylor {
            line.add("taylor_loss", taylor.loss)
            line.add("taylor_slopes", taylor.slopes)
            line.add("taylor_curvatures", taylor.curvatures)
        }
        line.add("gradient_norm", gradientNorm)
        if !eigenvalues.isEmpty {
            line.add("eigenvalues", eigenvalues.map(\.value))
            line.add("residuals", eigenvalues.map(\.residual))
        }
        if let paths {
            line.add("points_on_paths", paths.paths.map { Double($0.points.count) })
            if !paths.explained.isEmpty { line.add("explained", paths.explained) }
            line.add("not_finite", losses.count - finite.count)
        }
        line.add("weight_norm", weightNorm)
        if outputs == nil { line.add("direction_norms", directionNorms) }
        line.add("points", grid.a.count)
        line.add("radius", radius)
        line.add("seed", Int(clamping: seed))
        line.add("batch_norm", usesBatchStatistics ? "training" : "evaluation")
        if runPrecision != .float32 {
            line.add("precision", Precision.float32.rawValue)
            line.add("run_precision", runPrecision.rawValue)
        }
        line.add("data", data)
        line.add("examples", examples)
        line.add("parameters", parameters)
        return line.line
    }

    /// The landscape's main numbers as text.
    ///
    /// - Parameter output: The folder of its files.
    package func page(output: String) -> String {
        var rows: [(name: String, text: String)] = [("along", directionText)]
        let size = grid.b == nil ? "\(grid.a.count)" : "\(grid.a.count) × \(grid.a.count)"
        rows.append(
            (
                "points",
                "\(size), a from \(Self.text(grid.a.first ?? 0)) to \(Self.text(grid.a.last ?? 0)), on \(examplesText) of the \(data) set"
            ))
        if hasBatchNorm { rows.append(("batch norm", batchNormText)) }
        if let text = PageText.precision(ofRun: runPrecision) { rows.append(("precision", text)) }
        if let barrier {
            rows.append(
                ("loss", "\(Self.text(barrier.ends[0])) at a = 0, \(Self.text(barrier.ends[1])) at a = 1"))
            if along == .permutation {
                rows.append(
                    (
                        "difference",
                        "\(Self.text(barrier.ends[1] - barrier.ends[0])), of sums in another order"
                    ))
            }
            rows.append(("barrier", "\(Self.text(barrier.height)) above the line between both"))
        } else if let loss {
            rows.append(("loss", "\(Self.text(loss)) at the weights"))
        }
        if let paths {
            for path in paths.paths {
                rows.append(("path", "\(path.name), \(counted(path.points.count, "point"))"))
            }
            if finite.count < losses.count {
                rows.append(
                    ("not finite", "\(losses.count - finite.count) of \(counted(losses.count, "point"))"))
            }
        }
        if let outputs {
            rows.append(
                ("means", "\(outputs.means.map(Self.text).joined(separator: ", ")) at the weights"))
        }
        if let taylor {
            rows.append(
                (
                    "Taylor",
                    "slope \(taylor.slopes.map(Self.text).joined(separator: ", ")), curvature \(taylor.curvatures.indices.map { Self.text(taylor.curvatures[$0][$0]) }.joined(separator: ", ")) at the weights"
                ))
        }
        rows.append(("least", Self.text(least)))
        rows.append(("greatest", Self.text(greatest)))
        if let sharpness {
            let parts = zip(["a", "b"], sharpness).map { "\(Self.text($1)) along \($0)" }
            rows.append(
                ("sharpness", "\(parts.joined(separator: ", ")), by the points beside the weights"))
        }
        rows.append(
            (
                "files",
                outputs == nil
                    ? "\(output)/\(LandscapeFolder.pictureName), \(LandscapeFolder.tableName) and \(LandscapeFolder.directionsName) beside it"
                    : "\(output)/\(LandscapeFolder.pictureName), and \(LandscapeFolder.tableName) beside it"
            ))
        return rows.map { row in
            row.name + String(repeating: " ", count: max(1, 12 - row.name.count)) + row.text + "\n"
        }.joined()
    }

    /// The directions, in words.
    package var directionText: String {
        switch along {
        case .gradient:
            "the gradient, uphill; a is a distance, ‖∇L‖ = \(Self.text(gradientNorm ?? 0)), ‖θ‖ = \(Self.text(weightNorm))"
        case .eigenvectors:
            "the Hessian's outermost eigenvectors; "
                + zip(["a", "b"], eigenvalues).map { "\($0): λ = \(Self.text($1.value))" }
                .joined(separator: ", ")
                + "; both are distances, ‖θ‖ = \(Self.text(weightNorm))"
        case .plane:
            "two random directions, filter-wise normalized; 1 is each filter's own norm, seed \(seed)"
        case .path: paths.map(Self.text) ?? ""
        case .outputs(let first, let second):
            "outputs, the same for every example\(outputs?.end.map { ", before \($0)" } ?? ""): a is output \(first), b output \(second); the others stay as they are at the weights"
        case .permutation:
            "the line from the weights, a = 0, to the same network with permuted units, a = 1, seed \(seed), at a distance of \(Self.text(directionNorms.first ?? 0))"
        case .line:
            "the line from the weights, a = 0, to the others, a = 1, at a distance of \(Self.text(directionNorms.first ?? 0))"
        }
    }

    private static func text(_ paths: PathPlane) -> String {
        guard paths.names.isEmpty else {
            return "the parameters themselves: "
                + zip(["a", "b"], paths.names).map { "\($0) is \($1)" }.joined(separator: ", ")
        }
        let shares = zip(["a", "b"], paths.explained).map { "\($0) has \(text(100 * $1)) %" }
        return
            "the main directions of the paths from the weights; of the squared distances \(shares.joined(separator: ", "))"
    }

    /// The number of examples, in words.
    package var examplesText: String {
        counted(ProgressReporter.number(Double(examples)), "example") + (isSample ? ", a sample" : "")
    }

    /// The moments that batch norm uses, in words.
    package var batchNormText: String {
        if usesBatchStatistics { return "by the moments of mini-batches, as in training" }
        if along.leadsToOthers { return "by its running statistics, which move along" }
        return "by the weights' running statistics, as in evaluation"
    }

    private static func text(_ point: Point) -> String {
        let places = zip(["a", "b"], point.coordinates).map { "\($0) = \(text($1))" }
        return "\(text(point.loss)) at \(places.joined(separator: ", "))"
    }

    private static func text(_ value: Double) -> String { ProgressReporter.significant(value, 4) }
}
