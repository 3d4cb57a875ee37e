/* SPDX-License-Identifier: MIT */
/*
 * Options that no world can be like, and schedules that are of another body.
 */
#include "sim/body.h"
#include "support/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define ALL .kinds = TIDY_CHOICES_ALL

/* Asks for choices: which of two is ready, and more. */
static void body(void *arg)
{
    struct epoll_event events[2] = { { .events = EPOLLOUT } };
    int epfd = epoll_create1(0), fds[2];

    (void)arg;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(epoll_ctl(epfd, EPOLL_CTL_ADD, fds[0], events) == 0);
    CHECK(epoll_ctl(epfd, EPOLL_CTL_ADD, fds[1], events) == 0);
    CHECK(epoll_wait(epfd, events, 2, 0) >= 0);
    close(fds[0]);
    close(fds[1]);
    close(epfd);
}

static void assert_run(const struct tidy_world_options *options,
                       enum tidy_outcome outcome,
                       const char *text)
{
    struct tidy_world_report *report = tidy_world_run(options, body, NULL);
    const char *said = tidy_world_report_text(report);

    if (tidy_world_report_outcome(report) != outcome || !strstr(said, text))
        fail_msg("%s: \"%s\", expected %s: \"%s\"",
                 tidy_outcome_name(tidy_world_report_outcome(report)),
                 said,
                 tidy_outcome_name(outcome),
                 text);
    tidy_world_report_free(report);
}

static void assert_refused(struct tidy_world_options options, const char *text)
{
    char *const argv[] = { (char *)(uintptr_t) "true", NULL };
    struct tidy_world_report *report;

    assert_run(&options, TIDY_OUTCOME_NOT_RUN, text);
    /* The same for programs. */
    report = tidy_world_run_program(&options, argv);
    assert_int_equal(tidy_world_report_outcome(report), TIDY_OUTCOME_NOT_RUN);
    assert_non_null(strstr(tidy_world_report_text(report), text));
    tidy_world_report_free(report);
}

static void what_there_is_not_is_refused(void **state)
{
    (void)state;
    assert_refused((struct tidy_world_options){ .size = 3 },
                   "options of 3 bytes: this library knows those of ");
    assert_refused((struct tidy_world_options){ .kinds = TIDY_CHOICES_ALL + 1 },
                   "the highest kind of choice is bit ");
    assert_refused((struct tidy_world_options){ .profile = 7 },
                   "there is no profile 7");
}

static void contradictions_are_refused(void **state)
{
    static const uint32_t choices[] = { 0 };

    (void)state;
    assert_refused(
        (struct tidy_world_options){ ALL, .seed = 1, .choices = choices },
        "either a seed or choices, not both");
    assert_refused((struct tidy_world_options){ ALL, .n_choices = 1 },
                   "and choices is NULL");
    assert_refused((struct tidy_world_options){ .seed = 1 },
                   "a seed, but no kind of choice");
    assert_refused(
        (struct tidy_world_options){ .choices = choices, .n_choices = 1 },
        "choices, but no kind of choice");
    assert_refused((struct tidy_world_options){ ALL,
                                                .choices = choices,
                                                .n_choices = 1024 * 1024 + 1 },
                   "the schedule is too long");
}

/* The list of a run replays it: as it is, or cut off where it is calm. */
static void a_list_of_the_body_is_taken(void **state)
{
    struct tidy_world_options options = { ALL,
                                          .size = sizeof(options),
                                          .has_trace = true };
    struct tidy_world_report *report = tidy_world_run(&options, body, NULL);
    const uint32_t *choices =
        tidy_world_report_choices(report, &options.n_choices);

    (void)state;
    assert_true(options.n_choices > 1);
    options.choices = choices;
    assert_run(&options, TIDY_OUTCOME_PASSED, "");
    options.n_choices--;
    assert_run(&options, TIDY_OUTCOME_PASSED, "");
    options.n_choices = 0;
    assert_run(&options, TIDY_OUTCOME_PASSED, "");
    tidy_world_report_free(report);
}

static void a_damaged_list_is_astray(void **state)
{
    uint32_t choices[64] = { 99 };
    struct tidy_world_options options = { ALL,
                                          .choices = choices,
                                          .n_choices = 1 };

    (void)state;
    assert_run(&options,
               TIDY_OUTCOME_ASTRAY,
               "choice 1 is not one of 2 (emfile): the schedule is of another "
               "body, or damaged");
    choices[0] = UINT32_MAX;
    assert_run(&options, TIDY_OUTCOME_ASTRAY, "choice 1 is not one of 2");
    choices[0] = 0;
    options.n_choices = TIDY_COUNT(choices);
    assert_run(&options, TIDY_OUTCOME_ASTRAY, ", and the schedule has 64: ");
}

static void run_nothing(void *arg)
{
    (void)arg;
    tidy_world_run(NULL, NULL, NULL);
}

static void make_nothing(void *arg)
{
    (void)arg;
    tidy_world_runner_new(NULL, NULL, TIDY_WARM_UP_NONE);
}

static void run_by_nothing(void *arg)
{
    (void)arg;
    tidy_world_runner_run(NULL, NULL);
}

static void misuse_aborts(void **state)
{
    (void)state;
    assert_dies(run_nothing, NULL, "tidy_world_run: the body is NULL");
    assert_dies(make_nothing, NULL, "tidy_world_runner_new: the body is NULL");
    assert_dies(
        run_by_nothing, NULL, "tidy_world_runner_run: the runner is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_there_is_not_is_refused),
        cmocka_unit_test(contradictions_are_refused),
        cmocka_unit_test(a_list_of_the_body_is_taken),
        cmocka_unit_test(a_damaged_list_is_astray),
        cmocka_unit_test(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
