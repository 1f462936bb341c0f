import Foundation
import ProcessSupport
import Testing

/// What `dtrain diagnose --json` says of a point.
struct DiagnoseReport {
    /// Standard output as it came.
    let text: String
    private let object: [String: Any]

    /// Runs the command on `ranks` ranks, 0 for without mpirun. Fails the test unless it succeeds and writes one JSON
    /// object and nothing else to standard output.
    init(_ point: DiagnosePoint, _ options: [String] = [], ranks: Int = 0) throws {
        let run = try DTrainRun.run(ranks, Self.arguments(point) + ["--json"] + options)
        try #require(run.exitCode == 0, "\(options): \(run)")
        text = run.standardOutput
        let parsed = try? JSONSerialization.jsonObject(with: Data(text.utf8))
        object = try #require(parsed as? [String: Any], "no JSON object: \(run)")
    }

    /// What the command is started with for a point.
    static func arguments(_ point: DiagnosePoint) -> [String] {
        ["diagnose", point.weights, "--config", point.configuration]
    }

    /// Its keys, sorted.
    var keys: [String] { object.keys.sorted() }

    /// A number that must be there.
    func number(_ key: String) throws -> Double {
        try #require(object[key] as? Double, "no number \"\(key)\" in \(text)")
    }

    /// A whole number that must be there.
    func count(_ key: String) throws -> Int {
        try #require(Int(exactly: number(key)), "no whole number \"\(key)\" in \(text)")
    }

    /// A text that must be there.
    func word(_ key: String) throws -> String {
        try #require(object[key] as? String, "no text \"\(key)\" in \(text)")
    }

    /// A list of numbers that must be there.
    func numbers(_ key: String) throws -> [Double] {
        try #require(object[key] as? [Double], "no list \"\(key)\" in \(text)")
    }

    /// ‖Hv − λv‖ of λ_max and of λ_min.
    func residuals() throws -> [Double] {
        let found = try numbers("residuals")
        try #require(found.count == 2, "not two residuals in \(text)")
        return found
    }

    /// The eigenvalues that stand for the spectrum, ascending: all of them where it is dense.
    func nodes() throws -> [Double] {
        let pairs = try #require(object["density"] as? [[Double]], "no density in \(text)")
        try #require(pairs.allSatisfy { $0.count == 2 }, "no pairs in the density of \(text)")
        return pairs.map { $0[0] }
    }

    /// Expects a number to differ from `expected` by `bound` at most; NaN is within no bound.
    func expect(
        _ key: String, _ expected: Double, within bound: Double, _ what: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let found = try number(key)
        #expect(
            abs(found - expected) <= bound,
            "\(what) \(key) is \(found), not \(expected) within \(bound)", sourceLocation: location)
    }

    /// Expects λ_max and λ_min, relative to the larger of both; absolutely where both are 0. Their residuals, which an
    /// eigenvalue's error is the square of, may be ten times as large.
    func expectEnds(
        _ highest: Double, _ lowest: Double, relative: Double = 1e-4, _ what: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        let size = max(abs(highest), abs(lowest))
        let bound = relative * (size > 0 ? size : 1)
        try expect("lambda_max", highest, within: bound, what, at: location)
        try expect("lambda_min", lowest, within: bound, what, at: location)
        let residuals = try residuals()
        #expect(
            residuals.allSatisfy { (0...10 * bound).contains($0) }, "\(what) residuals \(residuals)",
            sourceLocation: location)
    }

    /// Expects these numbers of positive, zero and negative eigenvalues behind the three ratios, and the last as the index.
    func expectCounts(
        _ expected: DiagnoseCase.Counts, _ what: String = "", at location: SourceLocation = #_sourceLocation
    ) throws {
        var counts: [Int] = []
        for (key, range) in [
            ("minimum_ratio", expected.positive), ("zero_ratio", expected.zero),
            ("negative_ratio", expected.negative),
        ] {
            let found = try number(key) * Double(expected.total)
            let count = Int(found.rounded())
            #expect(
                abs(found - Double(count)) < 1e-3 && range.contains(count),
                "\(what) \(key) makes \(found) of \(expected.total), not \(range)", sourceLocation: location)
            counts.append(count)
        }
        #expect(
            counts.reduce(0, +) == expected.total, "\(what) the ratios make \(counts) of \(expected.total)",
            sourceLocation: location)
        let index = try count("index")
        #expect(
            index == counts[2], "\(what) index is \(index), negative_ratio makes \(counts[2])",
            sourceLocation: location)
    }

    /// Expects exactly these numbers of positive, zero and negative eigenvalues.
    func expectCounts(
        _ positive: Int, _ zero: Int, _ negative: Int, _ what: String = "",
        at location: SourceLocation = #_sourceLocation
    ) throws {
        try expectCounts(
            DiagnoseCase.Counts(
                positive: positive...positive, zero: zero...zero, negative: negative...negative,
                total: positive + zero + negative), what, at: location)
    }

    /// Expects what is said of the spectrum's shares to hold: each known share lies in the range that is given for it.
    func expectRanges(
        _ expected: DiagnoseCase.Counts, _ what: String = "", at location: SourceLocation = #_sourceLocation
    ) throws {
        for (key, range) in [
            ("minimum_ratio", expected.positive), ("zero_ratio", expected.zero),
            ("negative_ratio", expected.negative),
        ] {
            let found = try numbers("\(key)_range")
            try #require(found.count == 2 && found[0] <= found[1], "\(what) \(key)_range is \(found)")
            let ratio = try number(key)
            #expect(
                found[0] <= ratio && ratio <= found[1] && found[0] >= 0 && found[1] <= 1,
                "\(what) \(key) \(ratio) of \(found)", sourceLocation: location)
            #expect(
                Double(range.upperBound) >= found[0] * Double(expected.total)
                    && Double(range.lowerBound) <= found[1] * Double(expected.total),
                "\(what) \(key)_range is \(found), but \(range) of \(expected.total) are there",
                sourceLocation: location)
        }
    }
}
