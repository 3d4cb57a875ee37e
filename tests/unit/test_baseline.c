/* SPDX-License-Identifier: MIT */
/*
 * What a process has, before and after: each test takes a baseline, changes
 * something, and reads the rows of the comparison.
 */
#include "fixture/baseline.h"
#include "fixture/private_dir.h"
#include "support/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* More than are polled, and more than are kept. */
#define N_MANY 300
#define N_THREADS 70

struct fixture {
    struct tidy__baseline baseline;
    struct tidy__report report;
    int own_fd; /* the test's is_own() says so; -1: none */
    int fds[N_MANY];
    size_t n_fds; /* opened by the test, to be closed */
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){ .own_fd = -1 };
    fixture.report.test_name = "test";
    *state = &fixture;
    oom_begin();
    return 0;
}

static void close_all(struct fixture *f)
{
    while (f->n_fds > 0)
        close(f->fds[--f->n_fds]);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    close_all(f);
    tidy__baseline_deinit(&f->baseline);
    tidy__report_deinit(&f->report);
    return oom_tear_down(state);
}

static bool is_own(int fd, void *arg)
{
    const struct fixture *f = arg;

    return fd == f->own_fd;
}

static void take(struct fixture *f)
{
    tidy__baseline_deinit(&f->baseline);
    assert_int_equal(tidy__baseline_take(&f->baseline), 0);
}

/* The rows of a comparison; "" for none. */
static const char *compare(struct fixture *f)
{
    tidy__report_deinit(&f->report);
    f->report.test_name = "test";
    tidy__report_begin_table(&f->report, "left");
    tidy__baseline_compare(&f->baseline, &f->report, is_own, f);
    return tidy__report_text(&f->report);
}

static void assert_row(struct fixture *f, const char *kind, const char *what)
{
    const char *text = compare(f);
    char row[128];

    snprintf(row, sizeof(row), "\n  %-10s %-50s  origin unknown", kind, what);
    if (!strstr(text, row) || f->report.n_rows != 1)
        fail_msg("\"%s\" is not the only row of: %s", row, text);
}

static void assert_nothing_new(struct fixture *f)
{
    assert_string_equal(compare(f), "");
}

static int open_null(struct fixture *f)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    f->fds[f->n_fds++] = fd;
    return fd;
}

/* ------------------------------------------------------------- descriptors */

/* Nothing is new when nothing has happened. */
static void nothing_is_nothing(void **state)
{
    struct fixture *f = *state;

    take(f);
    assert_nothing_new(f);
    take(f);
    assert_nothing_new(f);
}

/* A new descriptor is found; one that was there is not. */
static void a_new_descriptor_is_found(void **state)
{
    struct fixture *f = *state;

    open_null(f);
    take(f);
    open_null(f);
    assert_row(f, "file", "/dev/null");
}

/* So is one that has the number of an old one, but is something else. */
static void a_replaced_descriptor_is_found(void **state)
{
    struct fixture *f = *state;
    int fds[2], fd = open_null(f);

    take(f);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(dup2(fds[0], fd), fd);
    close(fds[0]);
    close(fds[1]);
    assert_row(f, "pipe", "one end of a pipe");
}

/* A descriptor that was there and is closed is nobody's leftover. */
static void a_closed_descriptor_is_not_missed(void **state)
{
    struct fixture *f = *state;

    open_null(f);
    take(f);
    close_all(f);
    assert_nothing_new(f);
}

/* One closed, another opened: as many as before, and yet one is new. */
static void an_exchange_is_found(void **state)
{
    struct fixture *f = *state;
    int low = open_null(f), high = fcntl(low, F_DUPFD_CLOEXEC, 200);

    take(f);
    close(high);
    f->fds[f->n_fds++] = fcntl(low, F_DUPFD_CLOEXEC, 201);
    assert_row(f, "file", "/dev/null");
}

/* What the fixture says is its own is no leftover. */
static void own_descriptors_are_left_out(void **state)
{
    struct fixture *f = *state;

    take(f);
    f->own_fd = open_null(f);
    assert_nothing_new(f);
}

/* A new baseline knows what the one before did not. */
static void each_baseline_is_new(void **state)
{
    struct fixture *f = *state;

    take(f);
    open_null(f);
    assert_row(f, "file", "/dev/null");
    take(f);
    assert_nothing_new(f);
    close_all(f);
    take(f);
    open_null(f);
    assert_row(f, "file", "/dev/null");
}

/* Between two baselines a descriptor may be exchanged for another. */
static void an_exchange_between_baselines_is_none(void **state)
{
    struct fixture *f = *state;
    int low = open_null(f), high = fcntl(low, F_DUPFD_CLOEXEC, 200);

    take(f);
    close(high);
    f->fds[f->n_fds++] = fcntl(low, F_DUPFD_CLOEXEC, 201);
    take(f);
    assert_nothing_new(f);
}

