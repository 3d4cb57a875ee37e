/* SPDX-License-Identifier: MIT */
/*
 * What the tests of failing steps share: servers at places of the test's
 * choice, sentences that say what they should, and the proof that a server is
 * as good as new after a step has failed.
 */
#ifndef TIDY_TESTS_STEPS_H
#define TIDY_TESTS_STEPS_H

#include "support/scenario.h"

#include <stdarg.h>
#include <sys/types.h>

#define PLACE_MAX sizeof(((struct sockaddr_un *)0)->sun_path)

bool steps_are_tcp(void);

/* A path in the case's temporary directory. Returns buf. */
const char *steps_path(char buf[PLACE_MAX], const char *name);

/* A stream socket, closed when the case ends. */
int steps_socket(int family);

/* From here on, the scenario is about a new server with this description and
 * pattern, printf-like. */
struct tidy_server *steps_use(const char *pattern, const char *description, ...)
    TIDY_PRINTF(2, 3);

/* The same with the standard description of the transport, and a pattern. */
struct tidy_server *steps_use_pattern(const char *pattern, ...)
    TIDY_PRINTF(1, 2);

/* The patterns of the standard servers. */
const char *steps_standard_pattern(void);

/* A failure's sentence has this in it. */
void assert_says(const char *sentence, const char *text);

/* The scenario's server cannot listen: the code, and what the sentence says. It
 * is not listening then. */
void steps_listen_fails(int code, const char *place, const char *cause);

/* A client cannot connect. */
void steps_connect_fails(int code, const char *place, const char *cause);

/* The scenario's server listens, serves two clients, and is cleaned up. */
void steps_serve(void);

/* It listens already; clients come and talk. */
void steps_talk(void);

/* Runs `run` in a forked child that has no descriptors of ours but for one (or
 * -1), which it gets. It is killed when the case ends. */
pid_t steps_fork(void (*run)(int fd), int fd);

/* Waits until the child has stopped itself, or was stopped. */
void steps_await_stopped(void);

/* Waits until the child has ended, and nobody has to kill it any more. Returns
 * its wait status. */
int steps_reap(void);

#endif
