/* SPDX-License-Identifier: MIT */
/*
 * Leftovers: a body that leaves something behind, and the report that it must
 * get, whole. Each is followed by a case that passes: a leftover is ended, and
 * harms nobody after it.
 */
#ifndef TIDY_TESTS_LEFTOVER_PROBE_H
#define TIDY_TESTS_LEFTOVER_PROBE_H

#include "support/case_probe.h"

/* Rows as case_probe.h masks them, without the heading. */
void assert_left(tidy_body_cb body, const char *rows);

/* A body: leave a timer of libuv's that is not due yet, with a callback that has
 * a name. */
void leave_timer(struct tidy_case *t);

#endif
