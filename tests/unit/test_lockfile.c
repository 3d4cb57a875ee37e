/* SPDX-License-Identifier: MIT */
/*
 * Lock files of Unix sockets: who holds one, and what becomes of stale ones.
 */
#include "fixture/private_dir.h"
#include "net/lockfile.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char path[TIDY__PRIVATE_PATH_MAX]; /* of the socket that is not there */
    char lock[TIDY__PRIVATE_PATH_MAX + 8];
};

static int set_up(void **state)
{
    static struct fixture fixture;

    *state = &fixture;
    if (tidy__private_path(fixture.path, "s", NULL) < 0)
        return -1;
    snprintf(fixture.lock, sizeof(fixture.lock), "%s.lock", fixture.path);
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    unlink(f->lock);
    return 0;
}

static void assert_lock_names(const struct fixture *f, long pid)
{
    char target[32] = "";

    assert_true(readlink(f->lock, target, sizeof(target) - 1) > 0);
    assert_int_equal(atol(target), pid);
}

/* The number of a process that is gone: a child that was waited for. */
static pid_t gone_process(void)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void leave_lock(const struct fixture *f, const char *target)
{
    assert_int_equal(symlink(target, f->lock), 0);
}

static void assert_taken_as(const struct fixture *f, bool is_stale)
{
    bool was_stale = !is_stale;

    assert_int_equal(tidy__lockfile_take(f->path, &was_stale), 0);
    assert_int_equal(was_stale, is_stale);
    assert_lock_names(f, getpid());
}

/* A lock is a link to the number of its holder, and goes when given up. */
static void a_lock_names_its_holder(void **state)
{
    struct fixture *f = *state;

    assert_false(tidy__lockfile_is_held(f->path));
    assert_taken_as(f, false);
    assert_true(tidy__lockfile_is_held(f->path));
    assert_int_equal(tidy__lockfile_release(f->path), 0);
    assert_int_equal(access(f->lock, F_OK), -1);
    assert_false(tidy__lockfile_is_held(f->path));
}

/* What is given up already may be given up again. */
static void giving_up_twice_is_fine(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(tidy__lockfile_release(f->path), 0);
}

/* A lock of a running process is left alone, also one of our own. */
static void a_held_lock_is_left_alone(void **state)
{
    struct fixture *f = *state;
    bool is_stale;

    leave_lock(f, "1");
    assert_int_equal(tidy__lockfile_take(f->path, &is_stale), TIDY_ELOCKED);
    assert_lock_names(f, 1);
    unlink(f->lock);
    assert_taken_as(f, false);
    assert_int_equal(tidy__lockfile_take(f->path, &is_stale), TIDY_ELOCKED);
}

/* One of a process that is gone is taken over, and said to be stale. */
static void a_stale_lock_is_taken_over(void **state)
{
    struct fixture *f = *state;
    char gone[32];

    snprintf(gone, sizeof(gone), "%ld", (long)gone_process());
    leave_lock(f, gone);
    assert_false(tidy__lockfile_is_held(f->path));
    assert_taken_as(f, true);
}

/* One that names no process is stale, too. */
static void nonsense_is_stale(void **state)
{
    static const char *const targets[] = {
        "x", "0", "-1", "12x", "99999999999999999999", "/etc",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        leave_lock(f, targets[i]);
        assert_false(tidy__lockfile_is_held(f->path));
        assert_taken_as(f, true);
        assert_int_equal(tidy__lockfile_release(f->path), 0);
    }
}

/* A directory in its place is an error, and stays. */
static void a_directory_is_an_error(void **state)
{
    struct fixture *f = *state;
    bool is_stale;

    assert_int_equal(mkdir(f->lock, 0700), 0);
    assert_true(tidy__lockfile_take(f->path, &is_stale) < 0);
    assert_true(tidy__lockfile_release(f->path) < 0);
    assert_int_equal(rmdir(f->lock), 0);
}

/* So is a directory that does not exist. */
static void no_directory_is_an_error(void **state)
{
    char path[TIDY__PRIVATE_PATH_MAX + 8];
    struct fixture *f = *state;
    bool is_stale = true;

    snprintf(path, sizeof(path), "%s/x", f->path);
    assert_int_equal(tidy__lockfile_take(path, &is_stale), -ENOENT);
    assert_false(is_stale);
    assert_false(tidy__lockfile_is_held(path));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_lock_names_its_holder),   TEST(giving_up_twice_is_fine),
        TEST(a_held_lock_is_left_alone), TEST(a_stale_lock_is_taken_over),
        TEST(nonsense_is_stale),         TEST(a_directory_is_an_error),
        TEST(no_directory_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
