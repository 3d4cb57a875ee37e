/* SPDX-License-Identifier: MIT */
#include "sim/echo_raw.h"

#include <sys/select.h>

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
    fd_set in, out;
    size_t idx;
    int max = 0;

    FD_ZERO(&in);
    FD_ZERO(&out);
    for (idx = 0; idx < n_ends; idx++) {
        if (ends[idx].fd < 0)
            continue;
        FD_SET(ends[idx].fd, ends[idx].wants_out ? &out : &in);
        max = ends[idx].fd > max ? ends[idx].fd : max;
    }
    select(max + 1, &in, &out, NULL, NULL);
    for (idx = 0; idx < n_ends; idx++)
        ends[idx].is_ready =
            ends[idx].fd >= 0 &&
            (FD_ISSET(ends[idx].fd, &in) || FD_ISSET(ends[idx].fd, &out));
}

void wait_end(void)
{
}
