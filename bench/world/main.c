/* SPDX-License-Identifier: MIT */
/*
 * usage: tidysock-bench-world SIDE DIR ORDERS REPORTS
 *
 * One side, which obeys the orders that come from one descriptor and reports to
 * another: tidysock-bench starts it (bench/child.c).
 */
#include "rows.h"
#include "world.h"
#include <tidysock/common.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void libuv_world(struct bench_run *run)
{
    world_in_one_run(run, plain_cycle_tcp_loop, 0);
}

static void libuv_runs(struct bench_run *run)
{
    world_in_many_runs(run, plain_cycle_tcp_loop);
}

static void libuv_explored(struct bench_run *run)
{
    world_explored(run, plain_cycle_tcp_loop);
}

static void epoll_world(struct bench_run *run)
{
    world_in_one_run(run, epoll_cycle, EPOLL_CYCLE_CALLS);
}

static void epoll_runs(struct bench_run *run)
{
    world_in_many_runs(run, epoll_cycle);
}

static const struct {
    const char *name;
    bench_side_cb side;
} sides[] = {
    { "libuv.world", libuv_world },
    { "libuv.kernel", plain_cycle_tcp_loop },
    { "libuv.explored", libuv_explored },
    { "libuv.runs", libuv_runs },
    { "epoll.world", epoll_world },
    { "epoll.runs", epoll_runs },
    { "epoll.kernel", epoll_cycle },
};

static bench_side_cb find_side(const char *name)
{
    for (size_t i = 0; i < TIDY_COUNT(sides); i++) {
        if (strcmp(sides[i].name, name) == 0)
            return sides[i].side;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    bench_side_cb side = argc == 5 ? find_side(argv[1]) : NULL;

    if (!side) {
        fputs("tidysock-bench-world is a part of tidysock-bench, which starts "
              "it\n",
              stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    bench_child_obey(side, argv[2], atoi(argv[3]), atoi(argv[4]));
}
