internal import CMPI

/// MPI's coarse classification of an error, the same on every implementation up to the numbers.
public struct MPIErrorClass: RawRepresentable, Hashable, Sendable {
    /// MPI's number of the class.
    public let rawValue: Int32

    /// A class from MPI's number.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// A count was negative or did not fit.
    public static let count = MPIErrorClass(rawValue: dt_err_count())
    /// A datatype was not valid in the call.
    public static let datatype = MPIErrorClass(rawValue: dt_err_type())
    /// A tag was negative or too large.
    public static let tag = MPIErrorClass(rawValue: dt_err_tag())
    /// A communicator was not valid.
    public static let communicator = MPIErrorClass(rawValue: dt_err_comm())
    /// A rank is not in the communicator.
    public static let rank = MPIErrorClass(rawValue: dt_err_rank())
    /// The root of a collective is not in the communicator.
    public static let root = MPIErrorClass(rawValue: dt_err_root())
    /// The operation is not defined for the element type.
    public static let operation = MPIErrorClass(rawValue: dt_err_op())
    /// Another argument was not valid.
    public static let argument = MPIErrorClass(rawValue: dt_err_arg())
    /// A message was longer than the buffer it was received into.
    public static let truncated = MPIErrorClass(rawValue: dt_err_truncate())
    /// Memory ran out.
    public static let noMemory = MPIErrorClass(rawValue: dt_err_no_mem())
    /// The MPI library failed inside.
    public static let intern = MPIErrorClass(rawValue: dt_err_intern())
    /// The MPI library does not support the request.
    public static let unsupported = MPIErrorClass(rawValue: dt_err_unsupported())
    /// Anything else; the message says what.
    public static let other = MPIErrorClass(rawValue: dt_err_other())
}
