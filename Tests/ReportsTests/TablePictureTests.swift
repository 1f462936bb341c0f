import Foundation
import Testing

@testable import Reports

/// Tables as pictures.
@Suite struct TablePictureTests {
    private static let table = [["run", "loss", "a<b"], ["small", "0.25", "1"], ["large", "12.5", "–"]]

    private static func svg(_ tables: [[[String]]]) throws -> String {
        try #require(TablePicture(title: "Numbers & words", note: "of two runs", tables: tables).svg)
    }

    /// The texts with their places, in the order of the file.
    private static func texts(_ svg: String) throws -> [(x: Double, y: Double, anchor: String, text: String)]
    {
        try svg.matches(of: /x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]*)</).map { match in
            (
                try #require(Double(match.1)), try #require(Double(match.2)), String(match.3),
                String(match.4)
            )
        }
    }

    @Test func cellsStandInColumnsAndRows() throws {
        let svg = try Self.svg([Self.table])
        #expect(svg.hasPrefix("<?xml ") && svg.hasSuffix("</svg></svg>\n"))
        let texts = try Self.texts(svg)
        #expect(
            texts.map(\.text) == ["run", "loss", "a&lt;b", "small", "0.25", "1", "large", "12.5", "–"])
        #expect(texts.map(\.anchor) == ["start", "end", "end", "start", "end", "end", "start", "end", "end"])
        for column in 0..<3 {
            #expect(Set(stride(from: column, to: 9, by: 3).map { texts[$0].x }).count == 1)
        }
        for row in 0..<3 { #expect(Set((0..<3).map { texts[3 * row + $0].y }).count == 1) }
        #expect(texts[0].y < texts[3].y && texts[3].y < texts[6].y)
        // The first column has room for its longest word.
        #expect(texts[1].x - 4 * 7.6 > texts[0].x + 5 * 7.6)
        #expect(
            svg.contains("Numbers &amp; words") && svg.components(separatedBy: "class=\"head\"").count == 4)
    }

    @Test func tablesFollowOneAnother() throws {
        let texts = try Self.texts(Self.svg([Self.table, Self.table]))
        #expect(texts.count == 18 && texts[9].y > texts[8].y + 21)
        #expect(try Self.svg([Self.table, Self.table]) == Self.svg([Self.table, Self.table]))
        #expect(TablePicture(title: "a", note: "b", tables: []).svg == nil)
    }

    /// The picture is as wide as what it shows.
    @Test func wideTablesFit() throws {
        let wide = [["run"] + Array(repeating: "validation_accuracy", count: 9)]
        let svg = try Self.svg([wide])
        let width = try #require(svg.firstMatch(of: /viewBox="0 0 ([\d.]+)/).flatMap { Double($0.1) })
        let last = try #require(try Self.texts(svg).map(\.x).max())
        #expect(width > last && last > 9 * 19 * 7)
    }
}
