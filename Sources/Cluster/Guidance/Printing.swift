/// How much a program says while it works, and where.
public enum Printing: String, Sendable, CaseIterable {
    /// Lines for a person: those of training on standard output; on standard error those of work whose results stand on
    /// standard output.
    case lines
    /// The events of training on standard output, one JSON object a line; lines for a person on standard error.
    case json
    /// Results, warnings and errors alone.
    case quiet
}
