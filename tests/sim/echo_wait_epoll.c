/* SPDX-License-Identifier: MIT */
/*
 * TRIGGER is 0 or EPOLLET.
 */
#include "sim/echo_raw.h"

#include <sys/epoll.h>
#include <unistd.h>

static int epfd;

static void control(int op, struct end *end)
{
    struct epoll_event event = { .events = TRIGGER, .data.ptr = end };

    event.events |= end->wants_out ? EPOLLOUT : EPOLLIN;
    epoll_ctl(epfd, op, end->fd, &event);
}

void wait_begin(void)
{
    epfd = epoll_create1(EPOLL_CLOEXEC);
}

void wait_add(struct end *end)
{
    control(EPOLL_CTL_ADD, end);
}

void wait_change(struct end *end)
{
    control(EPOLL_CTL_MOD, end);
}

void wait_turn(struct end *ends, size_t n_ends)
{
    struct epoll_event events[2];
    int n = epoll_wait(epfd, events, 2, -1), idx;

    (void)ends;
    (void)n_ends;
    for (idx = 0; idx < n; idx++)
        ((struct end *)events[idx].data.ptr)->is_ready = true;
}

void wait_end(void)
{
    close(epfd);
}
