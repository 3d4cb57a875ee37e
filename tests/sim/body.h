/* SPDX-License-Identifier: MIT */
/*
 * Bodies that run in a world, and what is expected of them. They check with
 * CHECK(): an assertion of the test framework's would jump out of the world.
 */
#ifndef TIDY_TESTS_SIM_BODY_H
#define TIDY_TESTS_SIM_BODY_H

#include <tidysock/sim.h>

#include <errno.h>
#include <string.h>

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            tidy_world_fail("%s:%d: %s (errno: %s)",                           \
                            __FILE__,                                          \
                            __LINE__,                                          \
                            #condition,                                        \
                            strerror(errno));                                  \
    } while (0)

/* A call that fails, with that error. */
#define CHECK_FAILS(call, error)                                               \
    do {                                                                       \
        errno = 0;                                                             \
        CHECK((call) == -1);                                                   \
        CHECK(errno == (error));                                               \
    } while (0)

/* Is it one of the numbers of simulated descriptors? */
bool is_simulated(int fd);

/* Fails the test unless a calm run of the body passes. */
void assert_passes(tidy_world_body_cb body, void *arg);

/* Fails the test unless it ends so, with @p text in what is said of it. */
void assert_ends(tidy_world_body_cb body,
                 void *arg,
                 enum tidy_outcome outcome,
                 const char *text);

#endif
