#ifndef CSIGNALS_H
#define CSIGNALS_H

#include <stdint.h>

// What a process says when a signal ends it that nobody expects. Everything here may be called in a signal handler or
// stores what a handler reads, which Swift code cannot promise.

/// Lets SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE and SIGABRT write one line, "NAME: error: WHAT, rank R, step S, ...", to
/// standard error before they end the process as they would have done. Where memory ran out the process ends with
/// `memory_code` instead. To be called again after a library has taken the signals over.
///
/// `chains`: whether handlers that were there before the first call are given the signal afterwards.
void dt_crash_install(const char *name, int rank, int memory_code, int chains);

/// Gives the calling thread a stack of its own for these handlers, so that a stack that is full is reported too.
void dt_crash_use_own_stack(void);

/// The optimizer step the process is at, 0 before the first.
void dt_crash_set_step(uint64_t step);

/// Keeps the C library's allocator in one arena: each more takes 64 MiB of address space, however little is used.
void dt_limit_arenas(void);

/// Lets what is printed leave the process line by line, in one order with what is written past that buffer.
void dt_print_lines(void);

/// Lets SIGINT, and SIGTERM where `takes_termination`, be noted instead of ending the process, for as long as a launcher
/// leaves: 0.7 seconds later, or at the second signal, the process writes the line and ends by the signal all the same.
/// Signals that are ignored, or taken by somebody else, stay so.
void dt_interrupt_watch(int takes_termination);

/// Ends what `dt_interrupt_watch` began.
void dt_interrupt_forget(void);

/// The line that says what is left of the run; null for none. Copied, up to 1,000 bytes.
void dt_interrupt_set_line(const char *line);

/// The signal that has come; 0 before.
int dt_interrupt_signal(void);

/// Keeps the process from ending by itself; whether it was in time.
int dt_interrupt_hold(void);

/// Ends the process by the signal that has come, or by SIGTERM where another rank's was the reason.
void dt_interrupt_end(void);

/// Names the calling thread for debuggers, by the first 15 bytes.
void dt_name_thread(const char *name);

#endif
