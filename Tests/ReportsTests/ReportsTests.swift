import CZlib
import Foundation
import Testing

@testable import Reports

/// What reports are drawn from.
@Suite struct ReportsTests {
    @Test func ticksAreRoundAndHoldAll() throws {
        for (values, ticks) in [
            ([0, 10], [0, 2, 4, 6, 8, 10]), ([0.1, 0.9], [0, 0.2, 0.4, 0.6, 0.8, 1]),
            ([-3, 4], [-3, -2, -1, 0, 1, 2, 3, 4]),
        ] as [([Double], [Double])] {
            let scale = try #require(Scale(values))
            #expect(
                scale.ticks.count == ticks.count
                    && zip(scale.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-12 }, "\(scale)")
        }
        for value in [0, -2, 5e300, 1e-300, 1e16 + 2] {
            let scale = try #require(Scale([value]))
            #expect(scale.range.contains(value) && scale.ticks.count >= 2, "\(scale)")
            #expect((0...1).contains(scale.position(value)))
        }
        #expect(Scale([]) == nil)
    }

    @Test(arguments: [(0.002, 2.5), (1e-12, 1e3), (3, 700), (1, 1000), (0.9, 1.1)])
    func logarithmic(_ least: Double, _ most: Double) throws {
        let scale = try #require(Scale([least, most], logarithmicFrom: 1))
        #expect(scale.isLogarithmic && scale.range.contains(least) && scale.range.contains(most))
        #expect((2...12).contains(scale.ticks.count), "\(scale.ticks)")
        #expect(scale.ticks.map(scale.position).allSatisfy { $0 > -1e-9 && $0 < 1 + 1e-9 })
        #expect(Scale([0, most], logarithmicFrom: 1)?.isLogarithmic == false)
    }

    @Test func thinnedCurvesKeepPeaks() {
        let points = (0..<10_000).map { Curve.Point(x: Double($0), y: $0 == 7777 ? 50 : sin(Double($0))) }
        let thinned = Curve("c", color: 0, points).thinned(to: 600)
        #expect(thinned.count <= 600 && thinned.contains(points[7777]))
        #expect(zip(thinned, thinned.dropFirst()).allSatisfy { $0.x < $1.x })
        #expect(Curve("c", color: 0, [.init(x: 1, y: .nan), .init(x: 2, y: 1)]).points.count == 1)
    }

    @Test func nearestPoint() {
        let curve = Curve("c", color: 0, [1, 4, 9].map { .init(x: $0, y: -$0) })
        #expect(curve.point(near: 5, reach: 2)?.x == 4 && curve.point(near: 0, reach: 2)?.x == 1)
        #expect(curve.point(near: 20, reach: 2) == nil && curve.point(near: 9, reach: 0)?.x == 9)
    }

    /// Scalars decide, not characters: with an accent behind it a quotation mark is another character.
    @Test func escapes() {
        #expect(Markup.escaped("<a href=\"x\">&'") == "&lt;a href=&quot;x&quot;&gt;&amp;&#39;")
        #expect(Array(Markup.escaped("\"\u{301} x=").utf8).starts(with: "&quot;".utf8))
        #expect(Array(Markup.escaped("<\u{200D}script").utf8).starts(with: "&lt;".utf8))
        #expect(Markup.escaped("a\u{0}\u{1B}\r\nb") == "a\u{FFFD}\u{FFFD}\u{FFFD}\nb")
    }

    @Test func namesTellRunsApart() {
        #expect(RunRecord.names(of: ["runs/a", "runs/b/"]) == ["a", "b"])
        #expect(RunRecord.names(of: ["x/1/run", "x/2/run"]) == ["1/run", "2/run"])
        #expect(RunRecord.names(of: ["runs/a", "runs/a"]) == ["runs/a (1)", "runs/a (2)"])
        #expect(RunRecord.names(of: ["."]) == [". (1)"])
    }

    @Test func facts() {
        let facts = ConfigurationFacts(
            "data:\n  train: {format: idx}\nmodel:\n  - residual:\n      body:\n        - relu\nloss: mse\noutput: x\n"
        ).facts
        #expect(facts.map(\.name) == ["data", "model", "loss"])
        #expect(facts.map(\.value) == ["train: format: idx", "residual:\n    body:\n      - relu", "mse"])
    }

    /// The stream of a picture is what zlib reads, and its sums are zlib's.
    @Test func png() {
        let pixels = (0..<3 * 200 * 150).map { UInt8(truncatingIfNeeded: $0 * $0) }
        let file = PNG.file(width: 200, height: 150, channels: 3, pixels)
        #expect(file.prefix(8) == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
        func word(_ place: Int) -> Int { file[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        var (place, names, data) = (8, [String](), [UInt8]())
        while place < file.count {
            let length = word(place)
            let body = Array(file[place + 4..<place + 8 + length])
            let name = String(decoding: body.prefix(4), as: UTF8.self)
            #expect(Int(crc32(0, body, UInt32(body.count))) == word(place + 8 + length), "\(name)")
            names.append(name)
            if name == "IDAT" { data = Array(body.dropFirst(4)) }
            place += 12 + length
        }
        #expect(names == ["IHDR", "IDAT", "IEND"])
        var rows = [UInt8](repeating: 0, count: 150 * 601)
        var count = UInt(rows.count)
        #expect(uncompress(&rows, &count, data, UInt(data.count)) == Z_OK && count == 150 * 601)
        #expect(rows[0] == 0 && Array(rows[1..<601]) == Array(pixels[..<600]))
    }
}
