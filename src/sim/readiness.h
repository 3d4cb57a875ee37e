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
    /* The sockets of which input is waited for, from 0; NULL behind the last. */
    struct sim_file *(*nth_input)(void *arg, size_t n);
    void *arg;
};

/*
 * Wait as epoll_wait(2), poll(2) and select(2) do: 1 when something is ready,
 * 0 when the time is up, -EINTR. Ready at once it may still be told late, when
 * the time is up; and what is not ready may be said to be, until the report is
 * over (sim_world.rumour).
 */
int tidy__sim_await_ready(struct sim_world *world,
                          const struct sim_readiness *readiness,
                          uint64_t timeout_ns);

/* What a file is ready for, or is said to be. */
static inline uint32_t tidy__sim_poll_or_rumour(struct sim_file *file)
{
    uint32_t mask = file->ops->poll(file);

    return file->world->rumour == file ? mask | EPOLLIN | EPOLLRDNORM : mask;
}

/*
 * Which of those that are ready poll(2) and select(2) report: all of them, which
 * is calm, or any number of them.
 */
struct sim_pick {
    struct sim_world *world; /* borrowed */
    size_t n_left;           /* not asked about yet */
    size_t n_wanted;         /* of those; at first, of all */
    size_t n_passed_over;    /* until the next of these; SIM_UNDECIDED */
};
#define SIM_UNDECIDED SIZE_MAX
void tidy__sim_pick_init(struct sim_pick *pick,
                         struct sim_world *world,
                         size_t n_ready);
/* Is the next of them reported? */
bool tidy__sim_pick_next(struct sim_pick *pick);

/* "ready 513: in", for each that is reported; 0: nothing. */
void tidy__sim_trace_ready(struct sim_world *world, int fd, uint32_t events);

/* "in+out+hup"; "-" if it is empty. */
#define SIM_EVENTS_TEXT_MAX 48
void tidy__sim_events_text(uint32_t events, char text[SIM_EVENTS_TEXT_MAX]);

#endif
