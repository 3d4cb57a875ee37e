/* SPDX-License-Identifier: MIT */
/*
 * The library preloaded into a program that is to run in a world: it is entered
 * before main(), and left when the program exits.
 *
 * This file has a mutable global: the memory shared with who runs the program.
 */
#include "base/misuse.h"
#include "sim/program.h"
#include "sim/reserve.h"
#include "sim/shared.h"

#include <stdlib.h>

static struct sim_shared *shared;

static __attribute__((constructor)) void enter(void)
{
    const char *number = getenv(SIM_PROGRAM_VARIABLE);
    char why[256];

    if (!number)
        return;
    shared = tidy__sim_shared_map(atoi(number));
    unsetenv(SIM_PROGRAM_VARIABLE); /* it is not for the program's children */
    TIDY_REQUIRE(shared, "the world's memory is not there");
    if (tidy__sim_reserve(why, sizeof(why)) < 0)
        tidy__misuse("the world has no descriptors: %s", why);
    tidy__sim_enter(shared);
}

static __attribute__((destructor)) void leave(void)
{
    if (shared && tidy__sim_world == &shared->world)
        tidy__sim_leave(shared);
}
