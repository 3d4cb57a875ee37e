/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The watchdog: a test that hangs is named, and the process ended.
 *
 * For adapters, around each test; cmocka has no time limit of its own. A case
 * has a deadline, but only an await can keep it: a body that loops, or blocks
 * in a system call, never looks at the clock again. The watchdog's signal does.
 *
 * The limit is 4 times the test's deadline and 10 s more, so that the deadline,
 * which can say much more, always comes first. In the environment:
 *
 * - `TIDYSOCK_WATCHDOG`: the limit in seconds, a whole number; 0: no watchdog.
 * - `TIDYSOCK_TIMEOUT_MULTIPLIER`: scales the limit, whoever has set it.
 *
 * There is none while a debugger traces the process: neither when the test
 * starts nor, if it was attached to a test that hangs, when the time is up.
 */
#ifndef TIDYSOCK_WATCHDOG_H
#define TIDYSOCK_WATCHDOG_H

#include <tidysock/common.h>

TIDY_BEGIN_DECLS

/** The exit code of a process that the watchdog has ended; timeout(1)'s. */
#define TIDY_WATCHDOG_EXIT_CODE 124

/**
 * Start it: unless tidy_watchdog_stop() comes in time, a sentence with the
 * test's name is written to standard error, and the process ends with
 * TIDY_WATCHDOG_EXIT_CODE, without atexit(3) handlers.
 *
 * It takes SIGALRM, and a timer of its own: alarm(2) stays the test's. One per
 * process: a second start replaces the first.
 *
 * @param name         The running test. Copied; cut off after 200 bytes.
 * @param deadline_ns  The test's deadline; 0: TIDY_CASE_DEADLINE_NS.
 * @param last_words   Written to standard output before the end, e.g. TAP's
 *                     "Bail out!". Borrowed until the stop; may be NULL.
 */
TIDY_API void tidy_watchdog_start(const char *name,
                                  uint64_t deadline_ns,
                                  const char *last_words);

/** Stop it, and give SIGALRM back the disposition that it had before. Nothing
 *  happens if it is not running. */
TIDY_API void tidy_watchdog_stop(void);

TIDY_END_DECLS

#endif
