/* SPDX-License-Identifier: MIT */
/*
 * What bodies do to the process of their run, and what is said of it.
 */
#include "sim/body.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ------------------------------------------------------------------- harness */

/* Flags of the test, which its bodies see in whatever process they are. */
static int *flags;

static int set_up(void **state)
{
    (void)state;
    flags = mmap(NULL,
                 sizeof(*flags),
                 PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS,
                 -1,
                 0);
    return flags == MAP_FAILED ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    return munmap(flags, sizeof(*flags));
}

static void assert_next(struct tidy_world_runner *runner,
                        enum tidy_outcome outcome,
                        const char *text)
{
    struct tidy_world_report *report = tidy_world_runner_run(runner, NULL);
    const char *said = tidy_world_report_text(report);

    if (tidy_world_report_outcome(report) != outcome || !strstr(said, text))
        fail_msg("%s: \"%s\", expected %s: \"%s\"",
                 tidy_outcome_name(tidy_world_report_outcome(report)),
                 said,
                 tidy_outcome_name(outcome),
                 text);
    tidy_world_report_free(report);
}

/* The first run of a body, after a warm-up, and the next. */
static void assert_always(tidy_world_body_cb body,
                          enum tidy_outcome outcome,
                          const char *text)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(body, NULL, TIDY_WARM_UP_OUTSIDE);

    assert_next(runner, outcome, text);
    assert_next(runner, outcome, text);
    tidy_world_runner_free(runner);
}

/* ----------------------------------------------------------- real descriptors */

static void leave_open(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        CHECK(open("/dev/zero", O_RDONLY) >= 0);
}

static void real_descriptors_left_are_named(void **state)
{
    (void)state;
    assert_always(leave_open, TIDY_OUTCOME_LEFTOVER, "left behind, real");
    assert_always(leave_open, TIDY_OUTCOME_LEFTOVER, " /dev/zero");
}

/* Far from the others, it is found by the first run of a process. */
static void leave_open_far_away(void *arg)
{
    int fd;

    (void)arg;
    if (!tidy_world_is_inside())
        return;
    fd = open("/dev/zero", O_RDONLY);
    CHECK(fcntl(fd, F_DUPFD, 400) == 400);
    close(fd);
}

static void a_high_number_is_named(void **state)
{
    (void)state;
    assert_always(
        leave_open_far_away, TIDY_OUTCOME_LEFTOVER, "\n  400  /dev/zero");
}

static void open_once(void *arg)
{
    static int fd = -1;

    (void)arg;
    if (fd < 0)
        fd = open("/dev/zero", O_RDONLY);
}

static void what_the_warm_up_opened_may_stay(void **state)
{
    (void)state;
    assert_always(open_once, TIDY_OUTCOME_PASSED, "");
}

/* Without a warm-up nobody knows what is opened once. */
static void without_a_warm_up_nothing_is_blamed(void **state)
{
    (void)state;
    assert_passes(leave_open, NULL);
}

static void close_by_number(void *arg)
{
    int fd;

    (void)arg;
    for (fd = 0; tidy_world_is_inside() && fd < 1024; fd++)
        close(fd);
}

static void close_by_range(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        close_range(3, ~0U, 0);
}

static void close_by_system_call(void *arg)
{
    int fd;

    (void)arg;
    for (fd = 3; tidy_world_is_inside() && fd < 1024; fd++)
        syscall(SYS_close, fd);
}

/* Among them is the one by which the process answers. */
static void who_closes_all_is_told(void **state)
{
    static const char text[] = "closed real descriptors that are not its own\n";

    (void)state;
    assert_always(close_by_number, TIDY_OUTCOME_FAILED, text);
    assert_always(close_by_range, TIDY_OUTCOME_FAILED, text);
    assert_always(close_by_system_call, TIDY_OUTCOME_FAILED, text);
    assert_ends(close_by_number, NULL, TIDY_OUTCOME_FAILED, text);
}

static void close_outside(void *arg)
{
    (void)arg;
    if (!tidy_world_is_inside())
        close_range(3, 511, 0);
}

static void close_reserved_outside(void *arg)
{
    (void)arg;
    if (!tidy_world_is_inside())
        close(512);
}

static void a_warm_up_that_closes_all_is_told(void **state)
{
    (void)state;
    assert_always(close_outside,
                  TIDY_OUTCOME_FAILED,
                  "closed real descriptors that are not its own\n");
    assert_always(close_reserved_outside,
                  TIDY_OUTCOME_CRASHED,
                  "in the warm-up, outside of any world, the process was ended "
                  "by signal 6 (Aborted)");
}

