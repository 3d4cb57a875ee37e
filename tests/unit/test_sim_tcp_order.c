/* SPDX-License-Identifier: MIT */
/*
 * When what is sent over TCP arrives: each connect, piece of data, end and reset,
 * before or after the others, timers and the calls of its receiver; and what may
 * become of a connect, or of a connection in the middle.
 */
#include "support/tcp_probe.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/timerfd.h>

#include <cmocka.h>

static int listener;
static char got[64];

static int set_up(void **state)
{
    if (world_set_up(state))
        return -1;
    listener = tcp_listen(5);
    return 0;
}

#define order_unit_test(fn)                                                    \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)

static ssize_t read_some(int fd)
{
    return world_read(fd, got, sizeof(got));
}

/* What is sent next stays in flight. */
static void hold_next(void)
{
    world_answer(TIDY_CHOICE_ORDER, 2, 1);
}

/* -------------------------------------------------------------- what is sent */

static void end_of(int fd)
{
    tidy__sim_shutdown(&world, fd, SHUT_WR);
}

static void data_of(int fd)
{
    world_write(fd, "x", 1);
}

/* Each may be there at once, which is calm, or later. */
static void all_may_be_late(void **state)
{
    static const struct {
        void (*send)(int fd);
        ssize_t expected;
    } sends[] = {
        { data_of, 1 },
        { end_of, 0 },
        { tcp_reset, -ECONNRESET },
    };
    size_t idx;
    int fds[2];

    (void)state;
    for (idx = 0; idx < TIDY_COUNT(sends); idx++) {
        tcp_pair(listener, fds);
        sends[idx].send(fds[0]);
        assert_int_equal(read_some(fds[1]), sends[idx].expected);
        tcp_pair(listener, fds);
        hold_next();
        sends[idx].send(fds[0]);
        assert_int_equal(read_some(fds[1]), -EAGAIN);
        tcp_settle(TIDY_MS(1));
        assert_int_equal(read_some(fds[1]), sends[idx].expected);
    }
}

/* A connect, too: the SYN, the answer to it, and the answer to that. */
static void connects_may_be_late(void **state)
{
    size_t n_calm, fd;

    (void)state;
    for (n_calm = 0; n_calm < 3; n_calm++) {
        size_t n;

        for (n = 0; n < n_calm; n++)
            world_answer(TIDY_CHOICE_ORDER, 2, 0);
        hold_next();
        fd = (size_t)tcp_client(listener);
        assert_int_equal(world_poll((int)fd, POLLOUT),
                         n_calm < 2 ? 0 : POLLOUT);
        assert_int_equal(tcp_accept(listener), -EAGAIN);
        tcp_settle(TIDY_MS(1));
        assert_int_equal(world_poll((int)fd, POLLOUT), POLLOUT);
        assert_in_range(tcp_accept(listener), SIM_FD_MIN, SIM_FD_MAX);
    }
}

/* One connection keeps its order: what is behind others waits for them. */
static void a_stream_is_in_order(void **state)
{
    int fds[2];

    (void)state;
    tcp_pair(listener, fds);
    hold_next();
    world_write(fds[0], "he", 2);
    world_write(fds[0], "llo", 3);
    end_of(fds[0]);
    assert_int_equal(read_some(fds[1]), -EAGAIN);
    tcp_settle(TIDY_MS(1));
    assert_int_equal(read_some(fds[1]), 5);
    assert_memory_equal(got, "hello", 5);
    assert_int_equal(read_some(fds[1]), 0);
}

/* What was sent in two pieces may be read in two, or as one. */
static void pieces_may_be_joined(void **state)
{
    int fds[2];

    (void)state;
    tcp_pair(listener, fds);
    world_write(fds[0], "he", 2);
    world_write(fds[0], "llo", 3);
    assert_int_equal(read_some(fds[1]), 5);
    world_write(fds[0], "he", 2);
    hold_next();
    world_write(fds[0], "llo", 3);
    assert_int_equal(read_some(fds[1]), 2);
    tcp_settle(TIDY_MS(1));
    assert_int_equal(read_some(fds[1]), 3);
}

/* -------------------------------------------------------- before, and after */

/* Of several connections any may be first. */
static void any_connection_may_be_first(void **state)
{
    int a[2], b[2];
    struct pollfd fds[2];

    (void)state;
    tcp_pair(listener, a);
    tcp_pair(listener, b);
    hold_next();
    data_of(a[0]);
    hold_next();
    data_of(b[0]);
    fds[0] = (struct pollfd){ .fd = a[1], .events = POLLIN };
    fds[1] = (struct pollfd){ .fd = b[1], .events = POLLIN };
    world_answer(TIDY_CHOICE_ORDER, 2, 1);
    assert_int_equal(tidy__sim_poll(&world, fds, 2, SIM_NEVER), 1);
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(fds[1].revents, POLLIN);
}

