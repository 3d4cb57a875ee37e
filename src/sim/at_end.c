/* SPDX-License-Identifier: MIT */
/*
 * What is done when the process of a run ends.
 *
 * This file has mutable globals: what was asked for, which is the process's.
 */
#include "sim/at_end.h"

#include "base/misuse.h"
#include "sim/tripwire.h"

#include <errno.h>
#include <stdlib.h>

#define MAX_CALLS 32

static struct {
    void (*fn)(void *arg);
    void *arg;
} calls[MAX_CALLS];
static unsigned n_calls;

int tidy_world_at_end(void (*fn)(void *arg), void *arg)
{
    TIDY_REQUIRE(fn, "tidy_world_at_end: the function is NULL");
    if (n_calls == MAX_CALLS)
        return -ENOMEM;
    calls[n_calls].fn = fn;
    calls[n_calls++].arg = arg;
    return 0;
}

static void go_outside(void)
{
    tidy__sim_tripwire_disarm();
    tidy__sim_world = NULL;
}

void tidy__sim_at_end_run(void)
{
    go_outside();
    while (n_calls > 0) {
        n_calls--;
        calls[n_calls].fn(calls[n_calls].arg);
    }
}

void tidy__sim_at_end_watch_exit(void)
{
    atexit(go_outside);
}
