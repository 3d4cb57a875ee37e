/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_TRACE_H
#define TIDY_SIM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_world;

/*
 * What happened in a world: a line for each call, choice and delivery, and a
 * hash of all lines. Off, it costs a comparison.
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

#endif
