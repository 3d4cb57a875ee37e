/* SPDX-License-Identifier: MIT */
#include "sim/actor.h"
#include "support/oom.h"
#include "support/world_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static unsigned n_released;

static uint32_t poll_ready(struct sim_file *file)
{
    (void)file;
    return EPOLLIN;
}

static void count_release(struct sim_file *file)
{
    (void)file;
    n_released++;
}

static const struct sim_file_ops ops = {
    .kind = "fake",
    .poll = poll_ready,
    .release = count_release,
};

static struct sim_file file;

static int set_up(void **state)
{
    n_released = 0;
    if (world_set_up(state))
        return -1;
    tidy__sim_file_init(&file, &world, &ops, O_RDWR);
    return 0;
}

#define file_unit_test(fn)                                                     \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

/* Files of a class are numbered in the order in which they are made. */
static void ids_count_files(void **state)
{
    struct sim_file other;

    (void)state;
    tidy__sim_file_init(&other, &world, &ops, O_RDONLY);
    assert_int_equal(other.id, file.id + 1);
    assert_true(tidy__sim_has_actors(&world));
    assert_int_equal(other.status, O_RDONLY);
    assert_null(other.watches);
}

/* The lowest free number is given, also one that has just become so. */
static void lowest_is_given(void **state)
{
    (void)state;
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MIN);
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MIN + 1);
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MIN + 2);
    assert_int_equal(file.n_fds, 3);
    assert_int_equal(tidy__sim_fd_close(&world, SIM_FD_MIN + 1), 0);
    assert_null(tidy__sim_fd_file(&world, SIM_FD_MIN + 1));
    assert_int_equal(tidy__sim_fd_open(&file, FD_CLOEXEC), SIM_FD_MIN + 1);
    assert_ptr_equal(tidy__sim_fd_file(&world, SIM_FD_MIN + 1), &file);
    assert_int_equal(world.fds[1].flags, FD_CLOEXEC);
}

/* From a number on, whatever is free below. */
static void number_can_be_asked_for(void **state)
{
    (void)state;
    assert_int_equal(tidy__sim_fd_open_from(&file, 0, SIM_FD_MIN + 64),
                     SIM_FD_MIN + 64);
    assert_int_equal(tidy__sim_fd_open_from(&file, 0, SIM_FD_MIN + 64),
                     SIM_FD_MIN + 65);
    assert_int_equal(tidy__sim_fd_open_from(&file, 0, 3), SIM_FD_MIN);
    assert_int_equal(tidy__sim_fd_open_from(&file, 0, SIM_FD_MAX), SIM_FD_MAX);
    assert_int_equal(tidy__sim_fd_open_from(&file, 0, SIM_FD_MAX), -EMFILE);
    assert_int_equal(tidy__sim_fd_open_from(&file, 0, SIM_FD_MAX + 1), -EMFILE);
}

/* All numbers can be used, and no more. */
static void table_can_be_full(void **state)
{
    int fd;

    (void)state;
    for (fd = SIM_FD_MIN; fd <= SIM_FD_MAX; fd++) {
        assert_false(tidy__sim_fd_is_full(&world));
        assert_int_equal(tidy__sim_fd_open(&file, 0), fd);
    }
    assert_true(tidy__sim_fd_is_full(&world));
    assert_int_equal(tidy__sim_fd_open(&file, 0), -EMFILE);
    assert_int_equal(file.n_fds, SIM_N_FDS);
    tidy__sim_fd_close(&world, 777);
    assert_int_equal(tidy__sim_fd_open(&file, 0), 777);
}

/* Those that are open can be gone through, from any number on. */
static void open_ones_are_found(void **state)
{
    (void)state;
    assert_int_equal(tidy__sim_fd_next(&world, SIM_FD_MIN), -1);
    tidy__sim_fd_open(&file, 0);
    tidy__sim_fd_open_from(&file, 0, SIM_FD_MIN + 200);
    tidy__sim_fd_open_from(&file, 0, SIM_FD_MAX);
    assert_int_equal(tidy__sim_fd_next(&world, SIM_FD_MIN), SIM_FD_MIN);
    assert_int_equal(tidy__sim_fd_next(&world, SIM_FD_MIN + 1),
                     SIM_FD_MIN + 200);
    assert_int_equal(tidy__sim_fd_next(&world, SIM_FD_MIN + 200),
                     SIM_FD_MIN + 200);
    assert_int_equal(tidy__sim_fd_next(&world, SIM_FD_MIN + 201), SIM_FD_MAX);
    assert_int_equal(tidy__sim_fd_next(&world, SIM_FD_MAX + 1), -1);
}

