/* SPDX-License-Identifier: MIT */
#include "sim/null.h"
#include "support/oom.h"
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <cmocka.h>

static int make(int flags)
{
    int fd = tidy__sim_open_null(&world, flags);

    assert_int_equal(fd, SIM_FD_MIN);
    return fd;
}

/* It takes all and gives nothing, and is ready for both. */
static void takes_all_and_gives_nothing(void **state)
{
    int fd = make(O_RDWR), n;
    char bytes[3] = "ab";

    (void)state;
    assert_int_equal(world_write(fd, bytes, 3), 3);
    assert_int_equal(world_read(fd, bytes, 3), 0);
    assert_string_equal(bytes, "ab");
    assert_int_equal(world_poll(fd, POLLIN | POLLOUT), POLLIN | POLLOUT);
    assert_int_equal(tidy__sim_ioctl(&world, fd, FIONREAD, &n), -ENOTTY);
}

static void flags_are_as_asked_for(void **state)
{
    int fd = make(O_WRONLY | O_NONBLOCK | O_TRUNC | O_CLOEXEC);
    char byte = 0;

    (void)state;
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(tidy__sim_fcntl(&world, fd, F_GETFL, 0),
                     O_WRONLY | O_NONBLOCK);
    assert_int_equal(world_read(fd, &byte, 1), -EBADF);
    tidy__sim_close(&world, fd);
    assert_int_equal(world_write(make(O_RDONLY), &byte, 1), -EBADF);
}

/* It is there already, and is no directory. */
static void open_can_fail(void **state)
{
    (void)state;
    assert_int_equal(tidy__sim_open_null(&world, O_CREAT | O_EXCL), -EEXIST);
    assert_int_equal(tidy__sim_open_null(&world, O_DIRECTORY), -ENOTDIR);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tidy__sim_open_null(&world, O_RDONLY), -EMFILE);
    make(O_CREAT);
}

/* As for files: that is what EPERM means there. */
static void epoll_does_not_take_it(void **state)
{
    int fd = make(O_RDONLY);
    int epfd = tidy__sim_epoll_create1(&world, 0);

    (void)state;
    assert_int_equal(world_watch(epfd, fd, EPOLLIN), -EPERM);
    assert_int_equal(world_watch(fd, fd, EPOLLIN), -EPERM);
    assert_int_equal(world_watch(fd, epfd, EPOLLIN), -EINVAL);
    assert_int_equal(tidy__sim_epoll_ctl(&world, epfd, EPOLL_CTL_DEL, fd, NULL),
                     -EPERM);
}

/* By its descriptor and by its path it is one. */
static void it_is_where_its_path_leads(void **state)
{
    struct stat by_path, by_fd;

    (void)state;
    assert_int_equal(stat(SIM_NULL_PATH, &by_path), 0);
    assert_int_equal(tidy__sim_fstat(&world, make(O_RDONLY), &by_fd), 0);
    assert_true(S_ISCHR(by_fd.st_mode));
    assert_int_equal(by_fd.st_ino, by_path.st_ino);
    assert_int_equal(by_fd.st_rdev, by_path.st_rdev);
}

static void open_without_memory(void *arg)
{
    int fd = tidy__sim_open_null(&world, O_RDONLY);

    (void)arg;
    assert_int_equal(fd, oom_has_failed() ? -ENOMEM : SIM_FD_MIN);
    tidy__sim_close(&world, fd);
}

static void memory_may_be_short(void **state)
{
    (void)state;
    oom_try_all(open_without_memory, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(takes_all_and_gives_nothing),
        world_unit_test(flags_are_as_asked_for),
        world_unit_test(open_can_fail),
        world_unit_test(epoll_does_not_take_it),
        world_unit_test(it_is_where_its_path_leads),
        world_unit_test(memory_may_be_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
