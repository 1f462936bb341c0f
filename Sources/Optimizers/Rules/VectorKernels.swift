import CKernels

/// The table of vector loops that a rule's update may use, as a rule of one's own spells it.
public typealias VectorKernels = dt_kernels
