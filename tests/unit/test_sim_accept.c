/* SPDX-License-Identifier: MIT */
/*
 * Accepting: what may be there, what may go wrong, and what differs between the
 * profiles when a connection was reset before.
 */
#include "support/tcp_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

static int set_up_darwin(void **state)
{
    if (set_up(state))
        return -1;
    world.options.profile = TIDY_PROFILE_DARWIN;
    return 0;
}

#define accept_unit_test(fn)                                                   \
    cmocka_unit_test_setup_teardown(fn, set_up, world_tear_down)
#define darwin_unit_test(fn)                                                   \
    cmocka_unit_test_setup_teardown(fn, set_up_darwin, world_tear_down)

/* ------------------------------------------------------------------- faults */

/* Without a number the connection stays where it is, with what it was sent. */
static void emfile_leaves_the_connection(void **state)
{
    int client = tcp_client(listener), server;

    (void)state;
    world_write(client, "hello", 5);
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tcp_accept(listener), -EMFILE);
    assert_int_equal(world_poll(listener, POLLIN), POLLIN);
    server = tcp_accept(listener);
    assert_int_equal(server, client + 1);
    assert_int_equal(world_read(server, got, sizeof(got)), 5);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
}

/* The number is looked for first, as __sys_accept4_file() does. */
static void emfile_comes_before_eagain(void **state)
{
    (void)state;
    world_answer(TIDY_CHOICE_EMFILE_FAULT, 2, 1);
    assert_int_equal(tcp_accept(listener), -EMFILE);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
}

/* No fault is offered where none of the kind can be. */
static void other_errors_come_before_emfile(void **state)
{
    int fd = tcp_socket();
    size_t n = world_n_offered(TIDY_CHOICE_EMFILE_FAULT);

    (void)state;
    assert_int_equal(tcp_accept(fd), -EINVAL);
    assert_int_equal(tcp_accept(SIM_FD_MAX), -EBADF);
    assert_int_equal(world_n_offered(TIDY_CHOICE_EMFILE_FAULT), n);
}

/* The connection that accept() failed for is gone, for its client, too. */
static void aborted_connection_is_gone(void **state)
{
    int client = tcp_client(listener);

    (void)state;
    world_answer(TIDY_CHOICE_ABORT_FAULT, 2, 1);
    assert_int_equal(tcp_accept(listener), -ECONNABORTED);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
    assert_int_equal(world_read(client, got, sizeof(got)), -ECONNRESET);
    assert_int_equal(world_n_offered(TIDY_CHOICE_ABORT_FAULT), 1);
}

static void memory_may_lack(void **state)
{
    (void)state;
    world_answer(TIDY_CHOICE_ENOBUFS_FAULT, 2, 1);
    assert_int_equal(tcp_socket(), -ENOBUFS);
}

/* A blocking accept() may be interrupted; the connection still comes. */
static void accept_may_be_interrupted(void **state)
{
    (void)state;
    tidy__sim_fcntl(&world, listener, F_SETFL, 0);
    world_answer(TIDY_CHOICE_EINTR_FAULT, 2, 1);
    assert_int_equal(tcp_accept(listener), -EINTR);
    tcp_client(listener);
    assert_in_range(tcp_accept(listener), SIM_FD_MIN, SIM_FD_MAX);
}

/* -------------------------------------------------------------------- orders */

/* The client is connected, and its listener does not know yet: accept() finds
 * nothing, or that it comes just then. */
static void connection_may_come_late(void **state)
{
    int client;

    (void)state;
    world_answer(TIDY_CHOICE_ACCEPT, 2, 1);
    client = tcp_client(listener);
    assert_int_equal(world_poll(client, POLLOUT), POLLOUT);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
    world_answer(TIDY_CHOICE_ORDER, 2, 1);
    assert_in_range(tcp_accept(listener), SIM_FD_MIN, SIM_FD_MAX);
}

/* Data, end and reset may be there before accept(). */
static void all_may_be_over_before_accept(void **state)
{
    int client = tcp_client(listener), server;

    (void)state;
    world_write(client, "hello", 5);
    tcp_reset(client);
    server = tcp_accept(listener);
    assert_int_equal(world_read(server, got, sizeof(got)), 5);
    assert_int_equal(world_read(server, got, sizeof(got)), -ECONNRESET);
    client = tcp_client(listener);
    tidy__sim_close(&world, client);
    server = tcp_accept(listener);
    assert_int_equal(world_read(server, got, sizeof(got)), 0);
}

/* Or they come only after it. */
static void all_may_come_after_accept(void **state)
{
    int client = tcp_client(listener), server;

    (void)state;
    world_answer(TIDY_CHOICE_ORDER, 2, 1);
    world_write(client, "hello", 5);
    tidy__sim_close(&world, client);
    server = tcp_accept(listener);
    assert_int_equal(world_read(server, got, sizeof(got)), -EAGAIN);
    tcp_settle(TIDY_MS(1));
    assert_int_equal(world_read(server, got, sizeof(got)), 5);
    assert_int_equal(world_read(server, got, sizeof(got)), 0);
}

/* -------------------------------------------------------------------- darwin */

/* What was reset is never returned, and nobody is told of it. */
static void darwin_may_forget(void **state)
{
    int client = tcp_client(listener), other;

    (void)state;
    other = tcp_client(listener);
    world_write(client, "hello", 5);
    tcp_reset(client);
    assert_in_range(tcp_accept(listener), SIM_FD_MIN, SIM_FD_MAX);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
    tcp_reset(other);
    assert_int_equal(world_poll(listener, POLLIN), 0);
}

/* Or accept() says so, once. */
static void darwin_may_tell(void **state)
{
    int client;

    (void)state;
    world_answer(TIDY_CHOICE_ACCEPT, 2, 0);
    world_answer(TIDY_CHOICE_ACCEPT, 2, 1);
    client = tcp_client(listener);
    tcp_reset(client);
    assert_int_equal(world_poll(listener, POLLIN), POLLIN);
    assert_int_equal(tcp_accept(listener), -ECONNABORTED);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
}

/* The listener was ready; then the connection went: accept() would block. */
static void darwin_may_forget_what_was_told(void **state)
{
    int client = tcp_client(listener);

    (void)state;
    assert_int_equal(world_poll(listener, POLLIN), POLLIN);
    tcp_reset(client);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
}

/* A reset behind an end is one, too; an end alone is none. */
static void darwin_returns_what_has_ended(void **state)
{
    int client = tcp_client(listener), server;

    (void)state;
    tidy__sim_close(&world, client);
    server = tcp_accept(listener);
    assert_int_equal(world_read(server, got, sizeof(got)), 0);
    client = tcp_client(listener);
    tidy__sim_shutdown(&world, client, SHUT_WR);
    tcp_reset(client);
    assert_int_equal(tcp_accept(listener), -EAGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        accept_unit_test(emfile_leaves_the_connection),
        accept_unit_test(emfile_comes_before_eagain),
        accept_unit_test(other_errors_come_before_emfile),
        accept_unit_test(aborted_connection_is_gone),
        accept_unit_test(memory_may_lack),
        accept_unit_test(accept_may_be_interrupted),
        accept_unit_test(connection_may_come_late),
        accept_unit_test(all_may_be_over_before_accept),
        accept_unit_test(all_may_come_after_accept),
        darwin_unit_test(darwin_may_forget),
        darwin_unit_test(darwin_may_tell),
        darwin_unit_test(darwin_may_forget_what_was_told),
        darwin_unit_test(darwin_returns_what_has_ended),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
