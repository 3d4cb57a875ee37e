/* SPDX-License-Identifier: MIT */
#include "sim/system_calls.h"
#include "support/world_probe.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define JUDGE(name, ...)                                                       \
    tidy__sim_judge_system_call(                                               \
        &world, SYS_##name, (const long[6]){ __VA_ARGS__ })

#define PASSES(name, ...)                                                      \
    assert_int_equal(JUDGE(name, __VA_ARGS__), SIM_VERDICT_PASSES)
#define IS_REFUSED(name, ...)                                                  \
    assert_int_equal(JUDGE(name, __VA_ARGS__), SIM_VERDICT_REFUSED)

static void numbers_have_names(void **state)
{
    (void)state;
    assert_string_equal(tidy__sim_system_call_name(SYS_read), "read");
    assert_string_equal(tidy__sim_system_call_name(SYS_clone3), "clone3");
    assert_null(tidy__sim_system_call_name(-1));
    assert_null(tidy__sim_system_call_name(1000000));
}

/* Real ones are the kernel's, open or not. */
static void descriptors(void **state)
{
    (void)state;
    PASSES(read, 0);
    PASSES(read, SIM_FD_MIN - 1);
    PASSES(read, SIM_FD_MAX + 1);
    PASSES(read, -1);
    IS_REFUSED(read, SIM_FD_MIN);
    IS_REFUSED(read, SIM_FD_MAX);
    IS_REFUSED(dup3, 0, SIM_FD_MIN);
    IS_REFUSED(dup3, SIM_FD_MIN, 0);
    IS_REFUSED(epoll_ctl, 0, 0, SIM_FD_MIN);
    PASSES(epoll_ctl, 0, SIM_FD_MIN, 0); /* that is the operation */
    IS_REFUSED(mmap, 0, 1, 0, 0, SIM_FD_MIN);
    PASSES(mmap, 0, 1, 0, 0, -1);
    PASSES(close_range, 3, SIM_FD_MIN - 1);
    PASSES(close_range, SIM_FD_MAX + 1, ~0U);
    IS_REFUSED(close_range, 3, ~0U);
}

static void sockets(void **state)
{
    int fds[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    IS_REFUSED(socket, AF_INET, SOCK_STREAM);
    IS_REFUSED(connect, fds[0]);
    IS_REFUSED(recvfrom, SIM_FD_MIN);
    PASSES(getsockname, fds[0]);
    PASSES(write, fds[0]);
    close(fds[0]);
    close(fds[1]);
    PASSES(connect, fds[0]); /* EBADF */
}

static void paths(void **state)
{
    (void)state;
    PASSES(openat, AT_FDCWD, (long)"/dev/null");
    PASSES(openat, SIM_FD_MIN, (long)"/dev/null");
    IS_REFUSED(openat, SIM_FD_MIN, (long)"null");
    IS_REFUSED(newfstatat, SIM_FD_MIN, 0);
}

static void time_and_others(void **state)
{
    (void)state;
    IS_REFUSED(clock_gettime, 0);
    IS_REFUSED(epoll_pwait, 0);
    IS_REFUSED(epoll_pwait, SIM_FD_MIN);
    PASSES(epoll_pwait, -1); /* EBADF */
    IS_REFUSED(clock_nanosleep, 0);
    IS_REFUSED(timer_create, 0);
    IS_REFUSED(clone, 0);
    IS_REFUSED(ptrace, 0);
    PASSES(kill, getpid());
    IS_REFUSED(kill, 0);
    IS_REFUSED(kill, -1);
    PASSES(tkill, gettid());
    IS_REFUSED(tkill, getppid());
    PASSES(wait4, -1, 0, WNOHANG);
    IS_REFUSED(wait4, -1);
}

static void only_what_blocks_waits(void **state)
{
    (void)state;
    PASSES(futex, 0, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
    IS_REFUSED(futex, 0, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0);
    IS_REFUSED(futex, 0, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0);
    PASSES(getrandom, 0, 1, GRND_NONBLOCK);
    IS_REFUSED(getrandom, 0, 1, 0);
}

/* On the way to the program that is meant, and not later. */
static void who_may_execute(void **state)
{
    (void)state;
    IS_REFUSED(execve, 0);
    world.is_program = true;
    PASSES(execve, 0);
    world.n_actors[SIM_ACTOR_TCP] = 1;
    IS_REFUSED(execve, 0);
}

static void what_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(JUDGE(io_uring_setup, 8), SIM_VERDICT_MISSING);
    assert_int_equal(
        tidy__sim_judge_system_call(&world, 1000000, (const long[6]){ 0 }),
        SIM_VERDICT_REFUSED);
    assert_int_equal(
        tidy__sim_judge_system_call(&world, -1, (const long[6]){ 0 }),
        SIM_VERDICT_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(numbers_have_names),
        world_unit_test(descriptors),
        world_unit_test(sockets),
        world_unit_test(paths),
        world_unit_test(time_and_others),
        world_unit_test(only_what_blocks_waits),
        world_unit_test(who_may_execute),
        world_unit_test(what_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
