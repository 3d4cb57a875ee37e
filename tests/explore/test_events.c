/* SPDX-License-Identifier: MIT */
/*
 * The events of a run, as a report gets them.
 */
#include "explore/bodies.h"
#include "sim/echo.h"
#include "sim/event.h"
#include "sim/record.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define FIRST_FD 512 /* of a world */

static struct tidy_world_report *run(tidy_world_body_cb body,
                                     const struct tidy_world_options *options)
{
    struct tidy_world_options all =
        options ? *options : (struct tidy_world_options){ 0 };

    all.has_events = true;
    return tidy_world_run(&all, body, NULL);
}

/* The nth event of that type and name, from 0. */
static const struct sim_event *find(const struct sim_events *events,
                                    enum sim_event_type type,
                                    const char *name,
                                    size_t n)
{
    const struct sim_event *event = NULL;

    while ((event = tidy__sim_events_next(events, event)) != NULL) {
        if (event->type == type && strcmp(event->name, name) == 0 && n-- == 0)
            return event;
    }
    fail_msg("no %s %s", tidy__sim_event_type_name(type), name);
    return NULL;
}

/* Those who did not ask get none. */
static void none_are_kept_unasked(void **state)
{
    struct tidy_world_report *report = tidy_world_run(NULL, body_drop, NULL);

    (void)state;
    assert_null(tidy__sim_report_events(report));
    tidy_world_report_free(report);
}

/* The text of the trace is another option. */
static void the_trace_is_not_kept_with_them(void **state)
{
    struct tidy_world_report *report = run(body_drop, NULL);

    (void)state;
    assert_string_equal(tidy_world_report_trace(report), "");
    assert_int_equal(tidy_world_report_outcome(report), TIDY_OUTCOME_PASSED);
    tidy_world_report_free(report);
}

/* In calm nothing is in flight, and yet it is said what goes where. */
static void data_has_a_sender_and_a_receiver(void **state)
{
    struct tidy_world_report *report = run(body_request, NULL);
    const struct sim_events *events = tidy__sim_report_events(report);
    const struct sim_event *sent = find(events, SIM_EVENT_SENT, "data", 0);
    const struct sim_event *accepted =
        find(events, SIM_EVENT_CALL, "accept", 0);

    (void)state;
    assert_false(sent->is_held);
    assert_int_equal(sent->len, 4);
    assert_memory_equal(sent->data, "GET ", 4);
    assert_int_equal(sent->peer, accepted->peer);
    assert_string_equal(tidy__sim_events_actor(events, sent->actor)->name,
                        "browser");
    assert_int_equal(tidy__sim_events_actor(events, sent->peer)->parent,
                     accepted->actor);
    tidy_world_report_free(report);
}

/* What is held arrives later, under the same number. */
static void departure_and_arrival_are_paired(void **state)
{
    static const uint32_t choices[] = { 0, 0, 0, 0, 1 };
    struct tidy_world_report *report =
        run(body_request,
            &(struct tidy_world_options){ .kinds = TIDY_CHOICES_ORDERS,
                                          .choices = choices,
                                          .n_choices = TIDY_COUNT(choices) });
    const struct sim_events *events = tidy__sim_report_events(report);
    const struct sim_event *arrived =
        find(events, SIM_EVENT_ARRIVED, "data", 0);
    const struct sim_event *sent = NULL;

    (void)state;
    while ((sent = tidy__sim_events_next(events, sent)) != NULL) {
        if (sent->segment == arrived->segment)
            break;
    }
    assert_int_equal(sent->type, SIM_EVENT_SENT);
    assert_true(sent->is_held);
    assert_int_equal(sent->actor, arrived->actor);
    assert_int_equal(sent[-1].type, SIM_EVENT_CHOICE);
    assert_int_equal(sent[-1].taken, 1);
    assert_int_equal(sent[-1].idx, 4);
    assert_true(sent->now_ns < arrived->now_ns);
    tidy_world_report_free(report);
}

/* Static functions, too; and nobody but the program's. */
static void calls_have_the_names_of_their_callers(void **state)
{
    struct tidy_world_report *report = run(body_drop, NULL);
    const struct sim_events *events = tidy__sim_report_events(report);
    const struct sim_event *accepted =
        find(events, SIM_EVENT_CALL, "accept", 0);
    const struct sim_event *waited =
        find(events, SIM_EVENT_CALL, "epoll_wait", 0);

    (void)state;
    assert_string_equal(accepted->callers[0], "on_connection");
    assert_string_equal(accepted->callers[1], "body_drop");
    assert_null(accepted->callers[2]);
    assert_string_equal(waited->callers[0], "body_drop");
    tidy_world_report_free(report);
}

