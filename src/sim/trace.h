/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_TRACE_H
#define TIDY_SIM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_world;

/*
 * What happened in a world: a line for each call, choice and delivery, and a
 * hash of all lines. Off, it costs a comparison. It is also on where there is a
 * record (record.h), which has the same as things.
 */
struct sim_trace {
    bool is_on;
    char *text; /* borrowed; NULL: only the hash is kept */
    size_t len, capacity;
    uint64_t hash;
    size_t n_lines;
};

/* Add a line, printf-like, without a newline: "read(512, 64) = 5". Cold: the
 * calls are compiled for a trace that is off. */
#define SIM_TRACE(world, ...)                                                  \
    do {                                                                       \
        if ((world)->trace.is_on)                                              \
            tidy__sim_trace_line((world), __VA_ARGS__);                        \
    } while (0)

void tidy__sim_trace_line(struct sim_world *world, const char *fmt, ...)
    __attribute__((cold, format(printf, 2, 3)));

/* A call has returned: a line for it, "listen(512, 5) = 0", with the arguments
 * printf-like; and an event, if there is a record. fd is whose call it is, -1 if
 * it is of none or has made one. */
#define SIM_CALL(world, fd, result, name, ...)                                 \
    do {                                                                       \
        if ((world)->trace.is_on)                                              \
            tidy__sim_trace_call(                                              \
                (world), (fd), (result), (name), __VA_ARGS__);                 \
    } while (0)

void tidy__sim_trace_call(struct sim_world *world,
                          int fd,
                          long result,
                          const char *name,
                          const char *fmt,
                          ...) __attribute__((cold, format(printf, 5, 6)));

#endif
