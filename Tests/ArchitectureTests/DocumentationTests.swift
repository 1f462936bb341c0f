import Foundation
import Testing

/// What is written about the project stands where it says, and says what the sources say.
@Suite struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let catalogue = root.appendingPathComponent(
        "Sources/DistributedTraining/DistributedTraining.docc")

    private static func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    /// A page that a newcomer reads to its end.
    @Test func theReadmeIsShort() throws {
        let lines = try Self.text(Self.root.appendingPathComponent("README.md")).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 201)
        for line in lines { #expect(line.count <= 160, "\(line)") }
    }

    @Test func theReadmesLinksLeadToFiles() throws {
        let text = try Self.text(Self.root.appendingPathComponent("README.md"))
        let links = text.matches(of: /\]\(([^)]+)\)/).map { String($0.1) }
        #expect(links.count > 5)
        for link in links {
            let path = Self.root.appendingPathComponent(link).path
            #expect(FileManager.default.fileExists(atPath: path), "\(link)")
        }
    }

    /// The landing page names every article, so that none is lost.
    @Test func everyArticleHasATopic() throws {
        let landing = try Self.text(Self.catalogue.appendingPathComponent("DistributedTraining.md"))
        let articles = try FileManager.default.contentsOfDirectory(atPath: Self.catalogue.path)
            .filter { $0.hasSuffix(".md") && $0 != "DistributedTraining.md" }
        #expect(articles.count > 10)
        for article in articles { #expect(landing.contains("- <doc:\(article.dropLast(3))>"), "\(article)") }
    }

    /// Articles are read as they stand, too: their links and pictures are names of files beside them.
    @Test func linksOfArticlesLeadToFiles() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.catalogue.path)
        var count = 0
        for file in files where file.hasSuffix(".md") {
            let text = try Self.text(Self.catalogue.appendingPathComponent(file))
            for link in text.matches(of: /\]\(([^)\s]+)\)/).map({ String($0.1) }) where !link.contains(":") {
                #expect(files.contains(link), "\(file): \(link)")
                count += 1
            }
            // Only a list of topics wants links in this form.
            for line in text.split(separator: "\n") where line.contains("<doc:") {
                #expect(line.hasPrefix("- <doc:") && file == "DistributedTraining.md", "\(file): \(line)")
            }
        }
        #expect(count > 10)
    }

    /// The picture has all targets, and of their imports those that are reached by no longer way.
    @Test func thePictureShowsTheImports() throws {
        let picture = try Self.text(Self.catalogue.appendingPathComponent("architecture.svg"))
        let shown = Set(picture.matches(of: /class="t"[^>]*>(\w+)</).map { String($0.1) })
        #expect(shown == Set(ImportTests.house.map(\.target)))
        let imports = Dictionary(uniqueKeysWithValues: ImportTests.house.map { ($0.target, $0.imports) })
        func reached(from target: String) -> Set<String> {
            (imports[target] ?? []).reduce(into: []) { $0.formUnion(reached(from: $1).union([$1])) }
        }
        var expected: Set<String> = []
        for (target, direct) in ImportTests.house {
            for one in direct where !direct.contains(where: { reached(from: $0).contains(one) }) {
                expected.insert("\(target)-\(one)")
            }
        }
        let arrows = Set(picture.matches(of: /class="e" id="([^"]+)"/).map { String($0.1) })
        #expect(arrows == expected, "\(arrows.symmetricDifference(expected).sorted())")
    }
}
