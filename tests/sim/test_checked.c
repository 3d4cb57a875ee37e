/* SPDX-License-Identifier: MIT */
/*
 * Bodies in which something else than the schedule decides: a checked run says
 * so, and shows where two runs part. Those that are as they should be are not
 * blamed.
 */
#include "sim/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define N_THINGS 16
#define N_SLOTS 13

/* ------------------------------------------------------------------- harness */

static struct tidy_world_report *run_checked(struct tidy_world_runner *runner,
                                             uint64_t seed)
{
    const struct tidy_world_options options = { .kinds = TIDY_CHOICES_ALL,
                                                .seed = seed,
                                                .is_checked = true };

    return tidy_world_runner_run(runner, &options);
}

static void assert_reported(const struct tidy_world_report *report,
                            enum tidy_outcome outcome,
                            const char *text)
{
    const char *said = tidy_world_report_text(report);

    if (tidy_world_report_outcome(report) != outcome || !strstr(said, text))
        fail_msg("%s: \"%s\", expected %s: \"%s\"",
                 tidy_outcome_name(tidy_world_report_outcome(report)),
                 said,
                 tidy_outcome_name(outcome),
                 text);
}

/* The first run of it, checked, is found out, by events that differ. */
static void assert_uncontrolled(tidy_world_body_cb body,
                                enum tidy_warm_up warm_up,
                                const char *text)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(body, NULL, warm_up);
    struct tidy_world_report *report = run_checked(runner, 0);

    assert_reported(report, TIDY_OUTCOME_UNCONTROLLED, text);
    assert_reported(report, TIDY_OUTCOME_UNCONTROLLED, "first differing event");
    assert_reported(report, TIDY_OUTCOME_UNCONTROLLED, "\n  once   0.");
    assert_reported(report, TIDY_OUTCOME_UNCONTROLLED, "\n  again  0.");
    assert_true(*tidy_world_report_trace(report));
    tidy_world_report_free(report);
    tidy_world_runner_free(runner);
}

/* Say something that a peer would see. */
static void tell(const void *data, size_t len)
{
    int fds[2];

    if (!tidy_world_is_inside())
        return;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(write(fds[0], data, len) == (ssize_t)len);
    close(fds[0]);
    close(fds[1]);
}

/* ------------------------------------------------------------ by an address */

struct thing {
    struct thing *next;
    unsigned char name;
    char more[40];
};

/* A table of pointers, as a hash of one's own would be, walked from its first
 * slot on. */
static void walk_table(void *arg)
{
    struct thing *slots[N_SLOTS] = { NULL }, *things[N_THINGS], *thing;
    unsigned char names[N_THINGS];
    size_t idx, n = 0;

    (void)arg;
    for (idx = 0; idx < N_THINGS; idx++) {
        things[idx] = thing = malloc(sizeof(*thing));
        thing->name = (unsigned char)idx;
        thing->next = slots[(uintptr_t)thing / 16 % N_SLOTS];
        slots[(uintptr_t)thing / 16 % N_SLOTS] = thing;
    }
    for (idx = 0; idx < N_SLOTS; idx++) {
        for (thing = slots[idx]; thing; thing = thing->next)
            names[n++] = thing->name;
    }
    for (idx = 0; idx < N_THINGS; idx++)
        free(things[idx]);
    tell(names, n);
}

static void order_by_pointers_is_seen(void **state)
{
    (void)state;
    /* A sanitizer's allocator does not give out what was freed at once: there it
     * is seen the next time in the same process. */
    assert_uncontrolled(walk_table, TIDY_WARM_UP_OUTSIDE, "went another way");
    assert_uncontrolled(
        walk_table, TIDY_WARM_UP_NONE, "where memory lies elsewhere");
}

static int compare_addresses(const void *one, const void *other)
{
    uintptr_t a = (uintptr_t) * (struct thing *const *)one;
    uintptr_t b = (uintptr_t) * (struct thing *const *)other;

    return a < b ? -1 : a > b;
}

