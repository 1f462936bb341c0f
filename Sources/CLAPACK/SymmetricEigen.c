#define _GNU_SOURCE
#include "CLAPACK.h"

#include <lapacke.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if LAPACK_WORK_MEMORY_ERROR != -1010
#error "DT_LAPACK_MEMORY is not LAPACKE's"
#endif

/* Debian has three variants of OpenBLAS under one name; `update-alternatives` picks the one to load. Setup installs the
   serial one, because only one thread is used: the others start threads, or reserve 265 MB of address space for them,
   when a program is loaded, which main cannot prevent. All compute the same bits on one thread. Because OpenBLAS is
   linked next to LAPACKE, LAPACK comes from OpenBLAS, whatever `liblapack.so.3` is. */
extern void openblas_set_num_threads(int count);
extern int openblas_get_num_threads(void);
extern char *openblas_get_corename(void);

/* Builds for many processors, such as those of distributions, choose their kernels with these, in a constructor. */
extern void gotoblas_dynamic_init(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));

/* Chooses the kernels for AVX2, "Haswell", even on processors with AVX-512. The kernels for any x86-64 processor take 2.4
   times as long ("Nehalem") or cut matrices by the size of its caches ("Prescott"). This is a constructor because no
   other thread reads the environment before main; the library's own constructor has run by then. */
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

/* Serial builds of OpenBLAS do not lock what their calls share, so calls take turns. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

/* OpenBLAS maps its buffer at the first call, keeps it, and tries for ever if there is no room for it. */
enum { buffer_bytes = 128 << 20 };
static bool has_buffer;

/* Whether there is room for LAPACK's work space (see dsyevd) and the buffer. The caller has the turn. */
static bool has_room(char wanted, int32_t n) {
    const size_t count = (size_t)n;
    const size_t numbers = wanted == 'V' ? 1 + 6 * count + 2 * count * count : 1 + 2 * count;
    const size_t integers = wanted == 'V' ? 3 + 5 * count : 1;
    const size_t bytes = sizeof(double) * numbers + sizeof(lapack_int) * integers + (has_buffer ? 0 : buffer_bytes);
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room != MAP_FAILED && munmap(room, bytes) == 0;
}

static int solve(char wanted, int32_t n, double *matrix, double *values) {
    int info = DT_LAPACK_MEMORY;
    pthread_mutex_lock(&turn);
    if (has_room(wanted, n)) {
        openblas_set_num_threads(1);
        /* In column order the lower triangle of rows is the upper one, and eigenvectors in columns are rows. */
        info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, wanted, 'U', n, matrix, n, values);
        /* For small matrices LAPACK may return early, without the buffer. */
        if (info == 0 && n >= 64) has_buffer = true;
    }
    pthread_mutex_unlock(&turn);
    return info;
}

bool dt_symmetric_eigen_has_room(int32_t n) {
    pthread_mutex_lock(&turn);
    const bool room = has_room('V', n);
    pthread_mutex_unlock(&turn);
    return room;
}

int dt_symmetric_eigen(int32_t n, double *matrix, double *values) { return solve('V', n, matrix, values); }

int dt_symmetric_eigenvalues(int32_t n, double *matrix, double *values) {
    return solve('N', n, matrix, values);
}

int dt_blas_threads(void) { return openblas_get_num_threads(); }

const char *dt_blas_kernels(void) { return openblas_get_corename(); }
