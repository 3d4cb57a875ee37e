/* SPDX-License-Identifier: MIT */
/*
 * Cases driven by hand: what the verdict is, what the report says, and that the
 * next case is none the worse for it.
 */
#include "net/loop.h"
#include <tidysock/tidysock.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

static void never(const char *file, int line, const char *text)
{
    (void)file;
    (void)line;
    fail_msg("the host was asked to fail: %s", text);
}

static const struct tidy_host host = { .fail = never };

/* Run one test; its report goes to where the caller can look at it. */
static int run(const struct tidy_test *test, unsigned transport)
{
    static char report[4096];
    struct tidy_case *t;
    int result;

    assert_int_equal(tidy_case_begin(test, transport, &host, &t, NULL), 0);
    tidy_case_run(t);
    result = tidy_case_end(t);
    strncpy(report, tidy_case_report(t), sizeof(report) - 1);
    tidy_case_free(t);
    if (test->user)
        *(const char **)test->user = report;
    return result;
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
}

static void do_nothing(struct tidy_case *t)
{
    (void)t;
}

static void assert_next_passes(void)
{
    const struct tidy_test test = { .name = "next", .body = do_nothing };

    assert_int_equal(run(&test, TIDY_TCP), 0);
    assert_int_equal(run(&test, TIDY_UNIX), 0);
}

static void turn_once(struct tidy_case *t)
{
    tidy_case_turn(t);
}

static void leave_on_stack(struct tidy_case *t)
{
    uv_timer_t timer;

    assert_int_equal(uv_timer_init(tidy_case_uv(t), &timer), 0);
    uv_timer_start(&timer, on_timer, 30000, 0);
}

/* A handle on the body's returned stack is found without being looked into. */
static void a_handle_on_the_returned_stack_is_found(void **state)
{
    const unsigned transports[] = { TIDY_TCP, TIDY_UNIX, TIDY_NO_SERVER };
    const char *report = "";
    struct tidy_test test = { .name = "probe",
                              .body = leave_on_stack,
                              .user = &report };

    (void)state;
    for (size_t i = 0; i < TIDY_COUNT(transports); i++) {
        assert_int_equal(run(&test, transports[i]), TIDY_ELEFTOVER);
        assert_non_null(strstr(report, "on the returned stack of test probe"));
        assert_next_passes();
    }
}

/* ... also one of set_up's, before the body runs the loop. */
static void a_handle_of_set_up_is_found(void **state)
{
    const char *report = "";
    struct tidy_test test = { .name = "probe",
                              .set_up = leave_on_stack,
                              .body = turn_once,
                              .user = &report };

    (void)state;
    assert_int_equal(run(&test, TIDY_TCP), TIDY_ELEFTOVER);
    assert_non_null(strstr(report, "on the returned stack of test probe"));
    assert_next_passes();
}

static void leave_connected(struct tidy_case *t)
{
    static const struct tidy_protocol_ops ops = { .size = 0 };
    struct tidy_server *server = tidy_case_server(t);

    tidy_case_listen(
        t, server, tidy_factory_of(&ops, sizeof(struct tidy_protocol)));
    tidy_case_connect(t, server);
    leave_on_stack(t);
}

/* ... also when connections are open: their descriptors go with the loop. */
static void a_condemned_loop_leaves_no_descriptor(void **state)
{
    const char *report = "";
    struct tidy_test test = { .name = "probe",
                              .body = leave_connected,
                              .user = &report };

    (void)state;
    assert_int_equal(run(&test, TIDY_TCP), TIDY_ELEFTOVER);
    assert_null(strstr(report, "socket"));
    assert_int_equal(run(&test, TIDY_UNIX), TIDY_ELEFTOVER);
    assert_null(strstr(report, "socket"));
    assert_null(strstr(report, "path "));
    assert_next_passes();
}

static uv_timer_t static_timer;

static void leave_timer(struct tidy_case *t)
{
    uv_timer_init(tidy_case_uv(t), &static_timer);
    uv_timer_start(&static_timer, on_timer, 30000, 0);
}

