/* SPDX-License-Identifier: MIT */
#include "sim/echo_raw.h"

#include <poll.h>

void wait_begin(void)
{
}

void wait_add(struct end *end)
{
    (void)end;
}

void wait_change(struct end *end)
{
    (void)end;
}

void wait_turn(struct end *ends, size_t n_ends)
{
    /* No compiler knows the length, and so fortifies the call. */
    volatile nfds_t n_fds = n_ends;
    struct pollfd fds[MAX_ENDS];
    size_t idx;

    for (idx = 0; idx < n_ends; idx++) {
        fds[idx].fd = ends[idx].fd;
        fds[idx].events = ends[idx].wants_out ? POLLOUT : POLLIN;
        fds[idx].revents = 0;
    }
    poll(fds, n_fds, -1);
    for (idx = 0; idx < n_ends; idx++)
        ends[idx].is_ready = fds[idx].revents != 0;
}

void wait_end(void)
{
}