static void open_many(struct fixture *f, size_t n_fds)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < N_MANY + 64)
        skip();
    while (f->n_fds < n_fds)
        open_null(f);
}

/* It is so with more descriptors than are kept from baseline to baseline, and
 * with more than are polled. */
static void many_descriptors_are_compared(void **state)
{
    static const size_t counts[] = { 80, N_MANY - 1 };
    struct fixture *f = *state;

    for (size_t i = 0; i < TIDY_COUNT(counts); i++) {
        open_many(f, counts[i]);
        take(f);
        take(f);
        assert_nothing_new(f);
        open_null(f);
        assert_row(f, "file", "/dev/null");
        close(f->fds[--f->n_fds]);
        assert_nothing_new(f);
    }
}

/* A new one is found far from all others, too. */
static void a_far_descriptor_is_found(void **state)
{
    struct fixture *f = *state;
    int fd = open_null(f), far;

    take(f);
    far = fcntl(fd, F_DUPFD_CLOEXEC, 1000);
    if (far < 0)
        skip();
    f->fds[f->n_fds++] = far;
    assert_row(f, "file", "/dev/null");
}

/* The list of descriptors is that of the kernel, in order. */
static void descriptors_are_listed_in_order(void **state)
{
    struct tidy__numbers fds;
    struct fixture *f = *state;

    open_many(f, N_MANY);
    assert_int_equal(tidy__proc_fds(&fds), 0);
    assert_true(fds.n_items >= N_MANY);
    for (size_t i = 1; i < fds.n_items; i++)
        assert_true(fds.items[i - 1] < fds.items[i]);
    for (size_t i = 0; i < f->n_fds; i++)
        assert_true(tidy__numbers_find(&fds, f->fds[i]) >= 0);
    assert_int_equal(tidy__numbers_find(&fds, 1 << 20), -1);
    if (tidy__proc_count_fds() > 0)
        assert_int_equal(tidy__proc_count_fds(), fds.n_items);
    tidy__numbers_deinit(&fds);
    assert_int_equal(tidy__numbers_find(&fds, 0), -1);
}

/* ----------------------------------------------------------------- threads */

struct worker {
    pthread_t thread;
    int fds[2]; /* a pipe; closed: go on to the end */
};

static void *work(void *arg)
{
    const struct worker *worker = arg;
    char byte;

    (void)!read(worker->fds[0], &byte, 1);
    return NULL;
}

/* The pipe is there before the baseline. */
static void prepare(struct worker *worker)
{
    assert_int_equal(pipe2(worker->fds, O_CLOEXEC), 0);
}

static void begin(struct worker *worker)
{
    assert_int_equal(pthread_create(&worker->thread, NULL, work, worker), 0);
    pthread_setname_np(worker->thread, "worker");
}

static void join(struct worker *worker)
{
    assert_int_equal(write(worker->fds[1], "x", 1), 1);
    assert_int_equal(pthread_join(worker->thread, NULL), 0);
}

static void discard(struct worker *worker)
{
    close(worker->fds[0]);
    close(worker->fds[1]);
}

/* A thread that is still running is found, by its name. */
static void a_running_thread_is_found(void **state)
{
    struct fixture *f = *state;
    struct worker worker;

    prepare(&worker);
    take(f);
    begin(&worker);
    assert_row(f, "thread", "\"worker\", still running");
    join(&worker);
    discard(&worker);
}

/* One that was just joined is not, although the kernel may still list it. */
static void a_joined_thread_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct worker worker;

    prepare(&worker);
    take(f);
    for (int i = 0; i < 50; i++) {
        begin(&worker);
        join(&worker);
        assert_nothing_new(f);
    }
    discard(&worker);
}

/* A thread that was there is no leftover, whether it goes or stays. */
static void an_old_thread_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct worker worker;

    prepare(&worker);
    begin(&worker);
    take(f);
    assert_nothing_new(f);
    join(&worker);
    assert_nothing_new(f);
    discard(&worker);
}

/* Gone from the kernel's list, too. */
static void join_for_good(struct worker *worker, size_t n_threads)
{
    join(worker);
    while (tidy__proc_count_threads() > n_threads)
        sched_yield();
}

/* One that took another's place between two baselines is an old one. */
static void a_thread_exchanged_between_baselines_is_old(void **state)
{
    struct fixture *f = *state;
    size_t n_threads = tidy__proc_count_threads();
    struct worker first, second, third;

    prepare(&first);
    prepare(&second);
    prepare(&third);
    begin(&first);
    take(f);
    join_for_good(&first, n_threads);
    begin(&second);
    take(f);
    begin(&third);
    assert_row(f, "thread", "\"worker\", still running");
    join(&second);
    join(&third);
    discard(&first);
    discard(&second);
    discard(&third);
}

/* One that took the place of an old one meanwhile is new. */
static void a_thread_in_an_old_ones_place_is_found(void **state)
{
    struct fixture *f = *state;
    size_t n_threads = tidy__proc_count_threads();
    struct worker first, second;

    prepare(&first);
    prepare(&second);
    begin(&first);
    take(f);
    join_for_good(&first, n_threads);
    begin(&second);
    assert_row(f, "thread", "\"worker\", still running");
    join(&second);
    discard(&first);
    discard(&second);
}

