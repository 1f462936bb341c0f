/// What the command line asks of the self test.
struct Options {
    /// Count limit of the communicators, so that small messages travel in parts.
    private(set) var limit: Int?
    /// Check to make wrong.
    private(set) var wrong: String?
    /// Code with which the last rank aborts.
    private(set) var abortCode: Int?
    /// Whether a request is dropped unwaited.
    private(set) var drops = false
    /// Whether to send more than 2^31 elements instead of the other checks; needs 10 GB of memory.
    private(set) var isHuge = false

    /// Reads the arguments after the program's name; unknown ones trap.
    init(_ arguments: ArraySlice<String>) {
        var rest = arguments
        while let name = rest.popFirst() {
            switch name {
            case "--limit": limit = rest.popFirst().flatMap { Int($0) }
            case "--wrong": wrong = rest.popFirst()
            case "--abort": abortCode = rest.popFirst().flatMap { Int($0) }
            case "--drop": drops = true
            case "--huge": isHuge = true
            default: preconditionFailure("unknown option \(name)")
            }
        }
    }
}
