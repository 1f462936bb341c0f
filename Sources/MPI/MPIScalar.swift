/// A Swift number that MPI can carry and reduce.
///
/// A wrapper type with the memory layout of a conforming type may conform by returning that type's datatype.
public protocol MPIScalar: BitwiseCopyable, Sendable {
    /// The MPI type with exactly this type's size and representation.
    static var mpiDatatype: MPIDatatype { get }
}

extension Int8: MPIScalar {
    /// MPI_INT8_T.
    public static var mpiDatatype: MPIDatatype { .int8 }
}
extension Int16: MPIScalar {
    /// MPI_INT16_T.
    public static var mpiDatatype: MPIDatatype { .int16 }
}
extension Int32: MPIScalar {
    /// MPI_INT32_T.
    public static var mpiDatatype: MPIDatatype { .int32 }
}
extension Int64: MPIScalar {
    /// MPI_INT64_T.
    public static var mpiDatatype: MPIDatatype { .int64 }
}
extension UInt8: MPIScalar {
    /// MPI_UINT8_T.
    public static var mpiDatatype: MPIDatatype { .uint8 }
}
extension UInt16: MPIScalar {
    /// MPI_UINT16_T.
    public static var mpiDatatype: MPIDatatype { .uint16 }
}
extension UInt32: MPIScalar {
    /// MPI_UINT32_T.
    public static var mpiDatatype: MPIDatatype { .uint32 }
}
extension UInt64: MPIScalar {
    /// MPI_UINT64_T.
    public static var mpiDatatype: MPIDatatype { .uint64 }
}
extension Int: MPIScalar {
    /// The signed integer of the platform's word size.
    public static var mpiDatatype: MPIDatatype { MemoryLayout<Int>.size == 8 ? .int64 : .int32 }
}
extension Float: MPIScalar {
    /// MPI_FLOAT.
    public static var mpiDatatype: MPIDatatype { .float }
}
extension Double: MPIScalar {
    /// MPI_DOUBLE.
    public static var mpiDatatype: MPIDatatype { .double }
}