/* A set that is sorted by address, as a tree of pointers would be. */
static void walk_sorted(void *arg)
{
    struct thing *things[N_THINGS];
    unsigned char names[N_THINGS];
    size_t idx;

    (void)arg;
    for (idx = 0; idx < N_THINGS; idx++) {
        things[idx] = malloc(sizeof(**things));
        things[idx]->name = (unsigned char)idx;
    }
    qsort(things, N_THINGS, sizeof(*things), compare_addresses);
    for (idx = 0; idx < N_THINGS; idx++) {
        names[idx] = things[idx]->name;
        free(things[idx]);
    }
    tell(names, N_THINGS);
}

/* Allocators of sanitizers and of valgrind give out block after block. */
static bool does_malloc_reuse(void)
{
    void *volatile block = malloc(100);
    uintptr_t address = (uintptr_t)block;
    bool is_reused;

    free(block);
    block = malloc(100);
    is_reused = (uintptr_t)block == address;
    free(block);
    return is_reused;
}

static void order_of_addresses_is_seen(void **state)
{
    (void)state;
    if (!does_malloc_reuse())
        skip();
    assert_uncontrolled(
        walk_sorted, TIDY_WARM_UP_NONE, "where memory lies elsewhere");
}

/* Where the frame lies decides how long to wait. */
static void go_by_stack(void *arg)
{
    char here;

    (void)arg;
    if (tidy_world_is_inside())
        usleep((unsigned)((uintptr_t)&here / 16 % 1009));
}

static void order_by_the_stack_is_seen(void **state)
{
    (void)state;
    assert_uncontrolled(
        go_by_stack, TIDY_WARM_UP_NONE, "where memory lies elsewhere");
}

/* ------------------------------------------------------- by what was there before */

static void count_runs(void *arg)
{
    static unsigned char n;

    (void)arg;
    n++;
    tell(&n, sizeof(n));
}

static void a_static_counter_is_seen(void **state)
{
    (void)state;
    assert_uncontrolled(count_runs,
                        TIDY_WARM_UP_OUTSIDE,
                        "state leaks between runs: the same schedule went "
                        "another way the next time in the same process");
}

/* Where each run has a process of its own, nothing leaks. */
static void a_static_counter_of_one_run_is_none(void **state)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(count_runs, NULL, TIDY_WARM_UP_NONE);
    struct tidy_world_report *report = run_checked(runner, 0);

    (void)state;
    assert_reported(report, TIDY_OUTCOME_PASSED, "");
    tidy_world_report_free(report);
    tidy_world_runner_free(runner);
}

/* And once it was found out, the runner goes on so. */
static void a_runner_goes_on_with_a_process_each(void **state)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(count_runs, NULL, TIDY_WARM_UP_OUTSIDE);
    int idx;

    (void)state;
    tidy_world_report_free(run_checked(runner, 0));
    for (idx = 0; idx < 2; idx++) {
        struct tidy_world_report *report = run_checked(runner, 0);

        assert_reported(report, TIDY_OUTCOME_PASSED, "");
        tidy_world_report_free(report);
    }
    tidy_world_runner_free(runner);
}

/* A failure that only comes after other runs is not told as it is. */
static void fail_the_third_time(void *arg)
{
    static int n;

    (void)arg;
    if (++n == 3)
        tidy_world_fail("the third time");
}

static void what_a_fresh_process_does_not_do_is_seen(void **state)
{
    const struct tidy_world_options options = { .has_trace = true };
    struct tidy_world_runner *runner =
        tidy_world_runner_new(fail_the_third_time, NULL, TIDY_WARM_UP_OUTSIDE);
    struct tidy_world_report *report = tidy_world_runner_run(runner, &options);

    (void)state;
    assert_reported(report, TIDY_OUTCOME_PASSED, "");
    tidy_world_report_free(report);
    report = tidy_world_runner_run(runner, &options);
    assert_reported(
        report, TIDY_OUTCOME_UNCONTROLLED, "state leaks between runs: what");
    assert_reported(report,
                    TIDY_OUTCOME_UNCONTROLLED,
                    "\n  once   failed: the third time\n  again  passed\n");
    assert_reported(
        report, TIDY_OUTCOME_UNCONTROLLED, "\n  again  nothing more");
    tidy_world_report_free(report);
    tidy_world_runner_free(runner);
}