static void echo(void *arg)
{
    (void)arg;
    echo_run();
}

/* Below an event loop it is the callback that has the name; what the loop itself
 * calls is told from that. */
static void callbacks_of_a_loop_have_names(void **state)
{
    struct tidy_world_report *report = run(echo, NULL);
    const struct sim_events *events = tidy__sim_report_events(report);
    const struct sim_event *accepted =
        find(events, SIM_EVENT_CALL, "accept", 0);
    const struct sim_event *sent = NULL;

    (void)state;
    do
        sent = tidy__sim_events_next(events, sent);
    while (sent->type != SIM_EVENT_SENT || sent->len != ECHO_LEN);
    assert_int_equal(sent[1].type, SIM_EVENT_CALL); /* which has sent it */
    assert_string_equal(sent[1].callers[0], "send_text");
    assert_string_equal(sent[1].callers[1], "on_connected");
    assert_false(accepted->is_direct);
    assert_string_equal(accepted->callers[0], "echo_run");
    tidy_world_report_free(report);
    report = run(body_drop, NULL);
    events = tidy__sim_report_events(report);
    assert_true(find(events, SIM_EVENT_CALL, "accept", 0)->is_direct);
    tidy_world_report_free(report);
}

/* A file keeps its number when its descriptor's is used again. */
static void reuse(void *arg)
{
    int fd;

    (void)arg;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    close(fd);
    close(fd);
}

static void actors_are_files(void **state)
{
    struct tidy_world_report *report = run(reuse, NULL);
    const struct sim_events *events = tidy__sim_report_events(report);
    const struct sim_event *first = find(events, SIM_EVENT_CALL, "close", 0);
    const struct sim_event *second = find(events, SIM_EVENT_CALL, "close", 1);
    const struct sim_event *again = find(events, SIM_EVENT_CALL, "close", 2);

    (void)state;
    assert_int_equal(first->fd, second->fd);
    assert_int_not_equal(first->actor, second->actor);
    /* Closed once more, it is still said to be of whom it was. */
    assert_int_equal(again->result, -EBADF);
    assert_int_equal(again->actor, second->actor);
    tidy_world_report_free(report);
}

static void assert_ends(tidy_world_body_cb body, const char *outcome)
{
    struct tidy_world_report *report = run(body, NULL);
    const struct sim_events *events = tidy__sim_report_events(report);
    const struct sim_event *end = &events->events[events->n_events - 1];

    assert_int_equal(end->type, SIM_EVENT_END);
    assert_string_equal(end->name, outcome);
    assert_string_equal(end->args, tidy_world_report_text(report));
    tidy_world_report_free(report);
}

/* Also of a process that could not say it. */
static void the_end_is_the_last(void **state)
{
    (void)state;
    assert_ends(body_drop, "passed");
    assert_ends(body_unix, "failed");
    assert_ends(body_crash, "crashed");
}

static void close_often(void *arg)
{
    size_t n = *(const size_t *)arg;

    while (n-- > 0)
        close(FIRST_FD);
}

/* There is room for so many; the others are counted, and the end is kept. */
static void too_many_are_counted(void **state)
{
    const size_t n_calls = SIM_MAX_EVENTS + 10;
    struct tidy_world_options options = { .has_events = true };
    struct tidy_world_report *report =
        tidy_world_run(&options, close_often, (void *)(uintptr_t)&n_calls);
    const struct sim_events *events = tidy__sim_report_events(report);

    (void)state;
    assert_int_equal(events->n_dropped, 11);
    assert_int_equal(events->n_events, SIM_MAX_EVENTS);
    assert_int_equal(events->events[SIM_MAX_EVENTS - 1].type, SIM_EVENT_END);
    tidy_world_report_free(report);
}

static void run_and_report(void *arg)
{
    struct tidy_world_report *report = run(reuse, NULL);

    (void)arg;
    if (oom_has_failed())
        assert_int_equal(tidy_world_report_outcome(report),
                         TIDY_OUTCOME_NOT_RUN);
    else
        assert_non_null(tidy__sim_report_events(report));
    tidy_world_report_free(report);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(run_and_report, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_are_kept_unasked),
        cmocka_unit_test(the_trace_is_not_kept_with_them),
        cmocka_unit_test(data_has_a_sender_and_a_receiver),
        cmocka_unit_test(departure_and_arrival_are_paired),
        cmocka_unit_test(calls_have_the_names_of_their_callers),
        cmocka_unit_test(callbacks_of_a_loop_have_names),
        cmocka_unit_test(actors_are_files),
        cmocka_unit_test(the_end_is_the_last),
        cmocka_unit_test(too_many_are_counted),
        oom_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
