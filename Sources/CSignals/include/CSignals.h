#ifndef CSIGNALS_H
#define CSIGNALS_H

#include <stdint.h>

// How a process ends by a signal, with a line that says so. Everything here may be called in a signal handler or stores
// what a handler reads, which Swift code cannot promise.

/// Makes SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE and SIGABRT write one line, "NAME: error: WHAT, rank R, step S, ...",
/// to standard error before they end the process as usual. If memory ran out, the process ends with `memory_code`
/// instead. Call it again after a library has replaced the handlers.
///
/// `chains`: whether the handlers from before the first call get the signal afterwards.
void dt_crash_install(const char *name, int rank, int memory_code, int chains);

/// Gives the calling thread a separate stack for these handlers, so that a full stack is reported too.
void dt_crash_use_own_stack(void);

/// The optimizer step the process is at, 0 before the first.
void dt_crash_set_step(uint64_t step);

/// Keeps the C library's allocator in one arena: each further one takes 64 MiB of address space, however little is
/// used.
void dt_limit_arenas(void);

/// Makes standard output line-buffered, so that it stays in order with lines that are written past its buffer.
void dt_print_lines(void);

/// Notes SIGINT, and SIGTERM if `takes_termination`, instead of letting it end the process at once. The process still
/// ends by the signal, with the line of `dt_interrupt_set_line`, 0.7 seconds later, since launchers do not wait longer,
/// or at a second signal. Signals that are ignored or have another handler keep it.
void dt_interrupt_watch(int takes_termination);

/// Ends what `dt_interrupt_watch` began.
void dt_interrupt_forget(void);

/// The line that says what is left of the run; null for none. Up to 1,000 bytes are copied.
void dt_interrupt_set_line(const char *line);

/// The signal that has come; 0 if none has.
int dt_interrupt_signal(void);

/// Keeps the process from ending 0.7 seconds after the signal; 0 if the end has begun already, else 1.
int dt_interrupt_hold(void);

/// Ends the process by the signal that has come, or by SIGTERM if only another rank got one.
void dt_interrupt_end(void);

/// Names the calling thread for debuggers, by the first 15 bytes.
void dt_name_thread(const char *name);

#endif
