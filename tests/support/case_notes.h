/* SPDX-License-Identifier: MIT */
/*
 * Which functions of a test have run, and in which order: each notes a letter.
 */
#ifndef TIDY_TESTS_CASE_NOTES_H
#define TIDY_TESTS_CASE_NOTES_H

#include "support/case_probe.h"

extern char case_notes[64];

void note(const char *letter);

/* A unit test that begins without notes. */
#define NOTES_TEST(fn) cmocka_unit_test_setup(fn, forget_notes)
int forget_notes(void **state);

/* Functions that only note "s", "b", "t" and "c". */
void pass_set_up(struct tidy_case *t);
void pass_body(struct tidy_case *t);
void pass_tear_down(struct tidy_case *t);
struct tidy_deferred *pass_clean_up(void *arg);

/* Fail at body.c:1. */
void fail_with(struct tidy_case *t, const char *text);

/* assert_case() without a server, and all notes so far. */
void assert_notes_of(const struct tidy_test *test,
                     int result,
                     const char *report,
                     const char *expected);

#endif
