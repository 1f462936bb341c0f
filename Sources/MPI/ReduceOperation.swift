internal import CMPI

/// How a reduction combines elements of several ranks.
///
/// MPI fixes no order, so floating-point sums may differ in the last bits between rank counts and libraries.
/// Bitwise operations on floating-point elements throw an error of class `operation`.
public enum ReduceOperation: Sendable, CaseIterable {
    /// The sum.
    case sum
    /// The product.
    case product
    /// The smallest.
    case min
    /// The largest.
    case max
    /// Bits set everywhere.
    case bitwiseAnd
    /// Bits set anywhere.
    case bitwiseOr
    /// Bits set an odd number of times.
    case bitwiseXor
    /// 1 where all are non-zero, else 0.
    case logicalAnd
    /// 1 where any is non-zero, else 0.
    case logicalOr

    var handle: MPI_Op {
        switch self {
        case .sum: dt_op_sum()
        case .product: dt_op_product()
        case .min: dt_op_min()
        case .max: dt_op_max()
        case .bitwiseAnd: dt_op_bitwise_and()
        case .bitwiseOr: dt_op_bitwise_or()
        case .bitwiseXor: dt_op_bitwise_xor()
        case .logicalAnd: dt_op_logical_and()
        case .logicalOr: dt_op_logical_or()
        }
    }
}
