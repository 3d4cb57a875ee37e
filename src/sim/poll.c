/* SPDX-License-Identifier: MIT */
/*
 * poll(2): all that are asked for are looked at, each time that something has
 * happened.
 *
 * By choice only some of those that are ready are reported, as if the others
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
    found = tidy__sim_poll_or_rumour(file);
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

static struct sim_file *nth_input(void *arg, size_t n)
{
    const struct poll_call *call = arg;
    nfds_t idx;

    for (idx = 0; idx < call->n_fds; idx++) {
        struct sim_file *file =
            tidy__sim_fd_file(call->world, call->fds[idx].fd);

        if (file && file->ops->is_socket &&
            (call->fds[idx].events & (POLLIN | POLLRDNORM)) && n-- == 0)
            return file;
    }
    return NULL;
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

static int report(const struct poll_call *call)
{
    struct sim_pick pick;
    nfds_t idx;
    int n;

    tidy__sim_pick_init(&pick, call->world, look_at_all(call));
    n = (int)pick.n_wanted;
    for (idx = 0; idx < call->n_fds; idx++) {
        struct pollfd *pollfd = &call->fds[idx];

        if (pollfd->revents && !tidy__sim_pick_next(&pick))
            pollfd->revents = 0;
        tidy__sim_trace_ready(
            call->world, pollfd->fd, (unsigned short)pollfd->revents);
    }
    return n;
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
        .call = "poll",
        .fd = -1,
        .is_ready = is_any_ready,
        .nth_input = nth_input,
        .arg = call,
    };
    int result;

    if (call->n_fds > MAX_POLLED)
        return -EINVAL;
    if (!call->fds && call->n_fds > 0)
        return -EFAULT;
    result = tidy__sim_await_ready(call->world, &readiness, timeout_ns);
    if (result > 0)
        result = report(call);
    else
        report_none(call);
    call->world->rumour = NULL;
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
    SIM_CALL(world, -1, result, "poll", "%llu", (unsigned long long)n_fds);
    return result;
}
