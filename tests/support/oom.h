/* SPDX-License-Identifier: MIT */
/*
 * Memory that runs out on purpose.
 *
 * A fixture calls oom_begin() before anything of the library exists, and
 * oom_end() when nothing of it exists any more; between them every block is
 * counted, and one allocation may be made to fail.
 */
#ifndef TIDY_TESTS_OOM_H
#define TIDY_TESTS_OOM_H

#include <stdbool.h>
#include <stddef.h>

/* Count the library's blocks from here on. */
void oom_begin(void);

/* Back to the C library's allocator. Returns the number of blocks that were
 * not given back; may be called twice. */
size_t oom_end(void);

/* Let the n-th allocation from here on fail, once; n from 1, 0: none. */
void oom_fail_nth(size_t n);

/* Has that allocation failed? */
bool oom_has_failed(void);

/* Blocks that have not been given back. */
size_t oom_n_blocks(void);

/* Allocations since oom_begin(), failed ones too. */
size_t oom_n_allocations(void);

/*
 * Run a body again and again: its first allocation fails, then its second, and
 * so on, until none has failed. Each run must give back all that it takes. The
 * body asks oom_has_failed() what to expect. Only after oom_begin().
 */
typedef void (*oom_body_cb)(void *arg);
void oom_try_all(oom_body_cb body, void *arg);

/* For cmocka: the two as set-up and teardown; the teardown fails if something
 * is left. */
int oom_set_up(void **state);
int oom_tear_down(void **state);

/* A test with no more of a fixture than that. */
#define oom_unit_test(fn)                                                      \
    cmocka_unit_test_setup_teardown(fn, oom_set_up, oom_tear_down)

#endif