/* By choice none is left; but one that is asked for by number is there. */
static void fault_leaves_no_number(void **state)
{
    (void)state;
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tidy__sim_fd_open(&file, 0), -EMFILE);
    assert_int_equal(file.n_fds, 0);
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MIN);
    assert_int_equal(tidy__sim_fd_open_from(&file, 0, 0), SIM_FD_MIN + 1);
    assert_int_equal(world_n_offered(TIDY_CHOICE_EMFILE_FAULT), 2);
}

/* By choice a number that was in use before is not given again yet; one that was
 * not, or that is asked for, is. */
static void number_may_not_be_reused(void **state)
{
    (void)state;
    tidy__sim_fd_open(&file, 0);
    tidy__sim_fd_open(&file, 0);
    assert_int_equal(world_n_offered(TIDY_CHOICE_REUSE), 0);
    tidy__sim_fd_close(&world, SIM_FD_MIN);
    world_answer(TIDY_CHOICE_REUSE, 2, 1);
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MIN + 2);
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MIN);
    tidy__sim_fd_close(&world, SIM_FD_MIN + 1);
    assert_int_equal(tidy__sim_fd_open_at(&file, 0, SIM_FD_MIN + 1),
                     SIM_FD_MIN + 1);
    assert_int_equal(world_n_offered(TIDY_CHOICE_REUSE), 2);
}

/* The last number that is left is given in any case. */
static void last_number_is_reused(void **state)
{
    (void)state;
    while (tidy__sim_fd_open(&file, 0) > 0)
        ;
    tidy__sim_fd_close(&world, SIM_FD_MIN + 7);
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MIN + 7);
    tidy__sim_fd_close(&world, SIM_FD_MAX);
    assert_int_equal(tidy__sim_fd_open(&file, 0), SIM_FD_MAX);
    assert_int_equal(world_n_offered(TIDY_CHOICE_REUSE), 0);
}

/* A file goes with its last descriptor. */
static void last_close_releases(void **state)
{
    (void)state;
    tidy__sim_fd_open(&file, 0);
    tidy__sim_fd_open(&file, 0);
    assert_int_equal(tidy__sim_fd_close(&world, SIM_FD_MIN), 0);
    assert_int_equal(n_released, 0);
    assert_int_equal(tidy__sim_fd_close(&world, SIM_FD_MIN), -EBADF);
    assert_int_equal(tidy__sim_fd_close(&world, SIM_FD_MIN + 1), 0);
    assert_int_equal(n_released, 1);
}

/* Numbers of others are never open here. */
static void others_are_not_open(void **state)
{
    static const int others[] = {
        -1, 0, 3, SIM_FD_MIN - 1, SIM_FD_MAX, SIM_FD_MAX + 1, 1 << 30
    };
    size_t idx;

    (void)state;
    for (idx = 0; idx < TIDY_COUNT(others); idx++) {
        assert_null(tidy__sim_fd_file(&world, others[idx]));
        assert_int_equal(tidy__sim_fd_close(&world, others[idx]), -EBADF);
    }
}

/* Who watches a file is woken, and forgets it when it goes. */
static void watches_are_told(void **state)
{
    int epfd, fd;

    (void)state;
    epfd = tidy__sim_epoll_create1(&world, 0);
    fd = tidy__sim_fd_open(&file, 0);
    assert_int_equal(world_watch(epfd, fd, EPOLLIN | EPOLLET), 0);
    assert_string_equal(world_ready(epfd, 1), "513:1");
    assert_string_equal(world_ready(epfd, 1), "");
    tidy__sim_file_wake(&file, EPOLLIN);
    assert_string_equal(world_ready(epfd, 1), "513:1");
    tidy__sim_file_wake(&file, EPOLLIN);
    tidy__sim_fd_close(&world, fd);
    assert_null(file.watches);
    assert_string_equal(world_ready(epfd, 1), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        file_unit_test(ids_count_files),
        file_unit_test(lowest_is_given),
        file_unit_test(number_can_be_asked_for),
        file_unit_test(table_can_be_full),
        file_unit_test(open_ones_are_found),
        file_unit_test(fault_leaves_no_number),
        file_unit_test(number_may_not_be_reused),
        file_unit_test(last_number_is_reused),
        file_unit_test(last_close_releases),
        file_unit_test(others_are_not_open),
        file_unit_test(watches_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
