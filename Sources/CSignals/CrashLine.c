#define _GNU_SOURCE
#include "CSignals.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
enum { signal_count = sizeof signals / sizeof *signals };

// Written before the handlers are installed, only read after.
static char program[64] = "dtrain";
static int own_rank, memory_exit_code, chains_handlers, is_installed;
static struct sigaction earlier[signal_count];
static _Atomic uint64_t current_step;
static atomic_flag has_spoken = ATOMIC_FLAG_INIT;

// AVX-512 and AMX states alone take 11 KiB of a signal's frame.
static _Thread_local char own_stack[64 << 10];

struct line {
    char text[512];
    size_t length;
};

static void add(struct line *line, const char *text) {
    while (*text != 0 && line->length < sizeof line->text - 1) line->text[line->length++] = *text++;
}

static void add_number(struct line *line, uint64_t number) {
    char digits[24];
    size_t place = sizeof digits - 1;
    digits[place] = 0;
    do digits[--place] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    add(line, digits + place);
}

static const char *what(int number) {
    switch (number) {
    case SIGILL: return "a check inside the program failed (SIGILL)";
    case SIGTRAP: return "a check inside the program failed (SIGTRAP)";
    case SIGSEGV: return "the program touched memory that it does not have (SIGSEGV)";
    case SIGBUS: return "a file lost its end while it was read, or shared memory ran out (SIGBUS)";
    case SIGFPE: return "a whole number was divided by zero (SIGFPE)";
    default: return "the program or a library gave itself up (SIGABRT)";
    }
}

static const char *advice(int number) {
    if (number == SIGBUS) return "leave data files alone while they are read and see that /dev/shm has room";
    return "a run goes on from its last checkpoint when it is resumed; report this line if it comes again";
}

// mmap is a plain system call, which a handler may make although POSIX does not list it.
static int is_memory_gone(void) {
    const size_t byte_count = 8 << 20;
    void *memory = mmap(0, byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return 1;
    munmap(memory, byte_count);
    return 0;
}

static void end(int number, siginfo_t *info, int error) {
    // A trap follows a failed allocation at once, so errno is still the allocation's.
    const int follows_allocation = number == SIGILL || number == SIGTRAP || number == SIGABRT;
    const int is_memory = (follows_allocation && error == ENOMEM) || is_memory_gone();
    struct line line = {.length = 0};
    add(&line, program);
    add(&line, ": error: ");
    add(&line, is_memory ? "memory ran out" : what(number));
    add(&line, ", rank ");
    add_number(&line, (uint64_t)own_rank);
    const uint64_t step = atomic_load_explicit(&current_step, memory_order_relaxed);
    if (step > 0) {
        add(&line, ", step ");
        add_number(&line, step);
    } else {
        add(&line, ", before the first step");
    }
    add(&line, ", ");
    add(&line,
        !is_memory ? advice(number)
        : step > 0 ? "raise the limit (ulimit -v, ulimit -d), or use a smaller training.batch or more nodes"
                   : "raise the limit (ulimit -v, ulimit -d), or start fewer ranks on a node");
    line.text[line.length++] = '\n';
    if (write(STDERR_FILENO, line.text, line.length) < 0) { /* nobody listens */
    }
    if (is_memory) _exit(memory_exit_code);

    struct sigaction action = {.sa_handler = SIG_DFL};
    if (chains_handlers) {
        for (int place = 0; place < signal_count; place++)
            if (signals[place] == number) action = earlier[place];
    }
    sigaction(number, &action, 0);
    // A signal that the processor raised comes again, at the same instruction, when the handler returns; one that was
    // sent does not.
    if (info != 0 && info->si_code > 0 && number != SIGTRAP) return;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, 0);
    raise(number);
}

static void handle(int number, siginfo_t *info, void *context) {
    (void)context;
    const int error = errno;
    // Threads that fail at the same time wait for the first to end the process.
    if (atomic_flag_test_and_set(&has_spoken))
        for (;;) pause();
    end(number, info, error);
    errno = error;
}

void dt_crash_install(const char *name, int rank, int memory_code, int chains) {
    strncpy(program, name, sizeof program - 1);
    own_rank = rank;
    memory_exit_code = memory_code;
    chains_handlers = chains;
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int place = 0; place < signal_count; place++)
        sigaction(signals[place], &action, is_installed ? 0 : &earlier[place]);
    is_installed = 1;
    dt_crash_use_own_stack();
}

void dt_crash_use_own_stack(void) {
    const stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
    sigaltstack(&stack, 0);
}

void dt_crash_set_step(uint64_t step) {
    atomic_store_explicit(&current_step, step, memory_order_relaxed);
}

void dt_print_lines(void) { setvbuf(stdout, 0, _IOLBF, BUFSIZ); }

void dt_limit_arenas(void) { mallopt(M_ARENA_MAX, 1); }

void dt_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
