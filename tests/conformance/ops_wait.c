/* SPDX-License-Identifier: MIT */
/*
 * Steps: poll, select and epoll, none of which waits.
 */
#include "conformance/run.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

#define N_EVENTS_MAX 16

/* a: a bit for each slot to ask about; b: events */
void op_poll(struct run *run, const struct step *step, struct result *result)
{
    struct pollfd fds[N_SLOTS];
    nfds_t n = 0, idx;
    int slot;

    for (slot = 0; slot < N_SLOTS; slot++) {
        if (step->a & (1u << slot))
            fds[n++] = (struct pollfd){ .fd = run_fd(run, slot),
                                        .events = (short)step->b };
    }
    keep(result, poll(fds, n, 0));
    for (idx = 0; idx < n; idx++) {
        bool is_big = ledger_was_big(&run->ledger, fds[idx].fd);

        result->is_loose |= is_big;
        detail(result,
               is_big ? LOOSE_DETAIL : (unsigned short)fds[idx].revents);
    }
}

/* a: as op_poll; b: which sets, a bit for each */
void op_select(struct run *run, const struct step *step, struct result *result)
{
    fd_set sets[3];
    struct timeval timeout = { 0 };
    int slot, set, n = 0;

    memset(sets, 0, sizeof(sets));
    for (slot = 0; slot < N_SLOTS; slot++) {
        int fd = run_fd(run, slot);

        if (fd < 0 || !(step->a & (1u << slot)))
            continue;
        n = fd + 1 > n ? fd + 1 : n;
        for (set = 0; set < 3; set++)
            FD_SET(fd, &sets[set]);
    }
    keep(result,
         select(n,
                step->b & 1 ? &sets[0] : NULL,
                step->b & 2 ? &sets[1] : NULL,
                step->b & 4 ? &sets[2] : NULL,
                &timeout));
    for (slot = 0; slot < N_SLOTS; slot++) {
        int fd = run_fd(run, slot), found = 0;

        if (fd < 0 || !(step->a & (1u << slot)))
            continue;
        for (set = 0; set < 3; set++)
            found |= FD_ISSET(fd, &sets[set]) ? 1 << set : 0;
        if (ledger_was_big(&run->ledger, fd)) {
            result->is_loose = true;
            found = LOOSE_DETAIL;
        }
        detail(result, found);
    }
}

/* a: EPOLL_CLOEXEC or 0 */
void op_epoll_create(struct run *run,
                     const struct step *step,
                     struct result *result)
{
    int fd = epoll_create1((int)step->a);

    keep_fd(run, step->slot, result, fd);
    if (fd >= 0)
        run_put(run, step->slot, fd, OBJECT_EPOLL);
}

/* slot2: the target's; a: operation; b: events */
void op_epoll_ctl(struct run *run,
                  const struct step *step,
                  struct result *result)
{
    struct epoll_event event = { .events = step->b };

    event.data.u32 = (uint32_t)(step->slot2 + 1);
    keep(result,
         epoll_ctl(run_fd(run, step->slot),
                   (int)step->a,
                   run_fd(run, step->slot2),
                   &event));
}

/* An event is told as the slot under which it was added and what happened;
 * those that depend on the sizes of buffers are left out. */
static void detail_events(struct run *run,
                          struct result *result,
                          const struct epoll_event *events,
                          int n)
{
    int idx, n_told = 0;

    for (idx = 0; idx < n; idx++) {
        int slot = (int)events[idx].data.u32 - 1;

        if (slot >= 0 && ledger_was_big(&run->ledger, run_fd(run, slot))) {
            result->is_loose = true;
            continue;
        }
        detail(result, slot);
        detail(result, (int)events[idx].events);
        n_told++;
    }
    if (n > 0)
        result->value = n_told;
}

/* a: how many events at most */
void op_epoll_wait(struct run *run,
                   const struct step *step,
                   struct result *result)
{
    struct epoll_event events[N_EVENTS_MAX];
    int n_max = (int)step->a < N_EVENTS_MAX ? (int)step->a : N_EVENTS_MAX;

    keep(result, epoll_wait(run_fd(run, step->slot), events, n_max, 0));
    result->limit = result->value == n_max;
    detail_events(run, result, events, result->value);
}
