/* SPDX-License-Identifier: MIT */
/*
 * The limit of descriptors, which in a world is the world's.
 */
#include "sim/body.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static int open_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static void set_limit(int fd)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = (rlim_t)fd;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK(prlimit(0, RLIMIT_NOFILE, NULL, &limit) == 0);
    CHECK(limit.rlim_cur == (rlim_t)fd);
}

/* setrlimit(2): one greater than the largest number that can be had. */
static void numbers_end_at_the_limit(void *arg)
{
    int fd = open_socket(), last;

    (void)arg;
    set_limit(fd + 2);
    last = open_socket();
    CHECK(last == fd + 1);
    CHECK_FAILS(open_socket(), EMFILE);
    CHECK_FAILS(dup(fd), EMFILE);
    CHECK_FAILS(dup2(fd, fd + 2), EBADF);
    CHECK_FAILS(fcntl(fd, F_DUPFD, fd + 2), EINVAL);
    CHECK_FAILS(fcntl(fd, F_DUPFD, fd), EMFILE);
    set_limit(1024);
    CHECK(dup2(fd, fd + 2) == fd + 2);
    close(fd);
    close(last);
    close(fd + 2);
}

static void what_is_open_stays_open(void *arg)
{
    int fd = open_socket();

    (void)arg;
    set_limit(fd);
    CHECK(fcntl(fd, F_GETFD) == 0);
    CHECK_FAILS(open_socket(), EMFILE);
    CHECK(close(fd) == 0);
    CHECK_FAILS(open_socket(), EMFILE);
}

static void wrong_limits_are_refused(void *arg)
{
    struct rlimit limit = { .rlim_cur = 2, .rlim_max = 1 };

    (void)arg;
    CHECK_FAILS(setrlimit(RLIMIT_NOFILE, &limit), EINVAL);
    limit.rlim_max = 1025;
    CHECK_FAILS(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
}

static void limits_are_the_worlds(void **state)
{
    struct rlimit before, after;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_passes(numbers_end_at_the_limit, NULL);
    assert_passes(what_is_open_stays_open, NULL);
    assert_passes(wrong_limits_are_refused, NULL);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &after), 0);
    assert_true(after.rlim_cur >= before.rlim_cur);
}

static void another_limit(void *arg)
{
    struct rlimit limit;

    (void)arg;
    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0);
    CHECK(setrlimit(RLIMIT_STACK, &limit) == 0);
}

static void others_are_the_processes(void **state)
{
    (void)state;
    assert_passes(another_limit, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_are_the_worlds),
        cmocka_unit_test(others_are_the_processes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