/* ------------------------------------------------------------------- processes */

static void exit_3(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        exit(3);
}

static void exit_0_at_once(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        _exit(0);
}

static void exit_as_a_failed_run(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        _exit(97);
}

static void end_by_signal(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        kill(getpid(), SIGTERM);
}

static void who_ends_the_process_is_told(void **state)
{
    (void)state;
    assert_always(exit_3, TIDY_OUTCOME_CRASHED, "has left by exit(3)");
    assert_always(exit_0_at_once, TIDY_OUTCOME_CRASHED, "has left by exit(0)");
    assert_always(
        exit_as_a_failed_run, TIDY_OUTCOME_CRASHED, "has left by exit(97)");
    assert_always(
        end_by_signal, TIDY_OUTCOME_CRASHED, "by signal 15 (Terminated)");
}

static void exit_outside(void *arg)
{
    (void)arg;
    if (!tidy_world_is_inside())
        _exit(0);
}

static void a_warm_up_that_exits_is_told(void **state)
{
    (void)state;
    assert_always(exit_outside,
                  TIDY_OUTCOME_CRASHED,
                  "in the warm-up, outside of any world, the process has left "
                  "by exit(0)");
}

/* What an earlier run has shown is not taken for what this one does. */
static void fail_and_exit_by_flag(void *arg)
{
    (void)arg;
    if (*flags && tidy_world_is_inside())
        tidy_world_fail("by the flag");
    if (*flags)
        _exit(0);
}

static void no_report_is_of_an_earlier_run(void **state)
{
    struct tidy_world_runner *runner = tidy_world_runner_new(
        fail_and_exit_by_flag, NULL, TIDY_WARM_UP_OUTSIDE);

    (void)state;
    assert_next(runner, TIDY_OUTCOME_PASSED, "");
    *flags = 1;
    assert_next(runner, TIDY_OUTCOME_UNCONTROLLED, "in the warm-up");
    *flags = 0;
    assert_next(runner, TIDY_OUTCOME_PASSED, "");
    tidy_world_runner_free(runner);
}

static void fork_outside(void *arg)
{
    (void)arg;
    if (!tidy_world_is_inside())
        fork();
}

/* The child goes no further. */
static void a_warm_up_that_forks_runs_once(void **state)
{
    (void)state;
    assert_always(fork_outside, TIDY_OUTCOME_PASSED, "");
}

static void ignoring_children_does_no_harm(void **state)
{
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_always(leave_open, TIDY_OUTCOME_LEFTOVER, "left behind, real");
    assert_always(exit_3, TIDY_OUTCOME_CRASHED, "has left");
    signal(SIGCHLD, SIG_DFL);
}

static void write_everywhere(void *arg)
{
    int idx;

    (void)arg;
    for (idx = 3; tidy_world_is_inside() && idx < 64; idx++)
        write(idx, "d", 1);
    for (idx = 0; tidy_world_is_inside() && idx < 20000; idx++)
        usleep(1);
}

/* What the process did not say when its run was over is no answer. */
static void who_writes_to_the_runner_is_not_heard(void **state)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(write_everywhere, NULL, TIDY_WARM_UP_OUTSIDE);
    int idx;

    (void)state;
    for (idx = 0; idx < 3; idx++) {
        struct tidy_world_report *report = tidy_world_runner_run(runner, NULL);

        assert_int_equal(tidy_world_report_outcome(report),
                         TIDY_OUTCOME_PASSED);
        assert_int_equal(tidy_world_report_n_steps(report), 20000);
        tidy_world_report_free(report);
    }
    tidy_world_runner_free(runner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_descriptors_left_are_named),
        cmocka_unit_test(a_high_number_is_named),
        cmocka_unit_test(what_the_warm_up_opened_may_stay),
        cmocka_unit_test(without_a_warm_up_nothing_is_blamed),
        cmocka_unit_test(who_closes_all_is_told),
        cmocka_unit_test(a_warm_up_that_closes_all_is_told),
        cmocka_unit_test(who_ends_the_process_is_told),
        cmocka_unit_test(a_warm_up_that_exits_is_told),
        cmocka_unit_test_setup_teardown(
            no_report_is_of_an_earlier_run, set_up, tear_down),
        cmocka_unit_test(a_warm_up_that_forks_runs_once),
        cmocka_unit_test(ignoring_children_does_no_harm),
        cmocka_unit_test(who_writes_to_the_runner_is_not_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
