/* Dense symmetric eigenproblems in Float64, by LAPACK over OpenBLAS.

   A symmetric matrix (n, n) has n * n elements in row order; its lower triangle is read: elements i * n + j of j <= i.
   Functions return LAPACK's info: 0 for success; above 0 if it did not converge; below 0 for a wrong argument, such as
   NaN in the triangle, or DT_LAPACK_MEMORY. They overwrite the matrix.

   Results depend on the matrix and the version of the libraries alone. One thread computes, whichever OpenBLAS is there,
   with the same kernels on every x86-64 processor that has AVX2; OpenBLAS would choose kernels, which round differently,
   by the processor and OPENBLAS_CORETYPE. On older and other processors OpenBLAS chooses. Calls of several threads take
   turns. */
#ifndef CLAPACK_H
#define CLAPACK_H

#include <stdbool.h>
#include <stdint.h>

enum {
    /* The largest n: LAPACK counts the 1 + 6n + 2n² numbers of its work space in 32 bits. */
    DT_EIGEN_LIMIT = 32766,
    /* The info if there is no memory for the work space. */
    DT_LAPACK_MEMORY = -1010
};

/* All n eigenvalues, the smallest first, and unit eigenvectors: row k of the matrix becomes that of value k. By divide
   and conquer (dsyevd). */
int dt_symmetric_eigen(int32_t n, double *matrix, double *values);

/* All n eigenvalues alone, the smallest first, by a square-root-free QR iteration. The matrix is left with
   unspecified numbers. */
int dt_symmetric_eigenvalues(int32_t n, double *matrix, double *values);

/* Whether there is room for what dt_symmetric_eigen takes for n beside the matrix: 16 n² bytes, and at the first call
   OpenBLAS's buffer, 128 MiB of address space of which little is touched. */
bool dt_symmetric_eigen_has_room(int32_t n);

/* The threads OpenBLAS computes on, 1 once a function above was called. */
int dt_blas_threads(void);

/* OpenBLAS's name for its kernels, such as "Haswell". */
const char *dt_blas_kernels(void);

#endif
