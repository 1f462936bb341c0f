import Foundation
import Messages
import Mustache
import Training

/// One HTML page about one or several runs, made from their folders alone; it needs no network and no script.
package struct RunReport {
    private let runs: [RunRecord]

    /// Reads the runs; throws if a folder holds none.
    package init(folders: [String]) throws {
        let names = RunRecord.names(of: folders)
        runs = try zip(folders, names).map { try RunRecord(folder: $0, name: $1) }
    }

    /// The HTML text.
    package var html: String {
        get throws {
            MustacheContentTypes.register(Markup(), named: Markup.name)
            let template = try MustacheTemplate(string: PageTemplate.text)
            return template.render(Page(title: title, summary: summary, sections: sections))
        }
    }

    /// Whether a file at a path holds something else than a report, so that a report must not take its place.
    package static func isOtherFile(_ path: String) -> Bool {
        var status = stat()
        // A device or a pipe is written to, not replaced.
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            return false
        }
        let file = FileHandle(forReadingAtPath: path)
        let start = (try? file?.read(upToCount: 1 << 12)) ?? Data()
        return !String(decoding: start, as: UTF8.self).contains(PageTemplate.generator)
    }

    private var title: String {
        runs.count == 1
            ? "Run \(runs[0].name)"
            : "\(counted(runs.count, "run")): \(runs.map(\.name).joined(separator: ", "))"
    }

    /// A sentence on the outcome.
    private var summary: String {
        guard runs.count == 1, let run = runs.first else { return "A comparison, made of the runs' folders." }
        var parts = [run.summary.state == .noMetrics ? "no metrics yet" : run.summary.state.rawValue]
        if let epochs = run.summary.epochs {
            parts.append("\(run.summary.epoch) of \(counted(epochs, "epoch"))")
        }
        if let step = run.summary.step { parts.append(counted(step, "step")) }
        if let seconds = run.summary.seconds { parts.append("\(ProgressReporter.fixed(seconds, 1)) s") }
        if let model = run.summary.model { parts.append(model) }
        let text = parts.joined(separator: ", ")
        return text.prefix(1).uppercased() + text.dropFirst() + "."
    }

    private var sections: [Section] {
        var all = [OverviewSections.results(runs)]
        all.append(runs.count == 1 ? OverviewSections.setup(runs[0]) : OverviewSections.differences(runs))
        all.append(CurveSection(runs: runs).section)
        all += PredictionSections(runs: runs).sections
        all.append(DiagnosisSection(runs: runs).section)
        all.append(TimingSection(runs: runs).section)
        return all.filter { !$0.isEmpty }
    }
}

/// The names that the template uses. Mustache finds members by name, and shows nothing for an empty text or list.
private struct Page {
    let title: String
    let summary: String
    let style = PageStyle.text
    let sections: [Part]

    init(title: String, summary: String, sections: [Section]) {
        self.title = title
        self.summary = summary
        self.sections = sections.map(Part.init)
    }

    struct Part {
        let title: String
        let anchor: String
        let notes: [String]
        let hasFacts: Bool
        let facts: [Section.Fact]
        let hasTables: Bool
        let tables: [Table]
        let hasFigures: Bool
        let figures: [Figure]
        let folded: [Table]
        let hasGallery: Bool
        let gallery: [Section.Picture]
        let listings: [Section.Listing]

        init(_ section: Section) {
            (title, anchor, notes) = (section.title, section.anchor, section.notes)
            (facts, hasFacts) = (section.facts, !section.facts.isEmpty)
            (tables, hasTables) = (
                section.tables.map { Table($0, in: section.title) }, !section.tables.isEmpty
            )
            folded = section.folded.map { Table($0, in: section.title) }
            (figures, hasFigures) = (section.figures.map(Figure.init), !section.figures.isEmpty)
            (gallery, hasGallery) = (section.gallery, !section.gallery.isEmpty)
            listings = section.listings
        }
    }

    struct Table {
        struct Row {
            let name: String
            let cells: [String]
        }

        /// Nil for none, which Mustache treats as an empty list.
        let caption: String?
        let label: String
        let head: [String]
        let rows: [Row]

        init(_ table: Section.Table, in title: String) {
            caption = table.caption.isEmpty ? nil : table.caption
            label = table.caption.isEmpty ? title : table.caption
            head = table.head
            rows = table.rows.map { Row(name: $0.first ?? "", cells: Array($0.dropFirst())) }
        }
    }

    struct Figure {
        let title: String
        let hasLegend: Bool
        let legend: [Section.Figure.Entry]
        let picture: String
        let note: String?

        init(_ figure: Section.Figure) {
            (title, legend, picture) = (figure.title, figure.legend, figure.picture)
            hasLegend = !figure.legend.isEmpty
            note = figure.note.isEmpty ? nil : figure.note
        }
    }
}
