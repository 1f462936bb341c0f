import Foundation
import Testing

@testable import Reports

/// Pictures over a plane.
@Suite struct PictureTests {
    private static func contour(_ count: Int, _ function: (Double, Double) -> Double) -> Contour {
        let places = (0..<count).map { 2 * Double($0) / Double(count - 1) - 1 }
        return Contour(
            columns: places, rows: places, values: places.flatMap { x in places.map { function(x, $0) } })
    }

    /// On every piece of a circle lies the circle, and its length is the circle's.
    @Test func contourOfACone() {
        let cone = Self.contour(81) { ($0 * $0 + $1 * $1).squareRoot() }
        let segments = cone.segments(at: 0.6)
        var length = 0.0
        for (start, end) in segments {
            for place in [start, end] {
                #expect(abs((place.x * place.x + place.y * place.y).squareRoot() - 0.6) < 1e-3)
            }
            length += ((start.x - end.x) * (start.x - end.x) + (start.y - end.y) * (start.y - end.y))
                .squareRoot()
        }
        #expect(abs(length - 2 * Double.pi * 0.6) < 1e-2, "\(length)")
        #expect(cone.segments(at: 9).isEmpty && cone.segments(at: -1).isEmpty)
    }

    /// Columns are across: a ramp to the right has upright lines of one number.
    @Test func contourOfARamp() {
        let segments = Self.contour(5) { x, _ in x }.segments(at: 0.25)
        #expect(segments.count == 4)
        for (start, end) in segments { #expect(start.x == 0.25 && end.x == 0.25 && start.y != end.y) }
    }

    /// At a saddle two pieces go around the corners that the middle is not like.
    @Test func contourOfASaddle() {
        let saddle = Contour(columns: [0, 1], rows: [0, 1], values: [1, 0, 0, 1.5])
        let above = saddle.segments(at: 0.5)
        #expect(above.count == 2)
        // The middle, 0.625, is above 0.5: the low corners, at (0, 1) and (1, 0), are cut off.
        for (start, end) in above {
            let isAtTopLeft = start.x <= 0.51 && end.x <= 0.51 && start.y >= 0.49 && end.y >= 0.49
            let isAtBottomRight = start.x >= 0.49 && end.x >= 0.49 && start.y <= 0.51 && end.y <= 0.51
            #expect(isAtTopLeft || isAtBottomRight, "\(above)")
        }
    }

    @Test func colors() {
        #expect(Palette.color(0) == "#440154" && Palette.color(1) == "#fde725")
        #expect(Palette.color(-3) == "#440154" && Palette.color(7) == "#fde725")
        #expect(Palette.color(0.5) == "#21918c")
        // Brighter and brighter, so that they are told apart in grey.
        let grey = stride(from: 0.0, through: 1, by: 0.05).map { share in
            let number = Int(Palette.color(share).dropFirst(), radix: 16) ?? 0
            return 0.3 * Double(number >> 16) + 0.59 * Double(number >> 8 & 255) + 0.11 * Double(number & 255)
        }
        #expect(zip(grey, grey.dropFirst()).allSatisfy { $0 < $1 }, "\(grey)")
    }

    /// The first column's first row is at the bottom left, and the greatest number is the brightest.
    @Test func cellsLieWhereTheirNumbersSay() throws {
        var map = HeatMap(
            title: "t", across: "x", upwards: "y", name: "loss", columns: [0, 1], rows: [0, 1, 2],
            values: [1, 2, 4, 8, 16, 100])
        func cells() throws -> [(x: Double, y: Double, color: String, words: String)] {
            try #require(map.picture()).matches(
                of: /<rect x="([0-9.]+)" y="([0-9.]+)"[^>]*fill="(#[0-9a-f]+)"><title>([^<]*)</
            ).map { (Double($0.1) ?? 0, Double($0.2) ?? 0, String($0.3), String($0.4)) }
        }
        let linear = try cells()
        #expect(linear.count == 6)
        #expect(linear[0].x == linear[2].x && linear[0].y > linear[2].y && linear[0].x < linear[5].x)
        #expect(linear[5].words == "1, 2: 100" && linear[5].color == "#fde725")
        map.logarithmicFrom = 10
        let logarithmic = try cells()
        #expect(logarithmic[0].color == "#440154" && logarithmic[3].color != linear[3].color)
        #expect(try #require(map.picture()).contains("loss, logarithmic"))
        // What is 0 has no logarithm.
        map = HeatMap(
            title: "t", across: "x", upwards: "y", name: "loss", columns: [0, 1], rows: [0, 1],
            values: [0, 1, 2, 3], logarithmicFrom: 1)
        #expect(try !#require(map.picture()).contains("logarithmic"))
    }

    @Test func curvesMayBeginAnywhere() throws {
        var chart = Chart(
            title: "t", across: "a", curves: [Curve("c", color: 0, [.init(x: -2, y: 1), .init(x: -1, y: 3)])])
        chart.beginsAtZero = false
        let svg = try #require(chart.svg)
        let points = try #require(svg.firstMatch(of: /points="([^"]*)"/)).1
        #expect(points.hasPrefix("60,") && points.contains(" 426,"), "\(points)")
    }
}
