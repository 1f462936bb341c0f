/* Errors, the instruction set, the one-thread rule, and the engine and streams every primitive needs. */
#define _GNU_SOURCE
#include "Internal.h"

#include <dlfcn.h>
#include <oneapi/dnnl/dnnl_debug.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if DNNL_CPU_RUNTIME != DNNL_RUNTIME_OMP && DNNL_CPU_RUNTIME != DNNL_RUNTIME_SEQ
#error "oneDNN must be built for OpenMP or sequential use: other runtimes cannot be held to one thread"
#endif

static _Thread_local char last_error[512] = "no error";

int odi_fail(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vsnprintf(last_error, sizeof last_error, format, values);
    va_end(values);
    return OD_FAILED;
}

int odi_check(dnnl_status_t status, const char *what) {
    if (status == dnnl_success) return OD_OK;
    odi_fail("oneDNN %s: %s: %s", od_version(), what, dnnl_status2str(status));
    return status == dnnl_unimplemented ? OD_UNIMPLEMENTED : OD_FAILED;
}

const char *od_last_error(void) { return last_error; }

/* ---- Instruction set ---- */

int od_set_max_isa(int level) {
    static const dnnl_cpu_isa_t caps[] = {
        dnnl_cpu_isa_sse41, dnnl_cpu_isa_avx2, dnnl_cpu_isa_avx512_core, dnnl_cpu_isa_avx512_core_bf16};
    if (level < OD_ISA_BASELINE || level > OD_ISA_AVX512_BFLOAT16)
        return odi_fail(
            "od_set_max_isa: level %d is not one of 0 (baseline), 1 (avx2), 2 (avx512), "
            "3 (avx512 with bfloat16)", level);
    return odi_check(
        dnnl_set_max_cpu_isa(caps[level]),
        "capping the instruction set, which must come before oneDNN is first used");
}

int od_isa(void) {
    const unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    const unsigned bfloat16 = dnnl_cpu_isa_avx512_core_bf16;
    const unsigned avx512 = dnnl_cpu_isa_avx512_core, avx2 = dnnl_cpu_isa_avx2;
    if ((isa & bfloat16) == bfloat16) return OD_ISA_AVX512_BFLOAT16;
    if ((isa & avx512) == avx512) return OD_ISA_AVX512;
    return (isa & avx2) == avx2 ? OD_ISA_AVX2 : OD_ISA_BASELINE;
}

static char version_text[32];
static void write_version(void) {
    const dnnl_version_t *version = dnnl_version();
    snprintf(version_text, sizeof version_text, "%d.%d.%d", version->major, version->minor, version->patch);
}

const char *od_version(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, write_version);
    return version_text;
}

/* ---- One thread ---- */

/* libgomp comes with libdnnl, so its functions are found at run time: no OpenMP headers, no link flag. */
static int (*get_max_threads)(void);
static void (*set_num_threads)(int);

static void find_openmp(void) {
    *(void **)&get_max_threads = dlsym(RTLD_DEFAULT, "omp_get_max_threads");
    *(void **)&set_num_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
}

static void require_openmp(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_openmp);
}

static _Thread_local bool thread_checked;

void od_set_thread(void) {
    require_openmp();
    if (set_num_threads) set_num_threads(1);
    thread_checked = false;
}

int od_thread_limit(void) {
    require_openmp();
#if DNNL_CPU_RUNTIME == DNNL_RUNTIME_OMP
    /* If OpenMP's limit cannot be read, it cannot be assumed to be 1. */
    return get_max_threads ? get_max_threads() : 0;
#else
    return 1;
#endif
}

void odi_require_thread(void) {
    if (__builtin_expect(thread_checked, true)) return;
    const int limit = od_thread_limit();
    if (limit != 1) {
        fprintf(
            stderr,
            "COneDNN: this thread would run oneDNN on %d OpenMP threads, which changes results; "
            "call od_set_thread() on every thread that creates or runs primitives\n",
            limit);
        abort();
    }
    thread_checked = true;
}

/* ---- Engine and streams ---- */

static dnnl_engine_t engine;
static dnnl_status_t engine_status;
static pthread_key_t stream_key;

static void destroy_stream(void *stream) { dnnl_stream_destroy(stream); }

static void make_engine(void) {
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
    /* The environment can otherwise lower float32 products to bfloat16 (ONEDNN_DEFAULT_FPMATH_MODE). */
    if (engine_status == dnnl_success)
        engine_status = dnnl_set_default_fpmath_mode(dnnl_fpmath_mode_strict);
    if (engine_status == dnnl_success && pthread_key_create(&stream_key, destroy_stream) != 0)
        engine_status = dnnl_out_of_memory;
}

dnnl_engine_t odi_engine(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_engine);
    return odi_check(engine_status, "creating the CPU engine") == OD_OK ? engine : NULL;
}

dnnl_stream_t odi_stream(void) {
    /* The key owns the stream; the thread-local copy only saves its lookup. */
    static _Thread_local dnnl_stream_t stream;
    if (__builtin_expect(stream != NULL, true)) return stream;
    dnnl_engine_t cpu = odi_engine();
    dnnl_stream_t created = NULL;
    if (!cpu) return NULL;
    if (odi_check(dnnl_stream_create(&created, cpu, dnnl_stream_default_flags), "creating a stream") != OD_OK)
        return NULL;
    if (pthread_setspecific(stream_key, created) != 0) {
        dnnl_stream_destroy(created);
        odi_fail("no memory for a thread's oneDNN stream");
        return NULL;
    }
    stream = created;
    return stream;
}
