import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// The parameters that runs keep at their steps, and the pictures of the ways they took.
    @Suite struct Paths {
        /// Writes y = 0.7 x for 21 numbers x, and a configuration of 6 steps per epoch.
        private static func configuration(_ data: TestData, model: String) throws -> String {
            let features = (0..<21).map { Float($0 - 10) / 5 }
            let path = try data.write(
                "path/case.yaml",
                text: """
                    data:
                      train: {format: npy, features: x.npy, labels: y.npy}
                      normalize: none
                    model: \(model)
                    loss: mse
                    optimizer: {name: sgd, lr: 0.02}
                    training: {batch: 4, shards: 8, seed: 0, epochs: 4}
                    logging: {parameters: 5}

                    """)
            try data.write("path/x.npy", shape: [21, 1], features)
            try data.write("path/y.npy", shape: [21, 1], features.map { 0.7 * $0 })
            return path
        }

        private static let twoWeights = "[{linear: {out: 1, bias: false}}, {linear: {out: 1, bias: false}}]"

        private static func train(
            _ configuration: String, _ output: String, ranks: Int = 0, _ more: [String] = [],
            exitCode: Int32 = 0
        ) throws {
            let run = try DTrainRun.run(
                ranks, ["--config", configuration, "--quiet", "--output", output] + more)
            try #require(run.exitCode == exitCode, "\(run)")
        }

        private static func bytes(_ path: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: path))
        }

        /// The first and the last row and every fifth step, the same bytes at any number of ranks and over interruptions.
        @Test(arguments: [[], ["--set", "training.delayed=true"]])
        func keepsParameters(_ more: [String]) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let configuration = try Self.configuration(data, model: Self.twoWeights)
            let whole = data.path("whole")
            try Self.train(configuration, whole, more)
            let path = try SafetensorsFile.read(path: "\(whole)/path.safetensors")
            #expect(path.tensors.map(\.name) == ["0.weight", "1.weight", "steps"])
            #expect(try path.int64s(named: "steps") == [0, 5, 10, 15, 20, 24])
            #expect(path.entry(named: "1.weight")?.shape == [6, 1, 1])
            let last = try SafetensorsFile.read(path: "\(whole)/weights.safetensors")
            for name in ["0.weight", "1.weight"] {
                let values = try path.tensor(named: name)
                #expect(try values.last == last.tensor(named: name)[0])
                #expect(Set(values).count == values.count)
            }
            let expected = try Self.bytes("\(whole)/path.safetensors")
            let ranked = data.path("ranked")
            try Self.train(configuration, ranked, ranks: 3, more)
            #expect(try Self.bytes("\(ranked)/path.safetensors") == expected)
            // A limit amid an epoch leaves a row of its own, which the run that goes on does not have.
            let parts = data.path("parts")
            try Self.train(configuration, parts, more + ["--steps", "8"])
            let part = try SafetensorsFile.read(path: "\(parts)/path.safetensors")
            #expect(try part.int64s(named: "steps") == [0, 5, 8])
            try Self.train(configuration, parts, more + ["--resume", "auto", "--steps", "20"])
            try Self.train(configuration, parts, ranks: 2, more + ["--resume", "auto"])
            #expect(try Self.bytes("\(parts)/path.safetensors") == expected)
            // The weights do not depend on it.
            let plain = data.path("plain")
            try Self.train(configuration, plain, more + ["--set", "logging.parameters=0"])
            #expect(
                try Self.bytes("\(plain)/weights.safetensors") == Self.bytes("\(whole)/weights.safetensors"))
            #expect(!FileManager.default.fileExists(atPath: "\(plain)/path.safetensors"))
        }

        @Test func failures() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let configuration = try Self.configuration(data, model: Self.twoWeights)
            let diverged = data.path("diverged")
            try Self.train(configuration, diverged, ["--set", "optimizer.lr=1000"], exitCode: 79)
            let path = try SafetensorsFile.read(path: "\(diverged)/path.safetensors")
            #expect(try path.int64s(named: "steps") == [0])
            let large = try DTrainRun.run(
                0,
                [
                    "--config", configuration, "--output", data.path("large"), "--set",
                    "model=[{linear: 5000}, {linear: 1}]",
                ])
            #expect(large.exitCode == 78 && large.standardError.contains("15001"), "\(large)")
            let plain = data.path("plain")
            try Self.train(configuration, plain, ["--set", "logging.parameters=0"])
            let none = try DTrainRun.run(
                0, ["landscape", plain, "--path", plain, "--output", data.path("none")])
            #expect(none.exitCode != 0 && none.standardError.contains("logging.parameters"), "\(none)")
            let wide = data.path("wide")
            try Self.train(
                configuration, wide,
                ["--set", "model=[{linear: {out: 2, bias: false}}, {linear: {out: 1, bias: false}}]"])
            let other = try DTrainRun.run(
                0, ["landscape", plain, "--path", wide, "--output", data.path("other")])
            #expect(other.exitCode != 0 && other.standardError.contains("give runs of one model"), "\(other)")
        }

        /// Over two parameters the surface is L(w₁, w₂) = (0.7 − w₁w₂)² · mean x², at the values of the table.
        @Test func twoParameters() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let configuration = try Self.configuration(data, model: Self.twoWeights)
            let (first, second) = (data.path("first"), data.path("second"))
            try Self.train(configuration, first)
            try Self.train(configuration, second, ["--set", "training.seed=3"])
            let features: [Double] = (0..<21).map { Double($0 - 10) / 5 }
            let square = features.reduce(0.0) { $0 + $1 * $1 } / 21
            var all: Set<[Data]> = []
            for ranks in [0, 3] {
                let folder = data.path("paths-\(ranks)")
                let found = try LandscapeFiles.draw(
                    [first, "--path", first, "--path", second, "--points", "9"], into: folder, ranks: ranks)
                for row in found.rows {
                    let (w, v) = (row.coordinates[0], row.coordinates[1])
                    let expected = pow(0.7 - w * v, 2) * square
                    #expect(abs(row.loss - expected) < 1e-5 * max(1, expected), "\(row), not \(expected)")
                }
                let lines = try String(contentsOfFile: "\(folder)/path.csv", encoding: .utf8).split(
                    separator: "\n")
                #expect(lines.count == 1 + 2 * 6 && lines[0] == "run,step,a,b")
                let weights = try SafetensorsFile.read(path: "\(second)/weights.safetensors")
                let end = try ["0.weight", "1.weight"].map { Double(try weights.tensor(named: $0)[0]) }
                let last = try #require(lines.last).split(separator: ",")
                #expect(last[0] == "second" && last[1] == "24")
                #expect(zip(last.dropFirst(2), end).allSatisfy { abs((Double($0) ?? .nan) - $1) < 1e-12 })
                let picture = try LandscapeFiles.picture(folder)
                for word in ["0.weight", "1.weight", ">first<", ">second<", "polyline"] {
                    #expect(picture.contains(word), "\(word)")
                }
                try all.insert(LandscapeFiles.bytes(folder) + [Self.bytes("\(folder)/path.csv")])
            }
            #expect(all.count == 1)
            // Beyond Float32 the loss overflows.
            let far = data.path("far")
            let found = try LandscapeFiles.draw(
                [first, "--path", first, "--points", "3", "--range", "0,1e20,0,1e20"], into: far)
            #expect(found.rows.contains { !$0.loss.isFinite } && found.rows.contains { $0.loss.isFinite })
            #expect(try LandscapeFiles.picture(far).contains("losses are not finite"))
        }

        /// L = (1 − w₁w₂)²: g = −2 (1 − w₁w₂) (w₂, w₁), and the Hessian [[2 w₂², 4 w₁w₂ − 2], [4 w₁w₂ − 2, 2 w₁²]].
        @Test func taylorPolynomial() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let signs: [Float] = [1, -1, -1, 1, 1]
            let point = try DiagnosePoint(
                data, "taylor", model: Self.twoWeights,
                weights: [("0.weight", [1, 1], [1]), ("1.weight", [1, 1], [2])],
                features: signs.map { [$0] }, targets: signs)
            for (kind, count) in [("gradient", 1), ("plane", 2)] {
                let folder = data.path(kind)
                let run = try DTrainRun.run(
                    2,
                    [
                        "landscape", point.weights, "--config", point.configuration, "--along", kind,
                        "--points", "5", "--taylor", "--json", "--output", folder,
                    ])
                try #require(run.exitCode == 0, "\(run)")
                let directions = try SafetensorsFile.read(path: "\(folder)/directions.safetensors")
                let rows = try String(contentsOfFile: "\(folder)/landscape.csv", encoding: .utf8).split(
                    separator: "\n")
                #expect(rows[0] == (count == 1 ? "a,loss,taylor" : "a,b,loss,taylor"))
                #expect(rows.count == 1 + (count == 1 ? 5 : 25))
                for row in rows.dropFirst() {
                    let numbers = row.split(separator: ",").compactMap { Double($0) }
                    var (u, v) = (0.0, 0.0)
                    for (letter, position) in zip(["a", "b"], numbers.prefix(count)) {
                        u += position * Double(try directions.tensor(named: "\(letter).0.weight")[0])
                        v += position * Double(try directions.tensor(named: "\(letter).1.weight")[0])
                    }
                    let bent: Double = 4 * u * u + 6 * u * v + v * v
                    let expected: Double = 1 + 4 * u + 2 * v + bent
                    #expect(abs((numbers.last ?? .nan) - expected) < 1e-4, "\(row), not \(expected)")
                }
                #expect(run.standardOutput.contains("taylor_curvatures"))
                #expect(try LandscapeFiles.picture(folder).contains("dashed") == (count == 1))
            }
        }

        /// Over more parameters the directions are orthonormal, and the points are projected.
        @Test func mainDirections() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let configuration = try Self.configuration(
                data, model: "[{linear: 3}, tanh, {linear: {out: 1, bias: false}}]")
            let run = data.path("run")
            try Self.train(configuration, run)
            let folder = data.path("paths")
            let found = try LandscapeFiles.draw([run, "--path", run, "--points", "3"], into: folder)
            let names = ["0.bias", "0.weight", "2.weight"]
            func flat(_ prefix: String) throws -> [Double] {
                try names.flatMap { try found.directions.doubles(named: prefix + $0) }
            }
            let (a, b) = (try flat("a."), try flat("b."))
            func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
            #expect(abs(dot(a, a) - 1) < 1e-6 && abs(dot(b, b) - 1) < 1e-6 && abs(dot(a, b)) < 1e-5)
            let path = try SafetensorsFile.read(path: "\(run)/path.safetensors")
            let weights = try SafetensorsFile.read(path: "\(run)/weights.safetensors")
            let start = try names.flatMap { name -> [Double] in
                let own = try weights.doubles(named: name)
                return zip(try path.doubles(named: name), own).map { $0 - $1 }
            }
            let line = try String(contentsOfFile: "\(folder)/path.csv", encoding: .utf8).split(
                separator: "\n")[1].split(separator: ",")
            #expect(line.prefix(2) == ["run", "0"])
            #expect(abs(try #require(Double(line[2])) - dot(start, a)) < 1e-9)
            #expect(abs(try #require(Double(line[3])) - dot(start, b)) < 1e-9)
            #expect(try LandscapeFiles.picture(folder).contains("first main direction"))
        }
    }
}