/* It is so with more threads than are kept from baseline to baseline. */
static void many_threads_are_compared(void **state)
{
    static struct worker workers[N_THREADS];
    struct fixture *f = *state;

    for (size_t i = 0; i < N_THREADS; i++)
        prepare(&workers[i]);
    for (size_t i = 1; i < N_THREADS; i++)
        begin(&workers[i]);
    take(f);
    assert_nothing_new(f);
    begin(&workers[0]);
    assert_row(f, "thread", "\"worker\", still running");
    for (size_t i = 0; i < N_THREADS; i++) {
        join(&workers[i]);
        discard(&workers[i]);
    }
}

/* ---------------------------------------------------------------- children */

static pid_t begin_child(int fd)
{
    char byte;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fd >= 0 && read(fd, &byte, 1) < 0);
    return pid;
}

/* The name of this process as the kernel has it, in a row. */
static void name_row(char *row, size_t size, const char *what)
{
    char name[16] = "";

    prctl(PR_GET_NAME, name);
    snprintf(row, size, "\"%s\", %s", name, what);
}

/* A child that is still running is found. */
static void a_running_child_is_found(void **state)
{
    struct fixture *f = *state;
    char row[64];
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    take(f);
    pid = begin_child(fds[0]);
    name_row(row, sizeof(row), "still running");
    assert_row(f, "child", row);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_nothing_new(f);
    close(fds[0]);
    close(fds[1]);
}

/* One that has ended and was not waited for is found, and still can be. */
static void a_zombie_is_found(void **state)
{
    struct fixture *f = *state;
    char row[64];
    siginfo_t info;
    pid_t pid;

    take(f);
    pid = begin_child(-1);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    name_row(row, sizeof(row), "ended but not waited for");
    assert_row(f, "child", row);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A child that was there is no leftover, also when it has ended meanwhile. */
static void an_old_child_is_not_found(void **state)
{
    struct fixture *f = *state;
    siginfo_t info;
    int fds[2];
    pid_t pid;

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    pid = begin_child(fds[0]);
    take(f);
    assert_nothing_new(f);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_nothing_new(f);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(fds[0]);
    close(fds[1]);
}

/* ------------------------------------------------------------------- paths */

/* A path that was handed out and used is found until it is removed; one that
 * was there is not. */
static void a_used_path_is_found(void **state)
{
    struct fixture *f = *state;
    char old[TIDY__PRIVATE_PATH_MAX], new[TIDY__PRIVATE_PATH_MAX];

    assert_int_equal(tidy__private_path(old, "x", NULL), 0);
    close(open(old, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    take(f);
    assert_int_equal(tidy__private_path(new, "x", NULL), 0);
    assert_nothing_new(f);
    close(open(new, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_row(f, "path", new);
    assert_int_equal(unlink(new), 0);
    assert_int_equal(unlink(old), 0);
    assert_nothing_new(f);
}

/* ------------------------------------------------------------------ memory */

static void take_and_end(void *arg)
{
    struct fixture *f = arg;
    int result = tidy__baseline_take(&f->baseline);

    if (!oom_has_failed() || result != -ENOMEM)
        assert_int_equal(result, 0);
    tidy__baseline_deinit(&f->baseline);
}

/* When memory is short there may be no baseline, and nothing is left of it. */
static void each_allocation_may_fail(void **state)
{
    struct fixture *f = *state;

    open_many(f, 80);
    oom_try_all(take_and_end, f);
}

/* A sanitizer's runtime begins a thread of its own beside the first of ours. */
static int warm_up(void **state)
{
    struct worker worker;

    (void)state;
    prepare(&worker);
    begin(&worker);
    join(&worker);
    discard(&worker);
    return 0;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_nothing),
        TEST(a_new_descriptor_is_found),
        TEST(a_replaced_descriptor_is_found),
        TEST(a_closed_descriptor_is_not_missed),
        TEST(an_exchange_is_found),
        TEST(own_descriptors_are_left_out),
        TEST(each_baseline_is_new),
        TEST(an_exchange_between_baselines_is_none),
        TEST(many_descriptors_are_compared),
        TEST(a_far_descriptor_is_found),
        TEST(descriptors_are_listed_in_order),
        TEST(a_running_thread_is_found),
        TEST(a_joined_thread_is_not_found),
        TEST(an_old_thread_is_not_found),
        TEST(a_thread_exchanged_between_baselines_is_old),
        TEST(a_thread_in_an_old_ones_place_is_found),
        TEST(many_threads_are_compared),
        TEST(a_running_child_is_found),
        TEST(a_zombie_is_found),
        TEST(an_old_child_is_not_found),
        TEST(a_used_path_is_found),
        TEST(each_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, warm_up, NULL);
}
