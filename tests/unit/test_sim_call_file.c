/* SPDX-License-Identifier: MIT */
#include "support/death.h"
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#define CLOSED_FD 900

static int eventfd_a, pipe_fds[2];

static int set_up(void **state)
{
    if (world_set_up(state))
        return -1;
    eventfd_a = tidy__sim_eventfd(&world, 0, EFD_NONBLOCK);
    return tidy__sim_pipe2(&world, pipe_fds, 0);
}

#define file_unit_test(fn)                                                     \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static int control(int fd, int cmd, long arg)
{
    return tidy__sim_fcntl(&world, fd, cmd, arg);
}

static int input_output(int fd, unsigned long request, void *arg)
{
    return tidy__sim_ioctl(&world, fd, request, arg);
}

static int socket_of(int domain)
{
    int fd = tidy__sim_socket(&world, domain, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    return fd;
}

static bool is_open(int fd)
{
    return tidy__sim_fd_file(&world, fd) != NULL;
}

/* --------------------------------------------------------- numbers and copies */

static void numbers_are_the_worlds(void **state)
{
    (void)state;
    assert_false(tidy__sim_is_fd(SIM_FD_MIN - 1));
    assert_true(tidy__sim_is_fd(SIM_FD_MIN));
    assert_true(tidy__sim_is_fd(SIM_FD_MAX));
    assert_false(tidy__sim_is_fd(SIM_FD_MAX + 1));
    assert_false(tidy__sim_is_fd(-1));
}

static void close_closes(void **state)
{
    (void)state;
    assert_int_equal(tidy__sim_close(&world, eventfd_a), 0);
    assert_int_equal(tidy__sim_close(&world, eventfd_a), -EBADF);
    assert_int_equal(tidy__sim_close(&world, -1), -EBADF);
}

/* A copy has the lowest number, its own flags, and the same file. */
static void dup_copies(void **state)
{
    int copy;

    (void)state;
    control(eventfd_a, F_SETFD, FD_CLOEXEC);
    copy = tidy__sim_dup(&world, eventfd_a);
    assert_int_equal(copy, 515);
    assert_int_equal(control(copy, F_GETFD, 0), 0);
    world_write_u64(copy, 3);
    assert_int_equal(world_read_u64(eventfd_a), 3);
    assert_int_equal(tidy__sim_dup(&world, CLOSED_FD), -EBADF);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tidy__sim_dup(&world, eventfd_a), -EMFILE);
}

/* In place of another one, which is closed. */
static void dup2_replaces(void **state)
{
    (void)state;
#define DUP2(fd, new_fd) tidy__sim_dup3(&world, (fd), (new_fd), 0, true)
    assert_int_equal(DUP2(eventfd_a, 700), 700);
    assert_int_equal(DUP2(eventfd_a, pipe_fds[1]), pipe_fds[1]);
    assert_int_equal(world_poll(pipe_fds[0], POLLIN), POLLHUP);
    assert_int_equal(tidy__sim_fd_file(&world, eventfd_a)->n_fds, 3);
    assert_int_equal(DUP2(700, eventfd_a), eventfd_a);
    assert_int_equal(tidy__sim_fd_file(&world, eventfd_a)->n_fds, 3);
    assert_int_equal(DUP2(700, 700), 700);
    assert_int_equal(DUP2(CLOSED_FD, CLOSED_FD), -EBADF);
    assert_int_equal(DUP2(CLOSED_FD, 700), -EBADF);
    assert_int_equal(DUP2(700, SIM_FD_MAX + 1), -EBADF);
    assert_int_equal(DUP2(700, -1), -EBADF);
    assert_true(is_open(700));
#undef DUP2
    assert_int_equal(world_n_offered(TIDY_CHOICE_EMFILE_FAULT), 3);
}

