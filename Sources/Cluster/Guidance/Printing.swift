/// How much a program says while it works, and where.
public enum Printing: String, Sendable, CaseIterable {
    /// Lines for a person: on standard output about training, on standard error about work whose results go to standard
    /// output.
    case lines
    /// Training's events on standard output, one JSON object per line; lines for a person on standard error.
    case json
    /// Only results, warnings and errors.
    case quiet
}