/* A handle whose memory lasts is named, and closed for its owner. */
static void a_leaked_timer_is_named(void **state)
{
    const char *report = "";
    struct tidy_test test = { .name = "probe",
                              .body = leave_timer,
                              .user = &report };

    (void)state;
    assert_int_equal(run(&test, TIDY_NO_SERVER), TIDY_ELEFTOVER);
    assert_non_null(strstr(report, "probe: left behind\n  timer      due in "));
    assert_next_passes();
}

static uv_loop_t adopted;

static struct uv_loop_s *get_adopted(void)
{
    return &adopted;
}

/* The user's own loop serves case after case; with a handle it is refused. */
static void an_adopted_loop_must_be_empty(void **state)
{
    struct tidy_test test = { .name = "probe",
                              .body = do_nothing,
                              .get_loop = get_adopted };
    struct tidy_failure *failure = NULL;
    struct tidy_case *t;

    (void)state;
    assert_int_equal(uv_loop_init(&adopted), 0);
    assert_int_equal(run(&test, TIDY_TCP), 0);
    assert_int_equal(run(&test, TIDY_UNIX), 0);
    uv_timer_init(&adopted, &static_timer);
    assert_int_equal(tidy_case_begin(&test, TIDY_TCP, &host, &t, &failure),
                     -EBUSY);
    assert_non_null(strstr(tidy_failure_text(failure), "holds handles"));
    tidy_failure_unref(failure);
    uv_close((uv_handle_t *)&static_timer, NULL);
    uv_run(&adopted, UV_RUN_DEFAULT);
    assert_int_equal(run(&test, TIDY_TCP), 0);
    assert_int_equal(uv_loop_close(&adopted), 0);
}

static int n_patched = 1;

static void patch_twice(struct tidy_case *t)
{
    tidy_case_patch(t, &n_patched, 2);
    tidy_case_patch(t, &n_patched, 3);
    assert_int_equal(n_patched, 3);
}

/* Patches are undone. */
static void patches_end_with_the_case(void **state)
{
    struct tidy_test test = { .name = "probe", .body = patch_twice };

    (void)state;
    assert_int_equal(run(&test, TIDY_NO_SERVER), 0);
    assert_int_equal(n_patched, 1);
}

static char order[8];

static struct tidy_deferred *note_order(void *arg)
{
    strncat(order, arg, 1);
    return NULL;
}

static struct tidy_deferred *wait_in_vain(void *arg)
{
    struct tidy_case *t = arg;

    strncat(order, "b", 2);
    return tidy_case_deferred(t, "never");
}

static void add_clean_ups(struct tidy_case *t)
{
    static char first[] = "a", last[] = "c";

    order[0] = '\0';
    tidy_case_add_clean_up(t, note_order, first);
    tidy_case_add_clean_up(t, wait_in_vain, t);
    tidy_case_add_clean_up(t, note_order, last);
}

/* Clean-ups run last in, first out, all of them, even if one fails. */
static void all_clean_ups_run(void **state)
{
    const char *report = "";
    struct tidy_test test = { .name = "probe",
                              .body = add_clean_ups,
                              .user = &report };

    (void)state;
    assert_int_not_equal(run(&test, TIDY_TCP), 0);
    assert_string_equal(order, "cba");
    assert_non_null(strstr(report, "the clean-up added at "));
    assert_non_null(strstr(report, "test_case.c:"));
    assert_next_passes();
}

/* The thread sanitizer allows of no threads after a fork. */
#ifndef __SANITIZE_THREAD__
static void fork_and_exit(struct tidy_case *t)
{
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        exit(7);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    TIDY_CHECK(t, WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

/* libuv's threads are not in the child, which does not wait for them. */
static void a_forked_child_may_exit(void **state)
{
    const struct tidy_test test = { .name = "probe", .body = fork_and_exit };

    (void)state;
    assert_int_equal(run(&test, TIDY_NO_SERVER), 0);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handle_on_the_returned_stack_is_found),
        cmocka_unit_test(a_handle_of_set_up_is_found),
        cmocka_unit_test(a_condemned_loop_leaves_no_descriptor),
        cmocka_unit_test(a_leaked_timer_is_named),
        cmocka_unit_test(an_adopted_loop_must_be_empty),
        cmocka_unit_test(patches_end_with_the_case),
        cmocka_unit_test(all_clean_ups_run),
#ifndef __SANITIZE_THREAD__
        cmocka_unit_test(a_forked_child_may_exit),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
