#include "CLAPACK.h"

#include <lapacke.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#if LAPACK_WORK_MEMORY_ERROR != -1010
#error "DT_LAPACK_MEMORY is not LAPACKE's"
#endif

/* Debian has OpenBLAS in three variants with one name, of which `update-alternatives` picks the one to load. Setup
   installs the serial one: the others start threads, or reserve 265 MB of address space for them, when a program is
   loaded, before main could object, and one thread is all that is used. They compute the same bits on it. Linking
   OpenBLAS beside LAPACKE takes LAPACK from it whatever `liblapack.so.3` is. */
extern void openblas_set_num_threads(int count);
extern int openblas_get_num_threads(void);
extern char *openblas_get_corename(void);

/* Of builds for many processors, such as distributions': the choice of kernels, made by a constructor of the library. */
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

/* Takes the kernels for AVX2, whose blocks, unlike those for older processors, have one size whatever the caches are.
   As a constructor, since it is before main that no other thread reads the environment; those
   of libraries have run by then. */
__attribute__((constructor)) static void choose_kernels(void) {
#if defined(__x86_64__)
    static const char variable[] = "OPENBLAS_CORETYPE";
    __builtin_cpu_init();
    if (!gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
    const char *given = getenv(variable);
    char *kept = given ? strdup(given) : NULL;
    if ((given && !kept) || setenv(variable, "Haswell", 1) != 0) {
        free(kept);
        return;
    }
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    if (kept) {
        setenv(variable, kept, 1);
    } else {
        unsetenv(variable);
    }
    free(kept);
#endif
}

/* Serial builds of OpenBLAS need not lock what they share between calls. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static int solve(char wanted, int32_t n, double *matrix, double *values) {
    pthread_mutex_lock(&turn);
    openblas_set_num_threads(1);
    /* In column order the lower triangle of rows is the upper one, and eigenvectors in columns are rows. */
    const int info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, wanted, 'U', n, matrix, n, values);
    pthread_mutex_unlock(&turn);
    return info;
}

int dt_symmetric_eigen(int32_t n, double *matrix, double *values) { return solve('V', n, matrix, values); }

int dt_symmetric_eigenvalues(int32_t n, double *matrix, double *values) {
    return solve('N', n, matrix, values);
}

int dt_blas_threads(void) { return openblas_get_num_threads(); }

const char *dt_blas_kernels(void) { return openblas_get_corename(); }