static void dup3_is_stricter(void **state)
{
    (void)state;
#define DUP3(fd, new_fd, flags)                                                \
    tidy__sim_dup3(&world, (fd), (new_fd), (flags), false)
    assert_int_equal(DUP3(eventfd_a, 700, O_CLOEXEC), 700);
    assert_int_equal(control(700, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(DUP3(700, 700, 0), -EINVAL);
    assert_int_equal(DUP3(-1, -1, 0), -EINVAL);
    assert_int_equal(DUP3(700, 5000, O_NONBLOCK), -EINVAL);
    assert_int_equal(DUP3(700, 5000, 0), -EBADF);
    assert_int_equal(DUP3(CLOSED_FD, 700, 0), -EBADF);
#undef DUP3
}

static void fcntl_copies_from_a_number_on(void **state)
{
    (void)state;
    assert_int_equal(control(eventfd_a, F_DUPFD, 600), 600);
    assert_int_equal(control(eventfd_a, F_DUPFD_CLOEXEC, 600), 601);
    assert_int_equal(control(601, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(control(eventfd_a, F_DUPFD, 0), 515);
    assert_int_equal(control(eventfd_a, F_DUPFD, -1), -EINVAL);
    assert_int_equal(control(eventfd_a, F_DUPFD, SIM_FD_MAX + 1), -EINVAL);
    assert_int_equal(control(eventfd_a, F_DUPFD, SIM_FD_MAX), SIM_FD_MAX);
    assert_int_equal(control(eventfd_a, F_DUPFD, SIM_FD_MAX), -EMFILE);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(control(eventfd_a, F_DUPFD, 0), -EMFILE);
}

/* ----------------------------------------------------------------------- flags */

static void flags_can_be_set(void **state)
{
    int copy;

    (void)state;
    assert_int_equal(control(pipe_fds[1], F_GETFL, 0), O_WRONLY);
    copy = tidy__sim_dup(&world, pipe_fds[1]);
    assert_int_equal(
        control(pipe_fds[1], F_SETFL, O_RDWR | O_CREAT | O_NONBLOCK | O_APPEND),
        0);
    assert_int_equal(control(copy, F_GETFL, 0),
                     O_WRONLY | O_NONBLOCK | O_APPEND);
    assert_int_equal(control(copy, F_SETFL, 0), 0);
    assert_int_equal(control(copy, F_GETFL, 0), O_WRONLY);
    assert_int_equal(control(copy, F_SETFD, 7), 0);
    assert_int_equal(control(copy, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(control(pipe_fds[1], F_GETFD, 0), 0);
    assert_int_equal(control(eventfd_a, F_SETFL, O_DIRECT), -EINVAL);
    assert_int_equal(control(CLOSED_FD, F_GETFL, 0), -EBADF);
    assert_int_equal(control(CLOSED_FD, 999, 0), -EBADF);
    assert_int_equal(control(eventfd_a, 999, 0), -EINVAL);
}

static void ioctl_sets_flags(void **state)
{
    int yes = 1, no = 0;

    (void)state;
    assert_int_equal(input_output(eventfd_a, FIONBIO, &no), 0);
    assert_int_equal(control(eventfd_a, F_GETFL, 0), O_RDWR);
    assert_int_equal(input_output(eventfd_a, FIONBIO, &yes), 0);
    assert_int_equal(control(eventfd_a, F_GETFL, 0), O_RDWR | O_NONBLOCK);
    assert_int_equal(input_output(eventfd_a, FIONBIO, NULL), -EFAULT);
    assert_int_equal(input_output(eventfd_a, FIOCLEX, NULL), 0);
    assert_int_equal(control(eventfd_a, F_GETFD, 0), FD_CLOEXEC);
    assert_int_equal(input_output(eventfd_a, FIONCLEX, NULL), 0);
    assert_int_equal(control(eventfd_a, F_GETFD, 0), 0);
    assert_int_equal(input_output(CLOSED_FD, FIOCLEX, NULL), -EBADF);
}

static void only_pipes_have_a_size(void **state)
{
    (void)state;
    assert_int_equal(control(pipe_fds[0], F_GETPIPE_SZ, 0), 65536);
    assert_int_equal(control(pipe_fds[0], F_SETPIPE_SZ, 4096), 4096);
    assert_int_equal(control(eventfd_a, F_GETPIPE_SZ, 0), -EBADF);
    assert_int_equal(control(eventfd_a, F_SETPIPE_SZ, 4096), -EBADF);
}

/* ------------------------------------------------------------------ questions */

static void bytes_are_counted(void **state)
{
    int fds[2], n = -7;

    (void)state;
    world_write(pipe_fds[1], "abc", 3);
    assert_int_equal(input_output(pipe_fds[0], FIONREAD, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(input_output(pipe_fds[0], FIONREAD, NULL), -EFAULT);
    assert_int_equal(input_output(eventfd_a, FIONREAD, &n), -ENOTTY);
    assert_int_equal(input_output(pipe_fds[1], SIOCOUTQ, &n), -ENOTTY);
    assert_int_equal(tidy__sim_socketpair(&world, AF_UNIX, SOCK_STREAM, 0, fds),
                     0);
    world_write(fds[0], "hello", 5);
    assert_int_equal(input_output(fds[1], SIOCINQ, &n), 0);
    assert_int_equal(n, 5);
    assert_int_equal(input_output(fds[0], SIOCOUTQ, &n), 0);
    assert_true(n > 5);
    assert_int_equal(input_output(fds[0], SIOCOUTQNSD, &n), -ENOTTY);
    assert_int_equal(input_output(socket_of(AF_INET), SIOCOUTQNSD, &n), 0);
    assert_int_equal(n, 0);
}

/* No file of a world is a terminal. */
static void nothing_is_a_terminal(void **state)
{
    char settings[256];

    (void)state;
    assert_int_equal(input_output(pipe_fds[0], TCGETS, settings), -ENOTTY);
    assert_int_equal(input_output(eventfd_a, TIOCGWINSZ, settings), -ENOTTY);
}

static void control_locked(void *arg)
{
    control(eventfd_a, *(const int *)arg, 0);
}

static void set_status(void *arg)
{
    control(pipe_fds[0], F_SETFL, *(const int *)arg);
}

static void ask_strangely(void *arg)
{
    input_output(eventfd_a, *(const unsigned long *)arg, NULL);
}

static void unmodelled_is_named(void **state)
{
    unsigned long request = FIOASYNC;
    int number = F_SETOWN;

    (void)state;
    assert_dies(control_locked, &number, "does not model fcntl F_SETOWN");
    number = F_OFD_SETLK;
    assert_dies(control_locked, &number, "does not model fcntl F_OFD_SETLK");
    number = O_ASYNC;
    assert_dies(set_status, &number, "does not model fcntl F_SETFL with");
    number = O_DIRECT;
    assert_dies(set_status, &number, "does not model pipes with O_DIRECT");
    assert_dies(ask_strangely, &request, "does not model ioctl FIOASYNC");
    request = SIOCGIFCONF;
    assert_dies(ask_strangely, &request, "does not model ioctl SIOCGIFCONF");
    request = 0x1234;
    assert_dies(ask_strangely, &request, "does not model ioctl 0x1234");
}

/* ----------------------------------------------------------------------- fstat */

static struct stat stat_of(int fd)
{
    struct stat st;

    assert_int_equal(tidy__sim_fstat(&world, fd, &st), 0);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(st.st_uid, geteuid());
    return st;
}

static void kinds_are_told(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat_of(eventfd_a).st_mode, 0600);
    assert_int_equal(stat_of(pipe_fds[0]).st_mode, S_IFIFO | 0600);
    assert_int_equal(stat_of(socket_of(AF_UNIX)).st_mode, S_IFSOCK | 0777);
    assert_int_equal(stat_of(socket_of(AF_INET)).st_mode, S_IFSOCK | 0777);
    assert_int_equal(tidy__sim_fstat(&world, CLOSED_FD, &st), -EBADF);
}

/* Copies, and the ends of a pipe, are one inode; others are not. */
static void inodes_tell_files_apart(void **state)
{
    int copy = tidy__sim_dup(&world, pipe_fds[0]), others[2];

    (void)state;
    tidy__sim_pipe2(&world, others, 0);
    assert_int_equal(stat_of(pipe_fds[0]).st_ino, stat_of(copy).st_ino);
    assert_int_equal(stat_of(pipe_fds[0]).st_ino, stat_of(pipe_fds[1]).st_ino);
    assert_int_not_equal(stat_of(pipe_fds[0]).st_ino,
                         stat_of(others[0]).st_ino);
    assert_int_not_equal(stat_of(socket_of(AF_INET)).st_ino,
                         stat_of(socket_of(AF_INET)).st_ino);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_unit_test(numbers_are_the_worlds),
        file_unit_test(close_closes),
        file_unit_test(dup_copies),
        file_unit_test(dup2_replaces),
        file_unit_test(dup3_is_stricter),
        file_unit_test(fcntl_copies_from_a_number_on),
        file_unit_test(flags_can_be_set),
        file_unit_test(ioctl_sets_flags),
        file_unit_test(only_pipes_have_a_size),
        file_unit_test(bytes_are_counted),
        file_unit_test(nothing_is_a_terminal),
        file_unit_test(unmodelled_is_named),
        file_unit_test(kinds_are_told),
        file_unit_test(inodes_tell_files_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
