/* SPDX-License-Identifier: MIT */
/*
 * Cases of a host that only looks: for tests of what a case says.
 *
 * A report is compared as a whole, with what differs from run to run masked:
 *
 *   PORT1, PORT2    ports of 127.0.0.1 and [::1], in order of appearance
 *   PRIVATE/t#      paths in the private directory
 *   due in # s      the time that is left of a timer
 *   program+0x#     a function that has no name in the program's symbols
 *   await.c:#       a line of the library's own
 *   two spaces      for as many as a column needs
 */
#ifndef TIDY_TESTS_CASE_PROBE_H
#define TIDY_TESTS_CASE_PROBE_H

#include <tidysock/case.h>

/* A host whose fail() must not be needed: it fails the test. */
extern const struct tidy_host case_probe_host;

/* Mask a report; the result is borrowed until the next call. */
const char *case_probe_masked(const char *report);

/*
 * Run a test as an adapter does, from begin to free. Fails the test unless the
 * case ends with this result and this masked report.
 */
#define assert_case(test, transport, result, report)                           \
    case_probe_check((test), (transport), (result), (report), TIDY_HERE)
void case_probe_check(const struct tidy_test *test,
                      unsigned transport,
                      int result,
                      const char *report,
                      const char *file,
                      int line);

/* Run a body that is to leave nothing behind, and pass. */
#define assert_case_passes(body_, transport)                                   \
    assert_case(&((struct tidy_test){ .name = "t", .body = (body_) }),         \
                (transport),                                                   \
                0,                                                             \
                "")

/* Run a body whose case is to fail with a report, on no transport. */
#define assert_case_fails(body_, result, report)                               \
    assert_case(&((struct tidy_test){ .name = "t", .body = (body_) }),         \
                TIDY_NO_SERVER,                                                \
                (result),                                                      \
                (report))

#endif
