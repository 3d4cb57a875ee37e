/* SPDX-License-Identifier: MIT */
/*
 * Waiting until a descriptor is ready: what epoll, poll and select share.
 *
 *   ready            -> told at once, which is calm; or when the time is up, as
 *                       if it had become so only then
 *   not ready        -> the world goes on until it is, or the time is up
 *                       by choice: a signal comes (EINTR), or a socket is said
 *                       to be readable that is not (select(2), BUGS)
 *
 * Nothing is told later than the bound on latency allows. Before it is told what
 * is ready, more of what is in flight may arrive. No wait ends before its time
 * with nothing to tell: no kernel does that.
 */
#include "sim/readiness.h"

#include "sim/record.h"

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

/* One of the sockets that are waited for is said to be readable, by choice. */
static bool spread_rumour(struct sim_world *world,
                          const struct sim_readiness *readiness)
{
    struct sim_file *file;
    size_t n = 0, choice;

    if (!(world->options.kinds & TIDY_CHOICE_BIT(TIDY_CHOICE_WAKE)))
        return false;
    while (readiness->nth_input(readiness->arg, n))
        n++;
    choice = tidy__choose(world, TIDY_CHOICE_WAKE, readiness->actor, n + 1);
    if (choice == 0)
        return false;
    file = readiness->nth_input(readiness->arg, choice - 1);
    world->rumour = file;
    tidy__sim_file_wake(file, EPOLLIN | EPOLLRDNORM);
    return true;
}

static int block(struct sim_world *world,
                 const struct sim_readiness *readiness,
                 uint64_t until_ns)
{
    if (tidy__choose_fault(world, TIDY_CHOICE_EINTR_FAULT, readiness->actor))
        return -EINTR;
    if (spread_rumour(world, readiness))
        return 1;
    return tidy__sim_wait(world,
                          readiness->call,
                          readiness->fd,
                          readiness->is_ready,
                          readiness->arg,
                          until_ns) == 0;
}

int tidy__sim_await_ready(struct sim_world *world,
                          const struct sim_readiness *readiness,
                          uint64_t timeout_ns)
{
    const uint64_t until_ns = timeout_ns < SIM_NEVER - world->now_ns
                                  ? world->now_ns + timeout_ns
                                  : SIM_NEVER;
    int result = readiness->is_ready(readiness->arg);

    if (result && timeout_ns > 0)
        be_late(world, readiness, timeout_ns);
    else if (timeout_ns > 0)
        result = block(world, readiness, until_ns);
    if (result < 0 || !world->links)
        return result;
    tidy__sim_arrive(world, readiness->actor, NULL);
    if (readiness->is_ready(readiness->arg))
        return 1;
    /* What arrived may have undone it. */
    return result && world->now_ns < until_ns
               ? tidy__sim_await_ready(
                     world, readiness, until_ns - world->now_ns)
               : 0;
}

/* ----------------------------------------------------------------- reporting */

void tidy__sim_pick_init(struct sim_pick *pick,
                         struct sim_world *world,
                         size_t n_ready)
{
    size_t choice = tidy__choose(world, TIDY_CHOICE_READY, 0, n_ready);

    pick->world = world;
    pick->n_left = n_ready;
    pick->n_wanted = choice == 0 ? n_ready : choice;
    pick->n_passed_over = SIM_UNDECIDED;
}

bool tidy__sim_pick_next(struct sim_pick *pick)
{
    if (pick->n_wanted == 0)
        return false;
    if (pick->n_passed_over == SIM_UNDECIDED)
        pick->n_passed_over = tidy__choose(pick->world,
                                           TIDY_CHOICE_READY,
                                           0,
                                           pick->n_left - pick->n_wanted + 1);
    pick->n_left--;
    if (pick->n_passed_over > 0) {
        pick->n_passed_over--;
        return false;
    }
    pick->n_passed_over = SIM_UNDECIDED;
    pick->n_wanted--;
    return true;
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

    tidy__sim_digest(world, (uint64_t)fd << 32 | events);
    if (!world->trace.is_on || !events)
        return;
    tidy__sim_events_text(events, text);
    SIM_TRACE(world, "ready %d: %s", fd, text);
    if (world->record)
        tidy__sim_record_ready(world, fd, text);
}
