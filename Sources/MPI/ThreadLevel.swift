internal import CMPI

/// How much threading the MPI library must support, from none to full; the order is MPI's.
public enum ThreadLevel: Int, Sendable, Comparable, CaseIterable {
    /// Only one thread exists.
    case single
    /// Only the thread that initialized MPI calls it; others may compute.
    case funneled
    /// Any thread calls MPI, but never two at once.
    case serialized
    /// Any thread calls MPI at any time.
    case multiple

    /// Whether the left level supports less than the right one.
    public static func < (left: ThreadLevel, right: ThreadLevel) -> Bool { left.rawValue < right.rawValue }

    /// MPI's own number for the level.
    var code: Int32 {
        switch self {
        case .single: dt_thread_single()
        case .funneled: dt_thread_funneled()
        case .serialized: dt_thread_serialized()
        case .multiple: dt_thread_multiple()
        }
    }

    /// The level that MPI's number stands for; an unknown number counts as the least.
    init(code: Int32) {
        self = Self.allCases.first { $0.code == code } ?? .single
    }
}
