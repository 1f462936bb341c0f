/// A part of the page; what is empty is left out.
struct Section {
    /// A name and what it is.
    struct Fact {
        let name: String
        let value: String
    }

    /// Cells in rows, the first of each being its name.
    struct Table {
        let caption: String
        let head: [String]
        let rows: [[String]]
    }

    /// A picture with what its curves are.
    struct Figure {
        /// A curve's name with its line and colour.
        struct Entry {
            let name: String
            let look: String
        }

        let title: String
        let legend: [Entry]
        /// Markup.
        let picture: String
        var note = ""
    }

    /// An image with what it shows.
    struct Picture {
        let address: String
        let caption: String
        /// For who does not see it.
        let description: String
    }

    /// Text as it is, which is shown when it is asked for.
    struct Listing {
        let title: String
        let text: String
    }

    let title: String
    /// What leads there.
    let anchor: String
    var notes: [String] = []
    var facts: [Fact] = []
    var tables: [Table] = []
    /// Tables that are shown when they are asked for.
    var folded: [Table] = []
    var figures: [Figure] = []
    var gallery: [Picture] = []
    var listings: [Listing] = []

    var isEmpty: Bool {
        notes.isEmpty && facts.isEmpty && tables.isEmpty && folded.isEmpty && figures.isEmpty
            && gallery.isEmpty
            && listings.isEmpty
    }
}

extension Section.Figure {
    /// The picture of a chart; nil where there is nothing to show.
    init?(_ chart: Chart, note: String = "") {
        guard let svg = chart.svg else { return nil }
        let shown = chart.curves.filter { !$0.points.isEmpty }
        self.init(
            title: chart.title,
            legend: shown.count < 2
                ? [] : shown.map { Entry(name: $0.name, look: "\($0.stroke.rawValue) c\($0.color)") },
            picture: svg, note: note)
    }
}
