import Foundation
import ProcessSupport
import Safetensors
import Testing

extension EndToEndTests {
    /// Points whose Hessians can be written down.
    @Suite struct DiagnoseAnalytic {
        /// y = w₁ w₂ x with mse on (1, 1) and (−1, −1): L = (1 − w₁ w₂)², of which H = [[0, −2], [−2, 0]] at the origin.
        ///
        /// Fewer examples than shards: some are empty.
        private static func twoWeights(_ data: TestData, _ first: Float, _ second: Float) throws
            -> DiagnosePoint
        {
            let signs: [Float] = [1, -1, -1, 1, 1]
            return try DiagnosePoint(
                data, "two-weights",
                model: "[{linear: {out: 1, bias: false}}, {linear: {out: 1, bias: false}}]",
                weights: [("0.weight", [1, 1], [first]), ("1.weight", [1, 1], [second])],
                features: signs.map { [$0] }, targets: signs)
        }

        @Test func saddleOfTwoWeights() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let report = try DiagnoseReport(Self.twoWeights(data, 0, 0))
            #expect(try report.word("verdict") == "saddle", "\(report.text)")
            try report.expect("loss", 1, within: 1e-6)
            #expect(try report.number("gradient_norm") == 0)
            try report.expectEnds(2, -2, relative: 1e-5)
            try report.expectCounts(1, 0, 1)
        }

        /// Down along ±(1, 1), where the weights' product is positive.
        @Test func twoWeightsEscape() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let file = try SafetensorsFile.read(
                path: DiagnoseEscape.check(Self.twoWeights(data, 0, 0), data))
            let (first, second) = try (
                file.tensor(named: "0.weight")[0], file.tensor(named: "1.weight")[0]
            )
            #expect(first * second > 0.01, "\(first), \(second)")
            #expect(abs(first - second) <= 1e-3 * abs(first), "\(first), \(second)")
        }

        /// At (10, 10), L = 99² and ∇L = −2 · (1 − 100) · (10, 10).
        @Test func farFromAnyCriticalPoint() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let report = try DiagnoseReport(Self.twoWeights(data, 10, 10))
            #expect(try report.word("verdict") == "not_critical", "\(report.text)")
            try report.expect("loss", 9801, within: 0.01)
            try report.expect("gradient_norm", 1980 * 2.0.squareRoot(), within: 0.01)
            // H = [[200, 398], [398, 200]].
            try report.expectEnds(598, -198, relative: 1e-5)
            try report.expectCounts(1, 0, 1)
            try report.expect("critical_ratio", 1980.0 / 5980, within: 1e-4)
        }

        /// Second derivatives of y = w₁ w₂ w₃ x all vanish at the origin, as a monkey saddle's do.
        @Test func flatWithoutCurvature() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let layer = "{linear: {out: 1, bias: false}}"
            let point = try DiagnosePoint(
                data, "three-weights", model: "[\(layer), \(layer), \(layer)]",
                weights: (0..<3).map { ("\($0).weight", [1, 1], [0]) },
                features: [[1], [2], [-1], [0.5]], targets: [1, 1, 0, 3])
            let report = try DiagnoseReport(point)
            #expect(try report.word("verdict") == "flat", "\(report.text)")
            try report.expectEnds(0, 0, relative: 1e-6)
            try report.expectCounts(0, 3, 0)
        }

        /// y = gelu(w) at gelu's lowest point w, with the target above it: L = (gelu(w) − 1)² is at its highest.
        @Test func localMaximum() throws {
            func density(_ z: Double) -> Double { exp(-z * z / 2) / (2 * Double.pi).squareRoot() }
            func distribution(_ z: Double) -> Double { (1 + erf(z / 2.0.squareRoot())) / 2 }
            func curvature(_ z: Double) -> Double { density(z) * (2 - z * z) }
            var lowest = -0.75
            for _ in 0..<9 {
                lowest -= (distribution(lowest) + lowest * density(lowest)) / curvature(lowest)
            }
            let value = lowest * distribution(lowest)

            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try DiagnosePoint(
                data, "gelu", model: "[{linear: {out: 1, bias: false}}, gelu]",
                weights: [("0.weight", [1, 1], [Float(lowest)])],
                features: Array(repeating: [1], count: 11), targets: Array(repeating: 1, count: 11))
            let report = try DiagnoseReport(point)
            #expect(try report.word("verdict") == "local_maximum", "\(report.text)")
            try report.expect("loss", (value - 1) * (value - 1), within: 1e-5)
            let highest = 2 * (value - 1) * curvature(lowest)
            try report.expectEnds(highest, highest)
            try report.expectCounts(0, 0, 1)
        }
    }
}