/* Before a wait tells what has come, more may. */
static void more_may_come_before_it_is_told(void **state)
{
    int a[2], b[2];
    struct pollfd fds[2];

    (void)state;
    tcp_pair(listener, a);
    tcp_pair(listener, b);
    data_of(a[0]);
    hold_next();
    data_of(b[0]);
    fds[0] = (struct pollfd){ .fd = a[1], .events = POLLIN };
    fds[1] = (struct pollfd){ .fd = b[1], .events = POLLIN };
    assert_int_equal(tidy__sim_poll(&world, fds, 2, SIM_NEVER), 1);
    world_answer(TIDY_CHOICE_ORDER, 2, 1);
    assert_int_equal(tidy__sim_poll(&world, fds, 2, SIM_NEVER), 2);
}

/* A wait that does not block may find what has just come. */
static void questions_may_find_it(void **state)
{
    int fds[2];

    (void)state;
    tcp_pair(listener, fds);
    hold_next();
    data_of(fds[0]);
    assert_int_equal(world_poll(fds[1], POLLIN), 0);
    world_answer(TIDY_CHOICE_ORDER, 2, 1);
    assert_int_equal(world_poll(fds[1], POLLIN), POLLIN);
}

/* Between a read that finds nothing and a close() data may come, which makes a
 * reset of the end. */
static void data_may_come_before_any_call(void **state)
{
    int fds[2];

    (void)state;
    tcp_pair(listener, fds);
    hold_next();
    data_of(fds[0]);
    assert_int_equal(read_some(fds[1]), -EAGAIN);
    world_answer(TIDY_CHOICE_ORDER, 2, 1);
    tidy__sim_close(&world, fds[1]);
    assert_int_equal(read_some(fds[0]), -ECONNRESET);
}

/* Calls on others make no difference, and are not asked for it. */
static void other_calls_are_not_asked(void **state)
{
    int fds[2], other[2];
    size_t n;

    (void)state;
    tcp_pair(listener, other);
    tcp_pair(listener, fds);
    hold_next();
    data_of(fds[0]);
    n = world_n_offered(TIDY_CHOICE_ORDER);
    assert_int_equal(read_some(other[0]), -EAGAIN);
    assert_int_equal(read_some(fds[0]), -EAGAIN);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
    assert_int_equal(world_n_offered(TIDY_CHOICE_ORDER), n);
    assert_int_equal(read_some(fds[1]), -EAGAIN);
    assert_int_equal(world_n_offered(TIDY_CHOICE_ORDER), n + 1);
}

/* -------------------------------------------------------------------- timers */

static int timer_in(uint64_t delay_ns)
{
    const struct itimerspec value = {
        .it_value.tv_nsec = (long)delay_ns,
    };
    int fd = tidy__sim_timerfd_create(&world, CLOCK_MONOTONIC, TFD_NONBLOCK);

    assert_int_equal(tidy__sim_timerfd_settime(&world, fd, 0, &value, NULL), 0);
    return fd;
}

/* What is in flight comes before a timer, which is calm, or behind it. */
static void timer_may_be_first(void **state)
{
    struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
    size_t is_first;
    int pair[2];

    (void)state;
    tcp_pair(listener, pair);
    fds[0].fd = pair[1];
    for (is_first = 0; is_first < 2; is_first++) {
        fds[1].fd = timer_in(TIDY_MS(50));
        hold_next();
        data_of(pair[0]);
        world_answer(TIDY_CHOICE_TIMER, 2, is_first);
        assert_int_equal(tidy__sim_poll(&world, fds, 2, SIM_NEVER), 1);
        assert_int_equal(fds[0].revents, is_first ? 0 : POLLIN);
        assert_int_equal(fds[1].revents, is_first ? POLLIN : 0);
        tcp_settle(TIDY_MS(60));
        read_some(pair[1]);
        tidy__sim_close(&world, fds[1].fd);
    }
}

/* But not by more than the bound on latency. */
static void nothing_is_later_than_the_bound(void **state)
{
    struct pollfd fds[2] = { { .events = POLLIN }, { .events = POLLIN } };
    int pair[2];

    (void)state;
    tcp_pair(listener, pair);
    fds[0].fd = pair[1];
    fds[1].fd = timer_in(TIDY_MS(101));
    hold_next();
    data_of(pair[0]);
    assert_int_equal(tidy__sim_poll(&world, fds, 2, SIM_NEVER), 1);
    assert_int_equal(fds[0].revents, POLLIN);
    assert_int_equal(world_n_offered(TIDY_CHOICE_TIMER), 0);
}

