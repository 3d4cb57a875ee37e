/* SPDX-License-Identifier: MIT */
/*
 * The trace of a world: lines of text that say all that was observed. Text
 * that does not fit is dropped; the hash is of all of it.
 */
#include "sim/trace.h"

#include "sim/record.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_LEN 256
#define FNV_PRIME UINT64_C(0x100000001b3)

static void hash(struct sim_trace *trace, const char *line, size_t len)
{
    size_t idx;

    for (idx = 0; idx < len; idx++)
        trace->hash = (trace->hash ^ (unsigned char)line[idx]) * FNV_PRIME;
}

static void append(struct sim_trace *trace, const char *line, size_t len)
{
    if (trace->len + len >= trace->capacity)
        return;
    memcpy(trace->text + trace->len, line, len);
    trace->len += len;
    trace->text[trace->len] = '\0';
}

/* Microseconds since the world began, then the text. */
void tidy__sim_trace_line(struct sim_world *world, const char *fmt, ...)
{
    char line[LINE_MAX_LEN];
    unsigned long long us = world->now_ns / 1000;
    va_list args;
    int len, more;

    len = snprintf(
        line, sizeof(line), "%llu.%06llu ", us / 1000000, us % 1000000);
    va_start(args, fmt);
    more = vsnprintf(line + len, sizeof(line) - (size_t)len - 1, fmt, args);
    va_end(args);
    len += more;
    if (len > (int)sizeof(line) - 2)
        len = (int)sizeof(line) - 2;
    line[len++] = '\n';
    hash(&world->trace, line, (size_t)len);
    append(&world->trace, line, (size_t)len);
    world->trace.n_lines++;
}

void tidy__sim_trace_call(struct sim_world *world,
                          int fd,
                          long result,
                          const char *name,
                          const char *fmt,
                          ...)
{
    char args[LINE_MAX_LEN];
    va_list list;

    va_start(list, fmt);
    vsnprintf(args, sizeof(args), fmt, list);
    va_end(list);
    tidy__sim_trace_line(world, "%s(%s) = %ld", name, args, result);
    if (world->record)
        tidy__sim_record_call(world, fd, result, name, args);
}
