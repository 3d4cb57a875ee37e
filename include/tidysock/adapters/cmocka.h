/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Tests in cmocka: glue, header only. Link with cmocka's shared library.
 *
 * A test that passes but leaves something behind fails, with the report. Every
 * check of cmocka's works in set_up, body, tear_down and in every callback of a
 * protocol, a deferred or a timer: it ends the function that it is in, and the
 * test fails at the line of the check once the loop has been left. In a raw
 * libuv callback use TIDY_CHECK(): no jump may leave that.
 *
 * Either with a main function of ours, which lists and filters tests and knows
 * when one hangs (tidysock/adapters/cmocka_main.h):
 *
 *     int main(void)
 *     {
 *         const struct tidy_test tests[] = { TIDY_TEST(test_echo) };
 *
 *         return tidy_cmocka_run(tests, TIDY_COUNT(tests));
 *     }
 *
 * or in a group of your own, beside tests without tidysock:
 *
 *     const struct CMUnitTest tests[] = {
 *         cmocka_unit_test(test_parser),
 *         TIDY_CMOCKA_TEST(test_echo, .deadline_ns = TIDY_S(1)),
 *     };
 *
 *     return cmocka_run_group_tests(tests, group_setup, group_teardown);
 *
 * What it needs is defined here, weakly: any number of a program's source files
 * may include it. (In C++ include it before <cmocka.h>, which forgets to say
 * that its functions are C's.) Among that are some of cmocka's own functions,
 * so that cmocka and the tests call us first:
 *
 * - `_fail`, `mock_assert`: a check that fails ends what it is in, by our jump.
 * - `_skip`: a test cannot be skipped from a callback, which is said.
 * - `cmocka_set_message_output`: so that reports go where the output goes.
 * - `_cmocka_run_group_tests`: our tests find themselves even if the group's
 *   setup sets a state, which other tests get as ever.
 *
 * expect_assert_failure(), mocks and skip() work in the body. A mock without a
 * value that fails in a callback leaves it by cmocka's own jump, which nobody
 * can hold: the test fails, its loop is given up, and the report says so. The
 * same goes for a signal such as SIGSEGV, which cmocka catches.
 */
#ifndef TIDYSOCK_ADAPTERS_CMOCKA_H
#define TIDYSOCK_ADAPTERS_CMOCKA_H

#include <tidysock/adapters/cmocka_glue.h>
#include <tidysock/adapters/cmocka_group.h>
#include <tidysock/adapters/cmocka_main.h>
#include <tidysock/case.h>
#include <tidysock/common.h>
#include <tidysock/watchdog.h>

TIDY_BEGIN_DECLS

/* ------------------------------------------------ tests in a group of yours */

/**
 * A test on TCP and on Unix sockets: two elements of an array of struct
 * CMUnitTest, named "fn[tcp]" and "fn[unix]": TIDY_CMOCKA_TEST(fn, ...).
 *
 * @param ...  fn, a tidy_body_cb; then further members of struct tidy_test:
 *             .set_up, .tear_down, .get_server, .get_loop, .deadline_ns, .user.
 *
 * In a function the array must not be static; outside of one it may be.
 */
#define TIDY_CMOCKA_TEST(...)                                                  \
    TIDY_CMOCKA_TEST_TCP(__VA_ARGS__), TIDY_CMOCKA_TEST_UNIX(__VA_ARGS__)

/** On TCP only: one element, "fn[tcp]". */
#define TIDY_CMOCKA_TEST_TCP(...)                                              \
    TIDY__CMOCKA_TEST(TIDY_TCP, "[tcp]", tidy__cmocka_tcp, __VA_ARGS__, )

/** On Unix sockets only: one element, "fn[unix]". */
#define TIDY_CMOCKA_TEST_UNIX(...)                                             \
    TIDY__CMOCKA_TEST(TIDY_UNIX, "[unix]", tidy__cmocka_unix, __VA_ARGS__, )

/** Without a server, or with get_server's: one element, "fn". */
#define TIDY_CMOCKA_TEST_PLAIN(...)                                            \
    TIDY__CMOCKA_TEST(TIDY_NO_SERVER, "", tidy__cmocka_plain, __VA_ARGS__, )

void tidy__cmocka_tcp(void **state);
void tidy__cmocka_unix(void **state);
void tidy__cmocka_plain(void **state);
int tidy__cmocka_teardown(void **state);

#ifdef __cplusplus
#define TIDY__CMOCKA_STATE(...)                                                \
    ([]() -> void * {                                                          \
        static struct tidy_test tidy__test = __VA_ARGS__;                      \
        return &tidy__test;                                                    \
    }())
#else
#define TIDY__CMOCKA_STATE(...) ((void *)&(struct tidy_test)__VA_ARGS__)
#endif

#define TIDY__CMOCKA_TEST(transport, suffix, run, fn, ...)                     \
    {                                                                          \
#fn suffix, run, NULL, tidy__cmocka_teardown,                          \
            TIDY__CMOCKA_STATE(TIDY__TEST(transport, fn, __VA_ARGS__))         \
    }

/* --------------------------------------------------------- running one test */

void tidy__cmocka_host_fail(const char *file, int line, const char *text);
void tidy__cmocka_write_last_words(const char *name);
void tidy__cmocka_fail_at(const struct tidy_test *test,
                          const char *file,
                          int line);
void tidy__cmocka_end(const struct tidy_test *test, struct tidy_case *t);
void tidy__cmocka_run(const struct tidy_test *test,
                      unsigned transport,
                      const char *suffix);
/* There if the program includes tidysock/adapters/cmocka_world.h. */
void tidy__cmocka_world_abandon(void) __attribute__((weak));
bool tidy__cmocka_world_run(const struct tidy_test *test,
                            unsigned transport,
                            const char *suffix) __attribute__((weak));
/* There if the program includes tidysock/adapters/cmocka_explore.h. */
bool tidy__cmocka_explore_run(const struct tidy_test *test,
                              unsigned transport,
                              const char *suffix) __attribute__((weak));

TIDY__CMOCKA_WEAK void
tidy__cmocka_host_fail(const char *file, int line, const char *text)
{
    tidy__cmocka_print(text);
    tidy__cmocka_raise(file, line);
}

/* What the reader of the machine's output is told if it has no end. */
TIDY__CMOCKA_WEAK void tidy__cmocka_write_last_words(const char *name)
{
    char *words = tidy__cmocka.last_words;
    size_t size = sizeof(tidy__cmocka.last_words);

    words[0] = '\0';
    if (tidy__cmocka_output() == CM_OUTPUT_TAP)
        snprintf(words, size, "Bail out! %.200s hangs\n", name);
    if (tidy__cmocka_output() == CM_OUTPUT_SUBUNIT)
        snprintf(words, size, "error: %.200s [ hangs ]\n", name);
    if (tidy__cmocka_output() == CM_OUTPUT_XML && !getenv("CMOCKA_XML_FILE"))
        snprintf(words,
                 size,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\" ?>\n"
                 "<testsuites>\n"
                 "  <testsuite name=\"%.200s\" time=\"0.000\" tests=\"1\" "
                 "failures=\"0\" errors=\"1\" skipped=\"0\" >\n"
                 "    <testcase name=\"%.200s\" time=\"0.000\" >\n"
                 "      <error message=\"hangs\" />\n"
                 "    </testcase>\n"
                 "  </testsuite>\n"
                 "</testsuites>\n",
                 tidy__cmocka.group_name ? tidy__cmocka.group_name : "tests",
                 name);
}

/* At a failure's place; at the test's, if it has none. */
TIDY__CMOCKA_WEAK void
tidy__cmocka_fail_at(const struct tidy_test *test, const char *file, int line)
{
    tidy_watchdog_stop();
    if (line)
        tidy__cmocka_raise(file, line);
    tidy__cmocka_raise(test->file ? test->file : test->name, test->line);
}

/* The verdict is the body's: cmocka makes less of a failing teardown. */
TIDY__CMOCKA_WEAK void tidy__cmocka_end(const struct tidy_test *test,
                                        struct tidy_case *t)
{
    int result = tidy_case_end(t);
    const char *file = tidy_case_failure_file(t);
    int line = tidy_case_failure_line(t);

    tidy__cmocka_print(tidy_case_report(t));
    tidy_case_free(t);
    if (result < 0)
        tidy__cmocka_fail_at(test, file, line);
    tidy_watchdog_stop();
}

TIDY__CMOCKA_WEAK void tidy__cmocka_run(const struct tidy_test *test,
                                        unsigned transport,
                                        const char *suffix)
{
    static const struct tidy_host host = { sizeof(struct tidy_host),
                                           tidy__cmocka_host_fail };
    struct tidy_failure *failure = NULL;
    struct tidy_case *t = NULL;
    char name[256], text[1024];

    snprintf(name, sizeof(name), "%s%s", test->name, suffix);
    tidy__cmocka.thread = pthread_self();
    if (tidy__cmocka_explore_run &&
        tidy__cmocka_explore_run(test, transport, suffix))
        return;
    if (tidy__cmocka_world_run &&
        tidy__cmocka_world_run(test, transport, suffix))
        return;
    tidy__cmocka_write_last_words(name);
    tidy_watchdog_start(name, test->deadline_ns, tidy__cmocka.last_words);
    if (tidy_case_begin(test, transport, &host, &t, &failure) < 0) {
        snprintf(
            text, sizeof(text), "%s: %.700s", name, tidy_failure_text(failure));
        tidy__cmocka_print(text);
        tidy_failure_unref(failure);
        tidy__cmocka_fail_at(test, NULL, 0);
    }
    tidy_case_run(t);
    tidy__cmocka_end(test, t);
}

TIDY__CMOCKA_WEAK void tidy__cmocka_tcp(void **state)
{
    tidy__cmocka_run((const struct tidy_test *)*state, TIDY_TCP, "[tcp]");
}

TIDY__CMOCKA_WEAK void tidy__cmocka_unix(void **state)
{
    tidy__cmocka_run((const struct tidy_test *)*state, TIDY_UNIX, "[unix]");
}

TIDY__CMOCKA_WEAK void tidy__cmocka_plain(void **state)
{
    tidy__cmocka_run((const struct tidy_test *)*state, TIDY_NO_SERVER, "");
}

/*
 * Only when a jump that we don't hold has left the body is there still a case:
 * skip(), a mock without a value, a signal such as SIGSEGV, which cmocka
 * catches. The test has its verdict then; what the end of the case has to say
 * is added to it.
 */
TIDY__CMOCKA_WEAK int tidy__cmocka_teardown(void **state)
{
    struct tidy_case *t = tidy_case_current();

    (void)state;
    if (tidy__cmocka.leave)
        tidy__cmocka_world_abandon();
    if (t) {
        tidy_case_end(t);
        if (*tidy_case_report(t))
            tidy__cmocka_append("\n");
        tidy__cmocka_print(tidy_case_report(t));
        tidy_case_free(t);
    }
    tidy_watchdog_stop();
    return 0;
}

TIDY_END_DECLS

#endif
