/* SPDX-License-Identifier: MIT */
/*
 * Planted bugs: bodies with one realistic bug of ordering each, and the same
 * body repaired. Calm, both pass; some other order, or some fault, shows the
 * bug. What they share is in support_*.h.
 */
#ifndef TIDY_TESTS_BUGS_BUGS_H
#define TIDY_TESTS_BUGS_BUGS_H

#include <tidysock/sim.h>

/* With what code a body that fails on the real kernel ends its process. */
#define BUG_SHOWN 3

struct bug {
    const char *name;
    const char *what;    /* the bug, in a line */
    const char *library; /* epoll, libuv or libevent */
    void (*run)(bool is_repaired);
    /* Which kinds it is explored with, and its twin: all, or the file says why
     * not. */
    uint32_t kinds;
    /* If it is too rare among all of these: with which it is looked for. */
    uint32_t kinds_found;
    enum tidy_profile profile; /* with which it is found */
    uint64_t max_steps;        /* 0: BUG_MAX_STEPS */
};

/* Several times what any of the twins needs. */
#define BUG_MAX_STEPS 20000

/* libevent ends the process if it has no descriptors for its own pipe, which no
 * program can prevent. */
#define BUG_KINDS_LIBEVENT                                                     \
    (TIDY_CHOICES_ALL & ~TIDY_CHOICE_BIT(TIDY_CHOICE_EMFILE_FAULT))

/* All of them, and then NULL. */
extern const struct bug *const bugs[];

/* NULL: there is none of that name. */
const struct bug *bug_find(const char *name);

/* Fail the run: in a world as tidy_world_fail(), on the real kernel by ending
 * the process with BUG_SHOWN. */
__attribute__((noreturn)) void bug_fail(const char *fmt, ...) TIDY_PRINTF(1, 2);

/* How many times slower than written the pauses of all bodies are on the real
 * kernel, where a busy machine is late: 1 at first. */
extern unsigned bug_slowness;

/* A time limit of a body's, in milliseconds, with that in it. */
unsigned bug_ms(unsigned ms);

#endif
