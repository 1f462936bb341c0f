#ifndef CMPI_ATOMICS_H
#define CMPI_ATOMICS_H

// Atomic access to 64-bit words in memory that several processes map. The words are naturally aligned,
// so these compile to plain lock-free instructions, which is what makes them valid between processes.

#include <sched.h>
#include <stdint.h>

/// Reads the word; everything its writer stored before the matching release is visible afterwards.
static inline uint64_t dt_load_acquire_u64(const volatile void *word) {
    return __atomic_load_n((const volatile uint64_t *)word, __ATOMIC_ACQUIRE);
}

/// Writes the word after every earlier store of this thread.
static inline void dt_store_release_u64(volatile void *word, uint64_t value) {
    __atomic_store_n((volatile uint64_t *)word, value, __ATOMIC_RELEASE);
}

/// Adds to the word and returns what it held before; ordered both ways.
static inline uint64_t dt_fetch_add_u64(volatile void *word, uint64_t increment) {
    return __atomic_fetch_add((volatile uint64_t *)word, increment, __ATOMIC_ACQ_REL);
}

/// Tells the core that this is a spin loop.
static inline void dt_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Gives the rest of this thread's time slice to another runnable thread.
static inline void dt_yield(void) { sched_yield(); }

/// Returns once the word is at least `value`: `spins` looks with a pause between them, then one per
/// yielded time slice, because the writer may be waiting for this very core.
static inline void dt_wait_at_least_u64(const void *flag, uint64_t value, int spins) {
    for (int i = 0; i < spins; i++) {
        if (dt_load_acquire_u64(flag) >= value) return;
        dt_pause();
    }
    while (dt_load_acquire_u64(flag) < value) sched_yield();
}

#endif
