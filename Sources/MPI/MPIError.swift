internal import CMPI

/// A failed MPI call: which one, on which communicator, towards whom, and what the library says.
public struct MPIError: Error, Sendable, CustomStringConvertible {
    /// The MPI error code that the call returned.
    public let code: Int
    /// The code's class, comparable across implementations.
    public let errorClass: MPIErrorClass
    /// The library's text for the code, or this module's own where it refused the call itself.
    public let message: String
    /// The C function that failed.
    public let call: String
    /// This process's rank in the communicator, if the call had one.
    public let rank: Int?
    /// The communicator's size, if the call had one.
    public let size: Int?
    /// The other rank, or the root, that the call named.
    public let peer: Int?

    /// The error of a C call that returned `code`; the library is asked for its text.
    init(code: Int32, call: String, on communicator: Communicator?, peer: Int?) {
        var classCode: Int32 = dt_err_other()
        _ = MPI_Error_class(code, &classCode)
        let text = libraryText(capacity: Int(dt_max_error_string())) { MPI_Error_string(code, $0, $1) }
        self.init(
            code: code, errorClass: MPIErrorClass(rawValue: classCode),
            message: text ?? "error \(code)", call: call, on: communicator, peer: peer)
    }

    /// The error of a call that this module refused or found wrong itself.
    init(
        _ errorClass: MPIErrorClass, _ message: String, call: String, on communicator: Communicator?,
        peer: Int? = nil
    ) {
        self.init(
            code: errorClass.rawValue, errorClass: errorClass, message: message, call: call,
            on: communicator, peer: peer)
    }

    private init(
        code: Int32, errorClass: MPIErrorClass, message: String, call: String,
        on communicator: Communicator?, peer: Int?
    ) {
        self.code = Int(code)
        self.errorClass = errorClass
        self.message = message
        self.call = call
        self.rank = communicator?.rank
        self.size = communicator?.size
        self.peer = peer
    }

    /// One line with everything known.
    public var description: String {
        var text = "\(call) failed: \(message) (code \(code))"
        if let rank, let size { text += ", on rank \(rank) of \(size)" }
        if let peer { text += ", with rank \(peer)" }
        return text
    }
}

/// Throws unless a C call succeeded: every call in this module passes here.
@inline(__always)
func check(
    _ code: Int32, _ call: StaticString, on communicator: Communicator? = nil, peer: Int? = nil
) throws {
    if code != dt_err_success() {
        throw MPIError(code: code, call: String(describing: call), on: communicator, peer: peer)
    }
}

/// A text of at most `capacity` bytes that a C call writes with its length; nil if the call failed.
func libraryText(
    capacity: Int, _ write: (UnsafeMutablePointer<CChar>, UnsafeMutablePointer<Int32>) -> Int32
) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity + 1) { bytes in
        bytes.initialize(repeating: 0)
        guard let base = bytes.baseAddress else { return nil }
        var length: Int32 = 0
        guard write(base, &length) == dt_err_success() else { return nil }
        return String(validatingCString: base)
    }
}
