/* SPDX-License-Identifier: MIT */
/*
 * Noticing a fork.
 *
 * A loop, a case and the private directory belong to the process that made
 * them, and each use asks whether this still is that process. The counter is a
 * mutable global, because it is the process that it counts.
 */
#include "base/process.h"

#include <pthread.h>

static unsigned generation = 1;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_fork(void)
{
    generation++;
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, on_fork);
}

unsigned tidy__process_generation(void)
{
    pthread_once(&once, watch_forks);
    return generation;
}
