/* SPDX-License-Identifier: MIT */
/*
 * Misuse aborts with a sentence: run it in a child process and look.
 */
#ifndef TIDY_TESTS_DEATH_H
#define TIDY_TESTS_DEATH_H

typedef void (*death_body_cb)(void *arg);

/* Fails the test unless the body ends in SIGABRT, with @p sentence somewhere in
 * what was written to standard error. */
#define assert_dies(body, arg, sentence)                                       \
    death_check((body), (arg), (sentence), __FILE__, __LINE__)

void death_check(death_body_cb body,
                 void *arg,
                 const char *sentence,
                 const char *file,
                 int line);

#endif
