import Foundation
import FoundationXML
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// The numbers of `dtrain landscape`.
    @Suite struct Landscapes {
        /// A small network with batch norm and dropout, trained for an epoch.
        private static func trained(
            _ data: TestData, _ name: String = "run", _ settings: [String] = []
        ) throws -> String {
            let run = try DTrainRun.run(
                0,
                [
                    "--config", try SameBytes.configuration(data, "cnn"), "--epochs", "1", "--quiet",
                    "--output", data.path(name),
                ] + settings.flatMap { ["--set", $0] })
            try #require(run.exitCode == 0, "\(run)")
            return data.path(name)
        }

        /// The weights at each point, made of the directions, have the loss of the table.
        @Test(arguments: ["gradient", "eigenvectors", "plane"])
        func pointsAreWhatEvaluateSays(_ along: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.trained(data)
            let folder = data.path("landscape")
            let found = try LandscapeFiles.draw(
                [run, "--along", along, "--points", "3", "--radius", "0.7", "--data", "test"], into: folder,
                ranks: 2)
            let isLine = along == "gradient"
            #expect(found.header == (isLine ? "a,loss" : "a,b,loss"))
            let positions = [-0.7, 0, 0.7]
            #expect(
                found.rows.map(\.coordinates)
                    == (isLine
                        ? positions.map { [$0] } : positions.flatMap { a in positions.map { [a, $0] } }))
            #expect(Set(found.rows.map(\.loss)).count == found.rows.count)
            let point = "\(run)/point.safetensors"
            for row in found.rows {
                try found.weights(at: row, around: "\(run)/weights.safetensors", to: point)
                let loss = try LandscapeFiles.evaluated([point, "--data", "test"])
                #expect(abs(loss - row.loss) <= 1e-6 * max(1, loss), "\(row): \(loss)")
            }
            let here = try LandscapeFiles.evaluated([run, "--data", "test"])
            #expect(try (isLine ? found.loss(0) : found.loss(0, 0)) == here)
        }

        /// A line leads from the loss of the first weights to that of the others, with batch norm's statistics.
        @Test func lineToOtherWeights() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.trained(data)
            let other = try Self.trained(data, "other", ["training.seed=5", "data.validation=null"])
            let found = try LandscapeFiles.draw(
                [run, "--to", other, "--points", "5", "--data", "test"], into: data.path("landscape"))
            #expect(found.rows.map(\.coordinates) == [[0], [0.25], [0.5], [0.75], [1]])
            let moved = try found.directions.tensor(named: "a.1.running_var")
            #expect(moved.contains { $0 != 0 })
            let point = "\(run)/point.safetensors"
            for row in found.rows {
                try found.weights(at: row, around: "\(run)/weights.safetensors", to: point)
                let loss = try LandscapeFiles.evaluated([point, "--data", "test"])
                #expect(abs(loss - row.loss) <= 1e-6 * max(1, loss), "\(row): \(loss)")
            }
            // The others' own, under the first one's scaling of the same images.
            let config = ["--config", "\(run)/config.yaml", "--data", "test"]
            try FileManager.default.copyItem(
                atPath: "\(other)/weights.safetensors", toPath: "\(run)/others.safetensors")
            let there = try LandscapeFiles.evaluated(["\(run)/others.safetensors"] + config)
            #expect(abs(try found.loss(1) - there) <= 1e-6, "\(there)")
            let wide = try LandscapeFiles.draw(
                [run, "--to", other, "--points", "5", "--radius", "1.5", "--data", "test"],
                into: data.path("wide"))
            #expect(wide.rows.map(\.coordinates) == [[-0.5], [0], [0.5], [1], [1.5]])
            #expect(try wide.loss(0.5) == found.loss(0.5))
        }

        /// Every filter of a random direction has the norm of the weights' own, and what is no filter stays.
        @Test func filterWiseNormalization() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.trained(data)
            let weights = try SafetensorsFile.read(path: "\(run)/weights.safetensors")
            func drawn(_ seed: Int) throws -> LandscapeFiles {
                try LandscapeFiles.draw(
                    [run, "--along", "plane", "--points", "2", "--data", "test", "--seed", "\(seed)"],
                    into: data.path("plane-\(seed)"))
            }
            let found = try drawn(0)
            var filters = 0
            for entry in weights.tensors where entry.type == .float32 {
                let own = try weights.tensor(named: entry.name)
                for letter in ["a", "b"] {
                    let direction = try found.directions.tensor(named: "\(letter).\(entry.name)")
                    #expect(
                        found.directions.entry(named: "\(letter).\(entry.name)")?.shape == entry.shape)
                    guard entry.shape.count > 1 else {
                        #expect(direction.allSatisfy { $0 == 0 }, "\(entry.name)")
                        continue
                    }
                    let width = own.count / entry.shape[0]
                    for filter in 0..<entry.shape[0] {
                        let part = filter * width..<(filter + 1) * width
                        func norm(_ values: [Float]) -> Double {
                            values[part].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
                        }
                        #expect(abs(norm(direction) / norm(own) - 1) < 1e-6, "\(entry.name) \(filter)")
                        filters += 1
                    }
                    // Of normal numbers a tenth of all lies farther than 1.64 deviations from 0.
                    let scaled = direction.enumerated().map { place, value in
                        let part = place / width * width..<(place / width + 1) * width
                        return abs(Double(value))
                            / (direction[part].reduce(0) { $0 + Double($1) * Double($1) } / Double(width))
                            .squareRoot()
                    }
                    if scaled.count > 500 {
                        let far = Double(scaled.count { $0 > 1.645 }) / Double(scaled.count)
                        #expect((0.05...0.15).contains(far), "\(entry.name): \(far)")
                    }
                }
                if entry.shape.count > 1 {
                    #expect(
                        try found.directions.tensor(named: "a.\(entry.name)")
                            != found.directions.tensor(named: "b.\(entry.name)"))
                }
            }
            #expect(filters == 2 * (12 + 12 + 4))
            let other = try drawn(1).directions
            #expect(try other.tensor(named: "a.0.weight") != found.directions.tensor(named: "a.0.weight"))
        }

        /// L = (1 − w₁w₂)² can be written down everywhere.
        @Test func twoWeights() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            func point(_ first: Float, _ second: Float) throws -> [String] {
                let signs: [Float] = [1, -1, -1, 1, 1]
                let point = try DiagnosePoint(
                    data, "two-weights-\(first)-\(second)",
                    model: "[{linear: {out: 1, bias: false}}, {linear: {out: 1, bias: false}}]",
                    weights: [("0.weight", [1, 1], [first]), ("1.weight", [1, 1], [second])],
                    features: signs.map { [$0] }, targets: signs)
                return [point.weights, "--config", point.configuration]
            }
            func loss(_ first: Double, _ second: Double) -> Double {
                (1 - first * second) * (1 - first * second)
            }
            // ∇L = −2 (1 − w₁w₂) (w₂, w₁), at (1, 2) along (2, 1).
            let root = 5.0.squareRoot()
            let gradient = try LandscapeFiles.draw(
                point(1, 2) + ["--along", "gradient", "--points", "21"], into: data.path("gradient"))
            for row in gradient.rows {
                let a = row.coordinates[0]
                let expected = loss(1 + 2 * a / root, 2 + a / root)
                #expect(abs(row.loss - expected) < 1e-5, "\(row), not \(expected)")
            }
            // H = [[0, −2], [−2, 0]] at the origin: up along (1, −1), down along (1, 1).
            let saddle = try LandscapeFiles.draw(
                point(0, 0) + ["--along", "eigenvectors", "--points", "5", "--radius", "2"],
                into: data.path("saddle"))
            for row in saddle.rows {
                let (a, b) = (row.coordinates[0], row.coordinates[1])
                let product = (b * b - a * a) / 2
                #expect(abs(row.loss - (1 - product) * (1 - product)) < 1e-4, "\(row)")
            }
            // Each weight is a filter: directions are ± the weights.
            let plane = try LandscapeFiles.draw(
                point(0.5, -3) + ["--along", "plane", "--points", "5"], into: data.path("plane"))
            let directions = try ["a", "b"].map { letter in
                try ["0.weight", "1.weight"].map {
                    Double(try plane.directions.tensor(named: "\(letter).\($0)")[0])
                }
            }
            for direction in directions {
                #expect(abs(abs(direction[0]) - 0.5) < 1e-7 && abs(abs(direction[1]) - 3) < 1e-6)
            }
            for row in plane.rows {
                func weight(_ place: Int, _ start: Double) -> Double {
                    start + row.coordinates[0] * directions[0][place]
                        + row.coordinates[1] * directions[1][place]
                }
                #expect(abs(row.loss - loss(weight(0, 0.5), weight(1, -3))) < 1e-4, "\(row)")
            }
        }

        /// What is said beside the table, at weights where it can be written down.
        @Test func summary() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try DiagnosePoint(
                data, "line", model: "[{linear: {out: 1, bias: false}}]",
                weights: [("0.weight", [1, 1], [3])], features: [[1], [2]], targets: [1, 2])
            // L = (w − 1)² · 5/2: slope 10 and curvature 5 at 3.
            let run = try DTrainRun.run(
                0,
                [
                    "landscape", point.weights, "--config", point.configuration, "--along", "eigenvectors",
                    "--radius", "4", "--points", "9", "--json", "--output", data.path("out"),
                ])
            try #require(run.exitCode == 0, "\(run)")
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(run.standardOutput.utf8)) as? [String: Any])
            #expect(abs(try #require(object["loss"] as? Double) - 10) < 1e-5)
            #expect(abs(try #require(object["least_loss"] as? Double)) < 1e-9)
            #expect(abs(abs(try #require(object["least_at"] as? [Double])[0]) - 2) < 1e-9)
            #expect(abs(try #require(object["greatest_loss"] as? Double) - 90) < 1e-4)
            let sharpness = try #require(object["sharpness"] as? [Double])
            #expect(sharpness.count == 1 && abs(sharpness[0] - 5) < 1e-3, "\(run)")
            #expect(abs(try #require(object["eigenvalues"] as? [Double])[0] - 5) < 1e-4)
            #expect(object["weight_norm"] as? Double == 3)
        }

        /// With the mini-batches' moments the loss at the weights is that of a diagnosis.
        @Test func batchNormAsInTraining() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.trained(data)
            let options = ["--batch-norm", "training", "--data", "test"]
            let found = try LandscapeFiles.draw(
                [run, "--along", "gradient", "--points", "3"] + options, into: data.path("landscape"))
            let diagnosed = try DTrainRun.run(0, ["diagnose", run, "--json"] + options)
            let object =
                try JSONSerialization.jsonObject(with: Data(diagnosed.standardOutput.utf8)) as? [String: Any]
            let loss = try #require(object?["loss"] as? Double, "\(diagnosed)")
            #expect(abs(try found.loss(0) - loss) <= 1e-6 * loss)
            let evaluation = try LandscapeFiles.evaluated([run, "--data", "test"])
            #expect(abs(evaluation - loss) > 1e-3 * loss, "batch norm makes no difference")
            for (name, words) in [
                ("landscape", "moments of mini-batches"), ("running", "running statistics"),
            ] {
                if name == "running" {
                    _ = try LandscapeFiles.draw(
                        [run, "--along", "gradient", "--points", "3", "--data", "test"],
                        into: data.path(name))
                }
                let picture = try LandscapeFiles.picture(data.path(name))
                #expect(picture.contains(words), "\(picture.prefix(3000))")
            }
        }

        /// The same bytes at any number of ranks, of each kind.
        @Test(arguments: ["gradient", "eigenvectors", "plane", "to"])
        func sameBytes(_ kind: String) throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.trained(data)
            var options = ["--along", kind]
            if kind == "to" {
                options = ["--to", try Self.trained(data, "other", ["training.seed=9"])]
            }
            var all: Set<[Data]> = []
            var spoken: Set<String> = []
            for ranks in 0...4 {
                let folder = data.path("ranks-\(ranks)")
                let result = try DTrainRun.run(
                    ranks,
                    ["landscape", run] + options + ["--points", "5", "--json", "--output", folder])
                try #require(result.exitCode == 0, "\(result)")
                all.insert(try LandscapeFiles.bytes(folder))
                spoken.insert(result.standardOutput)
            }
            #expect(all.count == 1 && spoken.count == 1, "\(all.count), \(spoken)")
            // The control: another seed or radius shows.
            let other = data.path("control")
            _ = try LandscapeFiles.draw(
                [run] + options + ["--points", "5", "--radius", "1.0001"], into: other)
            all.insert(try LandscapeFiles.bytes(other))
            #expect(all.count == 2)
        }

        /// Pictures are well-formed, load nothing, and say what they show.
        @Test func pictures() throws {
            let data = try TestData()
            defer { data.remove() }
            let run = try Self.trained(data)
            for (kind, words) in [
                ("gradient", ["<polyline", "distance along the gradient", "weights", "loss"]),
                ("plane", ["filter-wise normalized", "first direction", "weights", "loss", "<path"]),
            ] {
                for scale in ["linear", "log"] {
                    let folder = data.path("\(kind)-\(scale)")
                    _ = try LandscapeFiles.draw(
                        [
                            run, "--along", kind, "--points", "7", "--data", "test", "--scale", scale,
                        ], into: folder)
                    let text = try LandscapeFiles.picture(folder)
                    let parser = XMLParser(data: Data(text.utf8))
                    #expect(parser.parse(), "\(String(describing: parser.parserError))")
                    for word in words + ["running statistics", "137 examples"] {
                        #expect(text.contains(word), "\(kind): \(word)")
                    }
                    #expect(text.contains("logarithmic") == (scale == "log"), "\(kind) \(scale)")
                    let loads = text.replacing("http://www.w3.org/2000/svg", with: "")
                    for reference in ["http", "url(", "@import", "<script", "href"] {
                        #expect(!loads.contains(reference), "\(reference)")
                    }
                }
            }
        }
    }
}
