#define _GNU_SOURCE
#include "CSignals.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

// mpirun kills its ranks one second after it has signalled them.
enum { patience_microseconds = 700000 };

static const int watched[] = {SIGINT, SIGTERM, SIGALRM};
enum { watched_count = sizeof watched / sizeof *watched };
static int is_watched[watched_count];

static _Atomic int pending;
static atomic_flag is_spoken_for = ATOMIC_FLAG_INIT;

// A handler reads one of them while the next line is written into the other.
static char lines[2][1024];
static _Atomic int current_line;

void dt_interrupt_set_line(const char *line) {
    const int next = 1 - atomic_load(&current_line);
    lines[next][0] = 0;
    if (line != 0) strncpy(lines[next], line, sizeof lines[next] - 1);
    atomic_store(&current_line, next);
}

int dt_interrupt_signal(void) { return atomic_load(&pending); }

int dt_interrupt_hold(void) {
    if (atomic_flag_test_and_set(&is_spoken_for)) return 0;
    const struct itimerval none = {{0, 0}, {0, 0}};
    setitimer(ITIMER_REAL, &none, 0);
    return 1;
}

void dt_interrupt_end(void) {
    const int number = atomic_load(&pending) != 0 ? atomic_load(&pending) : SIGTERM;
    const struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(number, &action, 0);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, 0);
    raise(number);
}

static void speak_and_end(void) {
    // Whoever called dt_interrupt_hold writes a line of its own; the process is ended all the same.
    if (!atomic_flag_test_and_set(&is_spoken_for)) {
        const char *line = lines[atomic_load(&current_line)];
        if (*line != 0 && write(STDERR_FILENO, line, strlen(line)) < 0) { /* nobody listens */
        }
    }
    dt_interrupt_end();
}

static void handle(int number) {
    if (number == SIGALRM) {
        if (atomic_load(&pending) != 0) speak_and_end();
        return;
    }
    int none = 0;
    if (!atomic_compare_exchange_strong(&pending, &none, number)) {
        speak_and_end();
        return;
    }
    const struct itimerval patience = {{0, 0}, {0, patience_microseconds}};
    setitimer(ITIMER_REAL, &patience, 0);
}

void dt_interrupt_watch(int takes_termination) {
    for (int place = 0; place < watched_count; place++) {
        struct sigaction earlier;
        if (is_watched[place] || (watched[place] == SIGTERM && !takes_termination)) continue;
        if (sigaction(watched[place], 0, &earlier) != 0 || earlier.sa_handler != SIG_DFL) continue;
        // The empty mask lets another signal through while the handler of one is in a slow system call.
        struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        is_watched[place] = sigaction(watched[place], &action, 0) == 0;
    }
}

void dt_interrupt_forget(void) {
    const struct sigaction action = {.sa_handler = SIG_DFL};
    for (int place = 0; place < watched_count; place++)
        if (is_watched[place] && sigaction(watched[place], &action, 0) == 0) is_watched[place] = 0;
    // A signal that has come already still ends the process.
    if (atomic_load(&pending) != 0) speak_and_end();
}
