/// What the command line asks of the measurement.
struct Options {
    /// Bytes of the longest vector; the shortest has 4,096, each other four times the one before.
    private(set) var largest = 64 << 20
    /// Rounds in which all kinds take turns.
    private(set) var rounds = 15

    /// An argument that cannot be used.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Reads the arguments after the program's name.
    init(_ arguments: ArraySlice<String>) throws {
        var rest = arguments
        while let name = rest.popFirst() {
            guard ["--largest", "--rounds"].contains(name) else {
                throw Failure(description: "unknown option \(name): use --largest and --rounds")
            }
            guard let text = rest.popFirst(), let value = Int(text), value > 0 else {
                throw Failure(description: "\(name) needs a number above 0")
            }
            if name == "--largest" { largest = value } else { rounds = value }
        }
    }
}
