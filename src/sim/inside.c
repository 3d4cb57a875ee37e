/* SPDX-License-Identifier: MIT */
/*
 * What a body may ask of the world that it is in.
 */
#include "base/misuse.h"
#include "sim/progress.h"
#include "sim/reserve.h"
#include "sim/tcp.h"

#include <stdarg.h>
#include <stdio.h>

#define SENTENCE_MAX 8192

bool tidy_world_is_inside(void)
{
    return tidy__sim_world;
}

size_t tidy_world_reserved_fds(int *ret_first)
{
    TIDY_REQUIRE(ret_first, "tidy_world_reserved_fds: ret_first is NULL");
    *ret_first = SIM_FD_MIN;
    return tidy__sim_is_reserved ? SIM_N_FDS : 0;
}

uint64_t tidy_world_now_ns(void)
{
    TIDY_REQUIRE(tidy__sim_world, "tidy_world_now_ns: not inside a world");
    return tidy__sim_world->now_ns;
}

void tidy_world_restrict(uint32_t kinds)
{
    TIDY_REQUIRE(tidy__sim_world, "tidy_world_restrict: not inside a world");
    tidy__sim_world->options.kinds = tidy__sim_world->kinds & kinds;
}

uint64_t tidy_world_n_departures(void)
{
    TIDY_REQUIRE(tidy__sim_world,
                 "tidy_world_n_departures: not inside a world");
    return tidy__sim_world->n_departures;
}

size_t tidy_world_n_time_waits(void)
{
    TIDY_REQUIRE(tidy__sim_world,
                 "tidy_world_n_time_waits: not inside a world");
    return tidy__sim_tcp_n_time_waits(tidy__sim_world);
}

void tidy_world_explain(void (*fn)(FILE *out, void *arg), void *arg)
{
    TIDY_REQUIRE(tidy__sim_world, "tidy_world_explain: not inside a world");
    tidy__sim_world->explain = fn;
    tidy__sim_world->explain_arg = arg;
}

static bool is_never(void *arg)
{
    (void)arg;
    return false;
}

void tidy_world_advance(uint64_t duration_ns)
{
    struct sim_world *world = tidy__sim_world;

    TIDY_REQUIRE(world, "tidy_world_advance: not inside a world");
    tidy__sim_wait(world,
                   "tidy_world_advance",
                   -1,
                   is_never,
                   NULL,
                   world->now_ns + duration_ns);
}

void tidy_world_fail(const char *fmt, ...)
{
    char sentence[SENTENCE_MAX];
    va_list args;

    TIDY_REQUIRE(tidy__sim_world, "tidy_world_fail: not inside a world");
    va_start(args, fmt);
    vsnprintf(sentence, sizeof(sentence), fmt, args);
    va_end(args);
    tidy__sim_end(tidy__sim_world, TIDY_OUTCOME_FAILED, "%s", sentence);
}
