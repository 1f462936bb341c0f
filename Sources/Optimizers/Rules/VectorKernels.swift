import CKernels

/// The table of vector loops that `UpdateRule.update` is given; a Swift name for rules defined in other packages.
public typealias VectorKernels = dt_kernels
