/// A part of the page; empty members are left out.
struct Section {
    /// A name and its value.
    struct Fact {
        let name: String
        let value: String
    }

    /// Rows of cells; the first cell of each row is its name.
    struct Table {
        let caption: String
        let head: [String]
        let rows: [[String]]
    }

    /// A picture with a legend of its curves.
    struct Figure {
        /// A curve's name with its stroke and colour.
        struct Entry {
            let name: String
            let look: String
        }

        let title: String
        let legend: [Entry]
        /// The markup of the picture.
        let picture: String
        var note = ""
    }

    /// An image with a caption.
    struct Picture {
        let address: String
        let caption: String
        /// The text for readers who do not see the image.
        let description: String
    }

    /// Preformatted text that is shown when the reader opens it.
    struct Listing {
        let title: String
        let text: String
    }

    let title: String
    /// The target of links to this section.
    let anchor: String
    var notes: [String] = []
    var facts: [Fact] = []
    var tables: [Table] = []
    /// Tables that are shown when the reader opens them.
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
    /// A figure of the chart; nil if it has no data.
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
