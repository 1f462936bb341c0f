import Foundation
import ProcessSupport
import Testing

extension EndToEndTests {
    /// Loss, gradient and curvature as PyTorch has them in Float64, for every kind of layer.
    @Suite struct DiagnoseReferences {
        /// No case is forgotten.
        @Test func allCasesAreTested() throws {
            #expect(try DiagnoseCase.folders() == DiagnoseCase.names)
        }

        @Test(arguments: DiagnoseCase.names)
        func sameAsPyTorch(_ name: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try DiagnoseCase(name)
            let report = try DiagnoseReport(test.copy(to: data), test.options)
            let expected = test.reference

            #expect(try report.word("batch_norm") == expected.batchNorm)
            #expect(try report.count("examples") == expected.examples)
            try report.expect("loss", expected.loss, within: 1e-5 * expected.loss, name)
            let (norm, rounding) = (expected.gradientNorm, expected.gradientRounding)
            try report.expect("gradient_norm", norm, within: 1e-4 * norm + rounding, name)
            try report.expect(
                "gradient_curvature", expected.gradientCurvature,
                within: expected.largest * (1e-4 * norm * norm + 3 * (norm + rounding) * rounding), name)
            try report.expectEnds(expected.lambdaMax, expected.lambdaMin, name)
            #expect(try report.number("tolerance") == 1e-4)
            try report.expect(
                "critical_ratio", expected.criticalRatio,
                within: 3e-4 * expected.criticalRatio
                    + rounding / (expected.largest * expected.parameterNorm), name)
            #expect(try report.word("verdict") == expected.verdict, "\(name): \(report.text)")
            #expect(try !report.word("verdict_because").isEmpty)
            let epsilon = try report.number("epsilon")
            #expect(
                (0.999e-5 * expected.largest...1e-4 * expected.largest).contains(epsilon),
                "\(name): epsilon \(epsilon), max|λ| \(expected.largest)")
            guard try report.word("spectrum") == "dense" else {
                #expect(expected.parameters > 2000, "\(name) has few parameters: \(report.text)")
                return
            }
            try Self.expectAll(report, test)
        }

        /// Expects each eigenvalue, and how many are positive, zero and negative.
        private static func expectAll(_ report: DiagnoseReport, _ test: DiagnoseCase) throws {
            let eigenvalues = try #require(test.reference.eigenvalues, "\(test.name) has no spectrum")
            let nodes = try report.nodes()
            try #require(nodes.count == eigenvalues.count, "\(test.name): \(nodes.count) eigenvalues")
            let worst = zip(nodes, eigenvalues).map { abs($0 - $1) }.max() ?? .infinity
            #expect(worst <= 1e-4 * test.reference.largest, "\(test.name): an eigenvalue is off by \(worst)")
            let epsilon = try report.number("epsilon")
            try report.expectCounts(DiagnoseCase.counts(eigenvalues, epsilon: epsilon), test.name)
        }

        /// Where not all eigenvalues are computed, the shares that are estimated hold within what is said of them; `--dense`
        /// computes all.
        @Test func estimatedShares() throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try DiagnoseCase("medium")
            let point = try test.copy(to: data)
            let estimated = try DiagnoseReport(point)
            #expect(try estimated.word("spectrum") == "lanczos", "\(estimated.text)")
            let eigenvalues = try #require(test.reference.eigenvalues)
            for seed in ["0", "1", "2"] {
                let report = try DiagnoseReport(point, ["--seed", seed])
                let epsilon = try report.number("epsilon")
                try report.expectRanges(
                    DiagnoseCase.counts(eigenvalues, epsilon: epsilon), "seed \(seed)")
                try report.expectEnds(test.reference.lambdaMax, test.reference.lambdaMin, "seed \(seed)")
            }
            let dense = try DiagnoseReport(point, ["--dense"], ranks: 2)
            #expect(try dense.word("spectrum") == "dense", "\(dense.text)")
            try Self.expectAll(dense, test)
        }

        /// The references tell modes apart: batch statistics, dropout, and training's part of normalized weights matter.
        @Test(arguments: ["cnn-training", "batch-renorm-training", "spectral-norm-training"])
        func evaluationIsAnotherLoss(_ name: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try DiagnoseCase(name)
            let report = try DiagnoseReport(test.copy(to: data))
            #expect(try report.word("batch_norm") == "evaluation")
            let loss = try report.number("loss")
            // Ten times what losses are held to.
            #expect(abs(loss - test.reference.loss) > 1e-4 * test.reference.loss, "\(report.text)")
        }

        /// The same bytes at any number of ranks and without mpirun, from dense spectra and from Lanczos.
        @Test(arguments: ["mlp", "cnn", "cnn-training", "large"])
        func sameBytesAtAnyRankCount(_ name: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let test = try DiagnoseCase(name)
            let point = try test.copy(to: data)
            let alone = try DiagnoseReport(point, test.options)
            for ranks in 1...4 {
                let report = try DiagnoseReport(point, test.options, ranks: ranks)
                #expect(report.text == alone.text, "-n \(ranks)")
            }
        }

        /// A trained network's saddle is left downwards, to the same weights at any number of ranks.
        @Test(arguments: ["saddle", "classifier-saddle"])
        func saddlesAreEscaped(_ name: String) throws {
            let data = try TestData(count: 1)
            defer { data.remove() }
            let point = try DiagnoseCase(name).copy(to: data)
            try DiagnoseEscape.check(point, data)
        }
    }
}
