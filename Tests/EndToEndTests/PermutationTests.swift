import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// The line from a network to itself with its hidden units in another order.
    @Suite struct Permutations {
        /// Both ends compute the same, and the weights are the old ones in another order; a residual network is refused.
        @Test func endsAreEqual() throws {
            let data = try TestData()
            defer { data.remove() }
            for (name, layers) in [
                (
                    "convolutions",
                    "[{conv2d: {out: 4, kernel: 3}}, batch_norm, relu, flatten, {linear: 6}, tanh, {linear: 4}]"
                ),
                ("list", "[flatten, {linear: 6}, tanh, {linear: 5}, relu, {linear: 4}]"),
            ] {
                let run = data.path(name)
                let trained = try DTrainRun.run(
                    0,
                    [
                        "--config", try SameBytes.configuration(data, "cnn"), "--epochs", "1", "--quiet",
                        "--output", run, "--set", "model=\(layers)",
                    ])
                try #require(trained.exitCode == 0, "\(trained)")
                let found = try LandscapeFiles.draw(
                    [run, "--along", "permutation", "--points", "5", "--data", "test"],
                    into: data.path("\(name)-line"), ranks: 2)
                let (here, there) = (try found.loss(0), try found.loss(1))
                #expect(abs(here - there) <= 1e-5 * here, "\(here), \(there)")
                // The control: between both the network is another.
                #expect(abs(try found.loss(0.5) - here) > 1e-4 * here)
                let weights = try SafetensorsFile.read(path: "\(run)/weights.safetensors")
                for entry in weights.tensors where entry.type == .float32 {
                    let own = try weights.tensor(named: entry.name)
                    let moved = try zip(own, found.directions.tensor(named: "a.\(entry.name)")).map {
                        $0 + $1
                    }
                    #expect(
                        zip(own.sorted(), moved.sorted()).allSatisfy {
                            abs($0 - $1) < 1e-5 * max(1, abs($0))
                        },
                        "\(entry.name)")
                }
            }
            let point = try DTrainRun.run(
                0,
                [
                    "--config", try SameBytes.configuration(data, "cnn"), "--epochs", "1", "--quiet",
                    "--output",
                    data.path("residual"), "--set",
                    "model=[flatten, {linear: 6}, {residual: {body: [{linear: 6}, relu]}}, {linear: 4}]",
                ])
            try #require(point.exitCode == 0, "\(point)")
            let refused = try DTrainRun.run(
                0,
                [
                    "landscape", data.path("residual"), "--along", "permutation", "--output",
                    data.path("refused"),
                ])
            #expect(refused.exitCode == 78 && refused.standardError.contains("layer 2"), "\(refused)")
        }
    }
}
