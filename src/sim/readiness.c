/* SPDX-License-Identifier: MIT */
/*
 * Waiting until a descriptor is ready: what epoll, poll and select share.
 *
 *   ready            -> told at once, which is calm; or when the time is up, as
 *                       if it had become so only then
 *   not ready        -> the world goes on until it is, or the time is up
 *                       by choice: a signal comes (EINTR), or the time seems to
 *                       be up already
 *
 * Nothing is told later than the bound on latency allows. A wait without a time
 * limit never ends for nothing: no kernel does that.
 */
#include "sim/readiness.h"

#include "sim/progress.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static bool is_never(void *arg)
{
    (void)arg;
    return false;
}

/* Let the time limit pass, if it is short enough and the schedule says so. */
static void be_late(struct sim_world *world,
                    const struct sim_readiness *readiness,
                    uint64_t timeout_ns)
{
    if (timeout_ns > world->options.max_latency_ns ||
        tidy__choose(world, TIDY_CHOICE_TIMER, readiness->actor, 2) == 0)
        return;
    tidy__sim_wait(world,
                   readiness->call,
                   readiness->fd,
                   is_never,
                   NULL,
                   world->now_ns + timeout_ns);
}

static int block(struct sim_world *world,
                 const struct sim_readiness *readiness,
                 uint64_t timeout_ns)
{
    bool is_forever = timeout_ns >= SIM_NEVER - world->now_ns;

    if (tidy__choose_fault(world, TIDY_CHOICE_EINTR_FAULT, readiness->actor))
        return -EINTR;
    if (!is_forever &&
        tidy__choose_fault(world, TIDY_CHOICE_WAKE, readiness->actor))
        return 0;
    return tidy__sim_wait(world,
                          readiness->call,
                          readiness->fd,
                          readiness->is_ready,
                          readiness->arg,
                          is_forever ? SIM_NEVER
                                     : world->now_ns + timeout_ns) == 0;
}

int tidy__sim_await_ready(struct sim_world *world,
                          const struct sim_readiness *readiness,
                          uint64_t timeout_ns)
{
    bool is_ready = readiness->is_ready(readiness->arg);

    if (timeout_ns == 0)
        return is_ready;
    if (!is_ready)
        return block(world, readiness, timeout_ns);
    be_late(world, readiness, timeout_ns);
    return 1;
}

size_t tidy__sim_choose_ready(struct sim_world *world, size_t n_ready)
{
    size_t choice;

    if (n_ready < 2)
        return SIM_ALL_READY;
    choice = tidy__choose(world, TIDY_CHOICE_READY, 0, n_ready + 1);
    return choice == 0 ? SIM_ALL_READY : choice - 1;
}

/* -------------------------------------------------------------------- events */

static const struct {
    uint32_t event;
    const char *name;
} event_names[] = {
    { EPOLLIN, "in" },    { EPOLLPRI, "pri" }, { EPOLLOUT, "out" },
    { EPOLLERR, "err" },  { EPOLLHUP, "hup" }, { EPOLLRDHUP, "rdhup" },
    { POLLNVAL, "nval" },
};

void tidy__sim_events_text(uint32_t events, char text[SIM_EVENTS_TEXT_MAX])
{
    char *end = text;
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(event_names); idx++) {
        if (!(events & event_names[idx].event))
            continue;
        if (end > text)
            *end++ = '+';
        end = stpcpy(end, event_names[idx].name);
    }
    strcpy(end, end > text ? "" : "-");
}

void tidy__sim_trace_ready(struct sim_world *world, int fd, uint32_t events)
{
    char text[SIM_EVENTS_TEXT_MAX];

    if (!world->trace.is_on || !events)
        return;
    tidy__sim_events_text(events, text);
    SIM_TRACE(world, "ready %d: %s", fd, text);
}
