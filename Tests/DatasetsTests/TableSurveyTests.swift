import Testing

@testable import Datasets

/// What is found in a table without being told anything about it.
@Suite struct TableSurveyTests {
    private static func survey(_ text: String) throws -> TableSurvey {
        try TableSurvey(.memory(name: "data.csv", bytes: Array(text.utf8)))
    }

    @Test func columnsAreWhatTheyHold() throws {
        let survey = try Self.survey(
            "id,city,size,mixed,gap,none,code,y\n1,Bonn,2.5,3,,,5-6,7\n3,Aachen,-1,x,4,,7-8,7\n8,Bonn,1e1,5,6,,9-1,8\n"
        )
        #expect(survey.hasHeader && survey.rowCount == 3 && survey.delimiter == UInt8(ascii: ","))
        let columns = survey.columns
        #expect(
            columns.map(\.kind) == [
                .numbers, .words, .numbers, .mixed, .numbers, .empty, .mixed, .numbers,
            ])
        #expect(columns[0].areAscending && columns[0].areWhole && columns[0].areAllDifferent)
        #expect(columns[1].values.map(\.text) == ["Bonn", "Aachen"])
        #expect(columns[1].values.map(\.count) == [2, 1] && !columns[1].areAllDifferent)
        #expect(columns[2].least == -1 && columns[2].largest == 10 && !columns[2].areWhole)
        #expect(columns[2].magnitude == ((6.25 + 1 + 100) / 3.0).squareRoot())
        #expect(columns[3].firstText?.text == "x" && columns[3].firstText?.line == 3)
        #expect(columns[4].emptyCount == 1 && columns[4].firstEmptyLine == 2)
        #expect(columns[7].distinctCount == 2 && columns[7].areWhole && !columns[7].areAscending)
    }

    @Test(arguments: [
        ("a;b;c\n1,5;x;2\n2,5;y;3\n", UInt8(ascii: ";")), ("a\tb\n1\t2\n", UInt8(ascii: "\t")),
        ("a|b\n1|2\n", UInt8(ascii: "|")), ("a,b\n\"x;y;z\",2\n", UInt8(ascii: ",")),
        ("\"a\";\"b\"\n1;2\n", UInt8(ascii: ";")),
    ])
    func delimiterIsSeen(text: String, delimiter: UInt8) throws {
        #expect(try Self.survey(text).delimiter == delimiter)
    }

    @Test(arguments: [
        ("1,2\n3,4\n", false), ("0,1\n3,4\n", true), ("1,2,3\n4,5,6\n", true), ("a,b\n3,4\n", true),
        // A first row as any other one has a fraction, or a word that occurs again.
        ("5.1,setosa\n4.9,setosa\n6.1,virginica\n", false), ("5,setosa\n4,setosa\n6,virginica\n", false),
        ("name,2019,2020\nBonn,1,2\nAachen,3,4\n", true), ("city,kind\nBonn,a\nBonn,b\n", true),
    ])
    func headerIsSeen(text: String, hasHeader: Bool) throws {
        let survey = try Self.survey(text)
        #expect(survey.hasHeader == hasHeader)
        #expect(survey.rowCount == text.split(separator: "\n").count - (hasHeader ? 1 : 0))
        #expect((survey.columns[0].name != nil) == hasHeader)
    }

    @Test func manyWordsAreCountedNoFurther() throws {
        let survey = try Self.survey("name,y\n" + (0..<3000).map { "w\($0),1\n" }.joined())
        #expect(survey.columns[0].hasTooManyWords && survey.columns[0].areAllDifferent)
        #expect(survey.columns[0].distinctCount == WordColumn.most + 1)
    }

    @Test(arguments: [
        ("", "at least one row"), ("a,b\n", "at least one row"), ("a,b\n1,2\n3\n", "3:2: expected 2 fields"),
        ("a,b\n1,\"2\"x\n", "2:2: expected a delimiter"),
    ])
    func brokenTables(text: String, says: String) {
        do throws(DataError) {
            _ = try TableSurvey(.memory(name: "data.csv", bytes: Array(text.utf8)))
            Issue.record("accepted: \(text)")
        } catch { #expect(error.description.contains(says), "\(error)") }
    }
}
