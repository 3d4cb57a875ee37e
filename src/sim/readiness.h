/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_READINESS_H
#define TIDY_SIM_READINESS_H

#include "sim/world.h"

/* Who waits, and for what. */
struct sim_readiness {
    const char *call; /* "epoll_wait": for reports */
    int fd;           /* of an epoll instance; -1: none */
    unsigned actor;   /* for choices */
    bool (*is_ready)(void *arg);
    void *arg;
};

/*
 * Wait as epoll_wait(2), poll(2) and select(2) do: 1 when something is ready,
 * 0 when the time is up (or before, by choice), -EINTR. Ready at once it may
 * still be told late, when the time is up.
 */
int tidy__sim_await_ready(struct sim_world *world,
                          const struct sim_readiness *readiness,
                          uint64_t timeout_ns);

/*
 * Which of those that are ready poll(2) and select(2) report: all of them, which
 * is calm, or only one, by its place among them from 0.
 */
#define SIM_ALL_READY SIZE_MAX
size_t tidy__sim_choose_ready(struct sim_world *world, size_t n_ready);

/* "ready 513: in", for each that is reported; 0: nothing. */
void tidy__sim_trace_ready(struct sim_world *world, int fd, uint32_t events);

/* "in+out+hup"; "-" if it is empty. */
#define SIM_EVENTS_TEXT_MAX 48
void tidy__sim_events_text(uint32_t events, char text[SIM_EVENTS_TEXT_MAX]);

#endif
