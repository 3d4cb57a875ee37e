/* SPDX-License-Identifier: MIT */
/*
 * A world to call from outside, with no body in it: every kind of choice is on,
 * and calm unless a test says otherwise. A run that does not pass aborts, for
 * assert_dies().
 */
#ifndef TIDY_TESTS_WORLD_PROBE_H
#define TIDY_TESTS_WORLD_PROBE_H

#include "sim/calls.h"
#include "sim/progress.h"

/* The world between set-up and teardown. */
extern struct sim_world world;

/* For cmocka. The teardown frees what is open, and fails if an answer was not
 * asked for or memory is left. */
int world_set_up(void **state);
int world_tear_down(void **state);

#define world_unit_test(fn)                                                    \
    cmocka_unit_test_setup_teardown(fn, world_set_up, world_tear_down)

/* The next choice of a kind has n alternatives; take this one. Answers are asked
 * for in the order in which they were given; all others are calm. */
void world_answer(enum tidy_choice kind, size_t n, size_t choice);

/* Choices of a kind that were offered so far. */
size_t world_n_offered(enum tidy_choice kind);

/* read(2) and write(2). */
ssize_t world_read(int fd, void *data, size_t len);
ssize_t world_write(int fd, const void *data, size_t len);
/* Of an eventfd, or a timerfd: the value, or -errno. */
int64_t world_read_u64(int fd);
ssize_t world_write_u64(int fd, uint64_t value);

/* What poll(2) says of one descriptor at once. */
int world_poll(int fd, int events);

/* Add to an epoll instance; the descriptor is the data. */
int world_watch(int epfd, int fd, uint32_t events);
/* What epoll_wait(2) reports at once: "512:1 513:5", in hexadecimal. Borrowed
 * until the next call. */
const char *world_ready(int epfd, int n_max);

/* What a report says of a descriptor. Borrowed until the next call. */
const char *world_describe(int fd);

/* Let something happen at an instant from now. */
void world_after(uint64_t delay_ns, void (*fn)(int arg), int arg);

#endif
