/* SPDX-License-Identifier: MIT */
/*
 * A runner's patience with a body that makes no call.
 */
#include "sim/runner.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 30

static void assert_silent(tidy_world_body_cb body, const char *text)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(body, NULL, TIDY_WARM_UP_OUTSIDE);
    struct tidy_world_report *report;

    tidy__sim_runner_be_patient(runner, PATIENCE_MS);
    report = tidy_world_runner_run(runner, NULL);
    assert_string_equal(tidy_world_report_text(report), text);
    assert_int_equal(tidy_world_report_outcome(report), TIDY_OUTCOME_LIMIT);
    tidy_world_report_free(report);
    tidy_world_runner_free(runner);
    /* It has been waited for, too. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void loop_inside(void *arg)
{
    volatile bool is_inside = tidy_world_is_inside();

    (void)arg;
    while (is_inside)
        ;
}

static void loop_outside(void *arg)
{
    volatile bool is_outside = !tidy_world_is_inside();

    (void)arg;
    while (is_outside)
        ;
}

/* Nor does it help to close what the runner is answered by. */
static void close_and_loop(void *arg)
{
    int fd;

    for (fd = 3; tidy_world_is_inside() && fd < 512; fd++)
        close(fd);
    loop_inside(arg);
}

static void a_silent_body_is_killed(void **state)
{
    (void)state;
    assert_silent(loop_inside, "the body made no call for 30 ms");
    assert_silent(close_and_loop, "the body made no call for 30 ms");
}

static void a_silent_warm_up_is_killed(void **state)
{
    (void)state;
    assert_silent(loop_outside,
                  "the warm-up, outside of any world, did not end, and made no "
                  "call for 30 ms");
}

/* Goes on while there are calls, for longer than the patience. */
static void advance(void *arg)
{
    const uint64_t *n = arg;
    uint64_t idx, spin;

    for (idx = 0; tidy_world_is_inside() && idx < *n; idx++) {
        tidy_world_advance(1000);
        for (spin = 0; spin < 1000; spin++)
            __asm__ volatile("");
    }
}

static void on_alarm(int sig)
{
    (void)sig;
}

/* Signals that the caller gets meanwhile change nothing. */
static void a_signal_does_not_end_patience(void **state)
{
    const struct itimerval often = { .it_value.tv_usec = 1000,
                                     .it_interval.tv_usec = 1000 };
    const struct itimerval never = { .it_value.tv_usec = 0 };
    const struct sigaction action = { .sa_handler = on_alarm };
    uint64_t n = 20000;
    struct tidy_world_runner *runner =
        tidy_world_runner_new(advance, &n, TIDY_WARM_UP_OUTSIDE);
    struct tidy_world_report *report;
    struct sigaction before;

    (void)state;
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    report = tidy_world_runner_run(runner, NULL);
    setitimer(ITIMER_REAL, &never, NULL);
    sigaction(SIGALRM, &before, NULL);
    assert_string_equal(tidy_world_report_text(report), "");
    assert_int_equal(tidy_world_report_duration_ns(report), 1000 * n);
    tidy_world_report_free(report);
    tidy_world_runner_free(runner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_body_is_killed),
        cmocka_unit_test(a_silent_warm_up_is_killed),
        cmocka_unit_test(a_signal_does_not_end_patience),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
