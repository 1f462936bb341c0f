import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Linear regressions on orthogonal columns of ±1, whose minima and spectra are known exactly.
    @Suite struct DiagnoseRegression {
        /// Column `column` of a 16 × 16 matrix of Walsh functions: ±1, orthogonal to the others; the first is all ones.
        private static func walsh(_ column: Int) -> [Float] {
            (0..<16).map { ($0 & column).nonzeroBitCount % 2 == 0 ? 1 : -1 }
        }

        /// A regression on columns 1 to `scales.count`, each scaled and there `copies` times, at its minimum when `shift` is
        /// 0: targets are Σ column · weight + 0.5 + 2 · column 15, whose last part no weight can reach.
        ///
        /// H = 2/n XᵀX has copies · 2 scale² for each column, 0 for each copy beyond the first, and 2 for the bias.
        private static func regression(
            _ data: TestData, scales: [Float], copies: Int = 1, shift: Float = 0,
            others: [(name: String, added: Float)] = []
        ) throws -> DiagnosePoint {
            let columns = scales.indices.map { number in walsh(number + 1).map { $0 * scales[number] } }
            let rest = walsh(15)
            let targets = (0..<16).map { row in
                columns.indices.reduce(0.5 + 2 * rest[row]) { $0 + Float(copies) * columns[$1][row] }
            }
            return try DiagnosePoint(
                data, "regression", model: "[{linear: 1}]",
                weights: [
                    (
                        "0.weight", [1, scales.count * copies],
                        Array(repeating: 1 + shift, count: scales.count * copies)
                    ), ("0.bias", [1], [0.5 + shift]),
                ],
                features: (0..<16).map { row in
                    columns.flatMap { Array(repeating: $0[row], count: copies) }
                },
                targets: targets,
                others: others.map { other in (other.name, targets.map { $0 + other.added }) })
        }

        @Test func exactMinimum() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let report = try DiagnoseReport(Self.regression(data, scales: [2, 1, 0.5, 1, 0.25]))
            #expect(try report.word("verdict") == "local_minimum", "\(report.text)")
            try report.expect("loss", 4, within: 1e-5)
            try report.expect("gradient_norm", 0, within: 1e-5)
            try report.expectEnds(8, 0.125, relative: 1e-5)
            try report.expectCounts(6, 0, 0)
        }

        /// Copies of features leave most directions without curvature.
        @Test(arguments: [2, 40])
        func manyNullDirections(_ copies: Int) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let report = try DiagnoseReport(
                Self.regression(data, scales: [2, 1, 0.5], copies: copies))
            #expect(try report.word("verdict") == "local_minimum", "\(report.text)")
            try report.expect("loss", 4, within: 1e-4)
            try report.expect("lambda_max", 8 * Double(copies), within: 1e-4 * 8 * Double(copies))
            try report.expect("lambda_min", 0, within: 1e-4 * 8 * Double(copies))
            try report.expectCounts(4, 3 * (copies - 1), 0)
        }

        /// Nothing of the spectrum changes away from the minimum, but the verdict does, unless any gradient is tolerated.
        @Test func farFromTheMinimum() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.regression(data, scales: [2, 1, 0.5], shift: 100)
            let report = try DiagnoseReport(point)
            #expect(try report.word("verdict") == "not_critical", "\(report.text)")
            // H · (100, ...), and ‖θ‖ of three times 101 and 100.5.
            func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }
            let gradient = 100 * norm([8, 2, 0.5, 2])
            try report.expect("gradient_norm", gradient, within: 1e-5 * gradient)
            try report.expectEnds(8, 0.5, relative: 1e-5)
            try report.expectCounts(4, 0, 0)
            let ratio = gradient / (8 * norm([101, 101, 101, 100.5]))
            try report.expect("critical_ratio", ratio, within: 1e-4 * ratio)
            #expect(try report.number("tolerance") == 1e-4)

            let tolerant = try DiagnoseReport(point, ["--tolerance", "10"])
            #expect(try tolerant.number("tolerance") == 10)
            #expect(try tolerant.word("verdict") == "local_minimum", "\(tolerant.text)")
        }

        /// The set that `--data` names, the training set unless it does.
        @Test func namedData() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try Self.regression(
                data, scales: [2, 1, 0.5], others: [("validation", 3), ("test", -5)])
            for (options, loss, verdict) in [
                ([], 4.0, "local_minimum"), (["--data", "train"], 4, "local_minimum"),
                (["--data", "validation"], 4 + 9, "not_critical"),
                (["--data", "test"], 4 + 25, "not_critical"),
            ] {
                let report = try DiagnoseReport(point, options)
                try report.expect("loss", loss, within: 1e-5 * loss, "\(options)")
                #expect(try report.word("verdict") == verdict, "\(options): \(report.text)")
                #expect(try report.count("examples") == 16)
            }
        }
    }
}