/* ----------------------------------------------------- by the machine and its time */

static uint64_t read_counter(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    uint64_t count;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    return count;
#endif
}

static void tell_counter(void *arg)
{
    uint64_t count = read_counter();

    (void)arg;
    tell(&count, sizeof(count));
}

/* No byte of it gets out, but what is called depends on it. */
static void go_by_counter(void *arg)
{
    int idx;

    (void)arg;
    for (idx = 0; tidy_world_is_inside() && idx < 64; idx++) {
        if (read_counter() / 64 % 2 == 0)
            usleep(1);
        else
            usleep(2);
    }
}

static void the_time_stamp_counter_is_seen(void **state)
{
    (void)state;
    assert_uncontrolled(tell_counter, TIDY_WARM_UP_NONE, "went another way");
    assert_uncontrolled(go_by_counter, TIDY_WARM_UP_NONE, "went another way");
}

static void tell_process(void *arg)
{
    pid_t pid = getpid();

    (void)arg;
    tell(&pid, sizeof(pid));
}

static void the_number_of_the_process_is_seen(void **state)
{
    (void)state;
    assert_uncontrolled(
        tell_process, TIDY_WARM_UP_OUTSIDE, "in a fresh process");
}

/* ------------------------------------------------------------------- no blame */

/* Has choices, allocates, and reads every clock. */
static void be_good(void *arg)
{
    struct epoll_event event = { .events = EPOLLIN };
    char *text = malloc(100);
    int epfd = epoll_create1(0), fds[2], idx;
    struct timespec ts;

    (void)arg;
    clock_gettime(CLOCK_REALTIME, &ts);
    for (idx = 0; idx < 4; idx++) {
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) < 0)
            continue;
        epoll_ctl(epfd, EPOLL_CTL_ADD, fds[0], &event);
        snprintf(text, 100, "%ld, whatever", (long)ts.tv_nsec);
        write(fds[1], text, strlen(text));
        epoll_wait(epfd, &event, 1, 10);
        read(fds[0], text, 100);
        close(fds[0]);
        close(fds[1]);
    }
    close(epfd);
    free(text);
}

static void a_controlled_body_is_not_blamed(void **state)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(be_good, NULL, TIDY_WARM_UP_OUTSIDE);
    uint64_t seed;

    (void)state;
    for (seed = 0; seed < 50; seed++) {
        struct tidy_world_report *report = run_checked(runner, seed);

        assert_reported(report, TIDY_OUTCOME_PASSED, "");
        tidy_world_report_free(report);
    }
    tidy_world_runner_free(runner);
}

/* A failure that comes each time is told as it is. */
static void fail_always(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        tidy_world_fail("always");
}

static void a_checked_failure_is_told(void **state)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(fail_always, NULL, TIDY_WARM_UP_OUTSIDE);
    int idx;

    (void)state;
    for (idx = 0; idx < 2; idx++) {
        struct tidy_world_report *report = run_checked(runner, 0);

        assert_reported(report, TIDY_OUTCOME_FAILED, "always");
        tidy_world_report_free(report);
    }
    tidy_world_runner_free(runner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_by_pointers_is_seen),
        cmocka_unit_test(order_of_addresses_is_seen),
        cmocka_unit_test(order_by_the_stack_is_seen),
        cmocka_unit_test(a_static_counter_is_seen),
        cmocka_unit_test(a_static_counter_of_one_run_is_none),
        cmocka_unit_test(a_runner_goes_on_with_a_process_each),
        cmocka_unit_test(what_a_fresh_process_does_not_do_is_seen),
        cmocka_unit_test(the_time_stamp_counter_is_seen),
        cmocka_unit_test(the_number_of_the_process_is_seen),
        cmocka_unit_test(a_controlled_body_is_not_blamed),
        cmocka_unit_test(a_checked_failure_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