static char fired[4];
static size_t n_fired;

static void fire(int letter)
{
    fired[n_fired++] = (char)letter;
}

/* Those that are due at the same instant fire in any order; calm is that in which
 * they were set. */
static void equal_timers_have_any_order(void **state)
{
    static const struct {
        size_t first, second;
        const char *expected;
    } orders[] = { { 0, 0, "abc" }, { 2, 0, "cab" }, { 1, 1, "bca" } };
    size_t idx;

    (void)state;
    for (idx = 0; idx < TIDY_COUNT(orders); idx++) {
        n_fired = 0;
        world_after(TIDY_MS(1), fire, 'a');
        world_after(TIDY_MS(1), fire, 'b');
        world_after(TIDY_MS(1), fire, 'c');
        world_answer(TIDY_CHOICE_TIMER, 3, orders[idx].first);
        world_answer(TIDY_CHOICE_TIMER, 2, orders[idx].second);
        tcp_settle(TIDY_MS(2));
        assert_string_equal(fired, orders[idx].expected);
    }
}

/* ------------------------------------------------------- what may become of it */

static int error_of(int fd)
{
    socklen_t len = sizeof(int);
    int error;

    assert_int_equal(
        tidy__sim_getsockopt(&world, fd, SOL_SOCKET, SO_ERROR, &error, &len),
        0);
    return error;
}

static void connect_may_be_refused(void **state)
{
    int fd;

    (void)state;
    world_answer(TIDY_CHOICE_REFUSE_FAULT, 2, 1);
    fd = tcp_client(listener);
    assert_int_equal(error_of(fd), ECONNREFUSED);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
}

/* One SYN is lost: the next is sent a second later. */
static void connect_may_take_a_second(void **state)
{
    int fd;

    (void)state;
    world_answer(TIDY_CHOICE_UNREACHED_FAULT, 3, 1);
    fd = tcp_client(listener);
    tcp_settle(TIDY_MS(900));
    assert_int_equal(world_poll(fd, POLLOUT), 0);
    tcp_settle(TIDY_MS(200));
    assert_int_equal(world_poll(fd, POLLOUT), POLLOUT);
}

/* All of them are: the time is up after 1 + 2 + 4 + ... + 64 s. */
static void connect_may_time_out(void **state)
{
    int fd;

    (void)state;
    world_answer(TIDY_CHOICE_UNREACHED_FAULT, 3, 2);
    fd = tcp_client(listener);
    tcp_settle(TIDY_S(126));
    assert_int_equal(world_poll(fd, POLLOUT), 0);
    tcp_settle(TIDY_S(2));
    assert_int_equal(error_of(fd), ETIMEDOUT);
    assert_int_equal(world_n_offered(TIDY_CHOICE_UNREACHED_FAULT), 1);
    assert_int_equal(tcp_connect(fd, listener), -ECONNABORTED);
    assert_int_equal(tcp_connect(fd, listener), -EINPROGRESS);
    assert_int_equal(world_poll(fd, POLLOUT), POLLOUT);
}

/* Both ends see a reset that neither has sent. */
static void connection_may_be_reset(void **state)
{
    int fds[2];

    (void)state;
    tcp_pair(listener, fds);
    data_of(fds[0]);
    world_answer(TIDY_CHOICE_RESET_FAULT, 2, 1);
    assert_int_equal(world_write(fds[0], "x", 1), -ECONNRESET);
    assert_int_equal(read_some(fds[1]), 1);
    assert_int_equal(read_some(fds[1]), -ECONNRESET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        order_unit_test(all_may_be_late),
        order_unit_test(connects_may_be_late),
        order_unit_test(a_stream_is_in_order),
        order_unit_test(pieces_may_be_joined),
        order_unit_test(any_connection_may_be_first),
        order_unit_test(more_may_come_before_it_is_told),
        order_unit_test(questions_may_find_it),
        order_unit_test(data_may_come_before_any_call),
        order_unit_test(other_calls_are_not_asked),
        order_unit_test(timer_may_be_first),
        order_unit_test(nothing_is_later_than_the_bound),
        order_unit_test(equal_timers_have_any_order),
        order_unit_test(connect_may_be_refused),
        order_unit_test(connect_may_take_a_second),
        order_unit_test(connect_may_time_out),
        order_unit_test(connection_may_be_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
