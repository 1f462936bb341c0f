internal import CMPI

/// MPI's description of one element; only the predefined types that Swift's numbers map to.
public struct MPIDatatype: @unchecked Sendable {
    // Predefined handles are addresses of library constants: never freed, so freely shared.
    let handle: MPI_Datatype

    /// A signed byte.
    public static var int8: MPIDatatype { MPIDatatype(handle: dt_type_int8()) }
    /// A signed 16-bit integer.
    public static var int16: MPIDatatype { MPIDatatype(handle: dt_type_int16()) }
    /// A signed 32-bit integer.
    public static var int32: MPIDatatype { MPIDatatype(handle: dt_type_int32()) }
    /// A signed 64-bit integer.
    public static var int64: MPIDatatype { MPIDatatype(handle: dt_type_int64()) }
    /// An unsigned byte.
    public static var uint8: MPIDatatype { MPIDatatype(handle: dt_type_uint8()) }
    /// An unsigned 16-bit integer.
    public static var uint16: MPIDatatype { MPIDatatype(handle: dt_type_uint16()) }
    /// An unsigned 32-bit integer.
    public static var uint32: MPIDatatype { MPIDatatype(handle: dt_type_uint32()) }
    /// An unsigned 64-bit integer.
    public static var uint64: MPIDatatype { MPIDatatype(handle: dt_type_uint64()) }
    /// A 32-bit IEEE number.
    public static var float: MPIDatatype { MPIDatatype(handle: dt_type_float()) }
    /// A 64-bit IEEE number.
    public static var double: MPIDatatype { MPIDatatype(handle: dt_type_double()) }
}
