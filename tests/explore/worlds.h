/* SPDX-License-Identifier: MIT */
/*
 * Tiny bodies, for tests of the explorer: few choices, and known outcomes.
 */
#ifndef TIDY_TESTS_EXPLORE_WORLDS_H
#define TIDY_TESTS_EXPLORE_WORLDS_H

/* A connection, a byte each way, and its end. */
void world_connection(void *arg);
/* Three eventfds that are ready at once, and two timers due at once. */
void world_ready(void *arg);
/* Two clients that are accepted and closed. */
void world_two_clients(void *arg);

/* Fails if the byte is not there at once: one departure. */
void world_impatient(void *arg);
/* Fails if the second of two clients is first, twice: two departures at least. */
void world_overtaken(void *arg);
/* Waits for ever if the second client is the first to be accepted. */
void world_stuck(void *arg);
/* Ends by a signal if a byte is late. */
void world_crash(void *arg);
/* What it does depends on how often it was run in this process. */
void world_leaky(void *arg);
/* The same, but it only fails at the 20th run. */
void world_leaky_failure(void *arg);
/* Writes the time-stamp counter: no two runs are alike. */
void world_by_counter(void *arg);

#endif
