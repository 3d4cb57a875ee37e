/* SPDX-License-Identifier: MIT */
/*
 * poll(2): all that are asked for are looked at, each time that something has
 * happened.
 *
 * By choice only one of those that are ready is reported, as if the others
 * became so an instant later. Numbers that are not the world's are not open
 * here; the interposition has refused those of real files.
 */
#include "sim/calls.h"
#include "sim/fault.h"
#include "sim/progress.h"
#include "sim/readiness.h"

#include <errno.h>

/* How many descriptors a poll(2) may name: as RLIMIT_NOFILE. */
#define MAX_POLLED (SIM_FD_MAX + 1)

struct poll_call {
    struct sim_world *world;
    struct pollfd *fds; /* borrowed */
    nfds_t n_fds;
};

/* do_pollfd() */
static short look(const struct sim_world *world, const struct pollfd *pollfd)
{
    struct sim_file *file;
    uint32_t wanted = (unsigned short)pollfd->events |
                      (SIM_FAULT(POLL_ERR) ? 0u : EPOLLERR | EPOLLHUP);
    uint32_t found;

    if (pollfd->fd < 0)
        return 0;
    file = tidy__sim_fd_file(world, pollfd->fd);
    if (!file)
        return POLLNVAL;
    found = file->ops->poll(file);
    if (SIM_FAULT(POLL_HUP) && (found & EPOLLRDHUP))
        found |= EPOLLHUP;
    return (short)(found & wanted);
}

static bool is_any_ready(void *arg)
{
    const struct poll_call *call = arg;
    nfds_t idx;

    for (idx = 0; idx < call->n_fds; idx++) {
        if (look(call->world, &call->fds[idx]))
            return true;
    }
    return false;
}

static size_t look_at_all(const struct poll_call *call)
{
    size_t n_ready = 0;
    nfds_t idx;

    for (idx = 0; idx < call->n_fds; idx++) {
        call->fds[idx].revents = look(call->world, &call->fds[idx]);
        n_ready += call->fds[idx].revents != 0;
    }
    return n_ready;
}

/* Forget all that are ready but one. */
static void leave_one(const struct poll_call *call, size_t one)
{
    size_t n_before = 0;
    nfds_t idx;

    for (idx = 0; idx < call->n_fds; idx++) {
        if (call->fds[idx].revents && n_before++ != one)
            call->fds[idx].revents = 0;
    }
}

static int report(const struct poll_call *call)
{
    size_t n_ready = look_at_all(call);
    size_t one = tidy__sim_choose_ready(call->world, n_ready);
    nfds_t idx;

    if (one != SIM_ALL_READY) {
        leave_one(call, one);
        n_ready = 1;
    }
    for (idx = 0; idx < call->n_fds; idx++)
        tidy__sim_trace_ready(call->world,
                              call->fds[idx].fd,
                              (unsigned short)call->fds[idx].revents);
    return (int)n_ready;
}

static void report_none(const struct poll_call *call)
{
    nfds_t idx;

    for (idx = 0; idx < call->n_fds; idx++)
        call->fds[idx].revents = 0;
}

static int wait_and_report(struct poll_call *call, uint64_t timeout_ns)
{
    const struct sim_readiness readiness = {
        .call = "poll", .fd = -1, .is_ready = is_any_ready, .arg = call
    };
    int result;

    if (call->n_fds > MAX_POLLED)
        return -EINVAL;
    if (!call->fds && call->n_fds > 0)
        return -EFAULT;
    result = tidy__sim_await_ready(call->world, &readiness, timeout_ns);
    if (result > 0)
        return report(call);
    report_none(call);
    return result;
}

int tidy__sim_poll(struct sim_world *world,
                   struct pollfd *fds,
                   nfds_t n_fds,
                   uint64_t timeout_ns)
{
    struct poll_call call = { .world = world, .fds = fds, .n_fds = n_fds };
    int result;

    tidy__sim_call(world);
    result = wait_and_report(&call, timeout_ns);
    SIM_TRACE(world, "poll(%llu) = %d", (unsigned long long)n_fds, result);
    return result;
}
