/* SPDX-License-Identifier: MIT */
/*
 * What a test left behind of what it made through our API: one body for each
 * kind of leftover. The user's own libuv handles are in test_leftovers_handles.c,
 * and what belongs to the process in test_baseline.c.
 */
#include "net/loop.h"
#include "support/leftover_probe.h"
#include <tidysock/tidysock.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

static const struct tidy_protocol_ops quiet_ops = { .size = 0 };

static struct tidy_factory quiet(void)
{
    return tidy_factory_of(&quiet_ops, sizeof(struct tidy_protocol));
}

/* ------------------------------------------------------------ connections, .. */

static struct tidy_listener *listen_at(struct tidy_case *t,
                                       const char *description)
{
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_deferred *listening;

    assert_int_equal(tidy_endpoint_parse_server(description, &endpoint, NULL),
                     0);
    listening =
        tidy_listen_at(tidy_case_loop(t), endpoint, quiet(), "body.c", 1);
    tidy_endpoint_free(endpoint);
    return tidy_case_await(t, listening);
}

static struct tidy_listener *listen_tcp(struct tidy_case *t)
{
    return listen_at(t, "tcp:0:interface=127.0.0.1");
}

static struct tidy_deferred *connect_to(struct tidy_case *t, uint16_t port)
{
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_deferred *connected;
    char text[64];

    snprintf(text, sizeof(text), "tcp:127.0.0.1:%u", (unsigned)port);
    assert_int_equal(tidy_endpoint_parse_client(text, &endpoint, NULL), 0);
    connected =
        tidy_connect_at(tidy_case_loop(t), endpoint, quiet(), "body.c", 2);
    tidy_endpoint_free(endpoint);
    return connected;
}

static uint16_t port_of(const struct tidy_listener *listener)
{
    return tidy_address_port(tidy_listener_address(listener));
}

static void leave_listener(struct tidy_case *t)
{
    listen_tcp(t);
}

static void listener_is_named(void **state)
{
    (void)state;
    assert_left(leave_listener,
                "  tcp socket 127.0.0.1:PORT1  LISTEN  listening at body.c:1");
}

static void leave_unix_listener(struct tidy_case *t)
{
    char text[200];

    snprintf(
        text, sizeof(text), "unix:%s/socket:lockfile=0", tidy_case_temp_dir(t));
    listen_at(t, text);
}

/* Its path goes with the temporary directory, before it does. */
static void unix_listener_is_named(void **state)
{
    (void)state;
    assert_left(leave_unix_listener,
                "  unix socket PRIVATE/t#/socket  LISTEN  "
                "listening at body.c:1");
}

static int raw_listener, raw_clients[2];

static uint16_t open_raw_listener(int backlog)
{
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(in);

    raw_listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(raw_listener, (void *)&in, sizeof(in)), 0);
    assert_int_equal(listen(raw_listener, backlog), 0);
    assert_int_equal(getsockname(raw_listener, (void *)&in, &len), 0);
    return ntohs(in.sin_port);
}

static int connect_raw(uint16_t port)
{
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    connect(fd, (void *)&in, sizeof(in));
    return fd;
}

/* With a queue that is full: who connects to it has to wait. */
static uint16_t open_full(void)
{
    uint16_t port = open_raw_listener(0);

    raw_clients[0] = connect_raw(port);
    raw_clients[1] = connect_raw(port);
    return port;
}

static void close_full(void)
{
    close(raw_clients[0]);
    close(raw_clients[1]);
    close(raw_listener);
}

static uint16_t raw_port;

static void leave_connect(struct tidy_case *t)
{
    tidy_deferred_unref(connect_to(t, raw_port));
}

static void leave_connection(struct tidy_case *t)
{
    tidy_case_await(t, connect_to(t, raw_port));
}

static void connection_is_named(void **state)
{
    (void)state;
    raw_port = open_raw_listener(4);
    assert_left(leave_connection,
                "  tcp socket 127.0.0.1:PORT1 -> 127.0.0.1:PORT2  ESTABLISHED  "
                "connected at body.c:2");
    close(raw_listener);
}

static void leave_accepted(struct tidy_case *t)
{
    struct tidy_listener *listener = listen_tcp(t);

    raw_clients[0] = connect_raw(port_of(listener));
    while (tidy_case_loop(t)->own_group.n_open < 1)
        tidy_case_turn(t);
    tidy_case_await(t, tidy_listener_close(listener));
}

/* The client, a plain socket, was reset by then. */
static void connection_that_was_accepted_is_named(void **state)
{
    (void)state;
    assert_case_fails(
        leave_accepted,
        TIDY_ELEFTOVER,
        "t: left behind\n"
        "  tcp socket 127.0.0.1:PORT1 -> 127.0.0.1:PORT2  ESTABLISHED  "
        "accepted at body.c:1\n"
        "  tcp socket 127.0.0.1:PORT2  CLOSE  origin unknown");
    close(raw_clients[0]);
}

static void connect_in_progress_is_named(void **state)
{
    (void)state;
    raw_port = open_full();
    assert_left(leave_connect,
                "  connect  127.0.0.1:PORT1  started at body.c:2\n"
                "  deferred  \"connected\"  created at body.c:2");
    close_full();
}

/* ------------------------------------------------------------------- servers */

static void leave_new_server(struct tidy_case *t)
{
    struct tidy_server *server;

    assert_int_equal(tidy_server_new_tcp(tidy_case_loop(t), &server, NULL), 0);
}

static void server_that_is_not_freed_is_named(void **state)
{
    (void)state;
    assert_left(leave_new_server, "  server  not freed  never started");
}

static void leave_used_server(struct tidy_case *t)
{
    struct tidy_server *server;

    assert_int_equal(tidy_server_new_tcp(tidy_case_loop(t), &server, NULL), 0);
    tidy_case_await(t, tidy_server_listen_at(server, quiet(), "body.c", 3));
    tidy_case_await(t, tidy_server_clean_up(server));
}

static void server_that_was_cleaned_up_must_be_freed_too(void **state)
{
    (void)state;
    assert_left(leave_used_server, "  server  not freed  started at body.c:3");
}

static void leave_listening_server(struct tidy_case *t)
{
    struct tidy_server *server;

    assert_int_equal(tidy_server_new_tcp(tidy_case_loop(t), &server, NULL), 0);
    tidy_case_await(t, tidy_server_listen_at(server, quiet(), "body.c", 3));
}

static void server_that_listens_is_named(void **state)
{
    (void)state;
    assert_left(leave_listening_server,
                "  tcp socket 127.0.0.1:PORT1  LISTEN  listening at body.c:3\n"
                "  server  not cleaned up  started at body.c:3");
}

static uv_timer_t ops_timer;

static void never_called(uv_timer_t *timer)
{
    (void)timer;
}

static int start_ops(struct uv_loop_s *loop,
                     const struct tidy_endpoint *endpoint,
                     struct sockaddr_storage *ret_address,
                     void **ret_state)
{
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_port = htons(9),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

    (void)endpoint;
    memcpy(ret_address, &in, sizeof(in));
    uv_timer_init(loop, &ops_timer);
    uv_timer_start(&ops_timer, never_called, 30000, 0);
    *ret_state = NULL;
    return 0;
}

static void stop_ops(void *ops_state, tidy_stopped_cb done, void *done_arg)
{
    (void)ops_state;
    uv_close((uv_handle_t *)&ops_timer, NULL);
    done(done_arg);
}

static const struct tidy_server_ops ops = { .start = start_ops,
                                            .stop = stop_ops };

static void leave_ops_server(struct tidy_case *t)
{
    struct tidy_server *server;

    assert_int_equal(tidy_server_new_tcp(tidy_case_loop(t), &server, NULL), 0);
    tidy_case_await(t, tidy_server_start_at(server, &ops, "body.c", 4));
}

static void server_of_the_users_is_named(void **state)
{
    (void)state;
    assert_left(leave_ops_server,
                "  server  not cleaned up  started at body.c:4\n"
                "  timer  due in # s  "
                "origin unknown, callback test_leftovers+0x#");
}

/* ------------------------------------------------------------ calls, deferreds */

static void count(void *arg)
{
    ++*(int *)arg;
}

static int n_calls;

static void leave_call(struct tidy_case *t)
{
    tidy_case_call_later_at(t, TIDY_S(30), count, &n_calls, "body.c", 5);
}

static void call_that_is_not_due_is_named(void **state)
{
    (void)state;
    n_calls = 0;
    assert_left(leave_call, "  timer  due in # s  started at body.c:5");
    assert_int_equal(n_calls, 0);
}

static void leave_call_due_now(struct tidy_case *t)
{
    tidy_case_call_later_at(t, 0, count, &n_calls, "body.c", 5);
}

static void call_that_is_due_is_made(void **state)
{
    (void)state;
    n_calls = 0;
    assert_case_passes(leave_call_due_now, TIDY_NO_SERVER);
    assert_int_equal(n_calls, 1);
}

static struct tidy_loop *chain_loop;

static void call_again(void *arg)
{
    ++*(int *)arg;
    tidy_call_later_at(chain_loop, 0, call_again, arg, NULL, "body.c", 6);
}

static void leave_endless_calls(struct tidy_case *t)
{
    chain_loop = tidy_case_loop(t);
    tidy_case_call_later_at(t, 0, call_again, &n_calls, "body.c", 5);
}

/* It is not waited for for ever. */
static void call_that_calls_itself_is_named(void **state)
{
    (void)state;
    n_calls = 0;
    assert_left(leave_endless_calls,
                "  timer  due in # s  started at body.c:6");
    assert_in_range(n_calls, 1, 100);
}

static struct tidy_deferred *left_deferred;

static void leave_deferred(struct tidy_case *t)
{
    left_deferred = tidy_case_deferred_at(t, "answer", "body.c", 7);
}

static void deferred_that_never_fired_is_named(void **state)
{
    (void)state;
    assert_left(leave_deferred, "  deferred  \"answer\"  created at body.c:7");
    /* It outlives its loop, and can still be fired. */
    tidy_deferred_fire(left_deferred, NULL, NULL);
    left_deferred = tidy_deferred_unref(left_deferred);
}

static void leave_limited_deferred(struct tidy_case *t)
{
    struct tidy_deferred *deferred =
        tidy_case_deferred_at(t, "answer", "body.c", 7);

    assert_int_equal(tidy_deferred_timeout_at(
                         deferred, tidy_case_loop(t), TIDY_S(30), "body.c", 8),
                     0);
    tidy_deferred_unref(deferred);
}

static void time_limit_that_is_not_over_is_named(void **state)
{
    (void)state;
    assert_left(leave_limited_deferred,
                "  timer  due in # s  started at body.c:8\n"
                "  deferred  \"answer\"  created at body.c:7");
}

static void leave_failure(struct tidy_case *t)
{
    struct tidy_deferred *deferred =
        tidy_case_deferred_at(t, "answer", "body.c", 7);

    tidy_deferred_fail(
        deferred,
        tidy_failure_new_at(-EIO, "body.c", 9, "the disk is %s", "full"));
    tidy_deferred_unref(deferred);
}

static void failure_that_nobody_handled_is_named(void **state)
{
    (void)state;
    assert_left(leave_failure,
                "  failure  the disk is full (unhandled, of \"answer\")  "
                "born at body.c:9");
}

static struct tidy_deferred *kept;

static void keep_failure(struct tidy_case *t)
{
    kept = tidy_case_deferred_at(t, "answer", "body.c", 10);
    tidy_deferred_fail(kept,
                       tidy_failure_new_at(-EIO, "body.c", 11, "no answer"));
}

/* ... also one that somebody still holds and has not looked at. */
static void failure_that_nobody_looked_at_is_named(void **state)
{
    (void)state;
    assert_left(keep_failure,
                "  failure  no answer (unhandled, of \"answer\")  "
                "born at body.c:11");
    tidy_deferred_unref(kept);
}

/* ------------------------------------------------------------- many at once */

static void leave_many(struct tidy_case *t)
{
    leave_timer(t);
    leave_failure(t);
    leave_deferred(t);
    leave_call(t);
    listen_tcp(t);
}

/* Ours first, then the user's handles, then the ledger's. */
static void leftovers_have_an_order(void **state)
{
    (void)state;
    assert_left(leave_many,
                "  tcp socket 127.0.0.1:PORT1  LISTEN  listening at body.c:1\n"
                "  timer  due in # s  started at body.c:5\n"
                "  timer  due in # s  origin unknown, callback uv_timer_again\n"
                "  deferred  \"answer\"  created at body.c:7\n"
                "  failure  the disk is full (unhandled, of \"answer\")  "
                "born at body.c:9");
    left_deferred = tidy_deferred_unref(left_deferred);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(listener_is_named),
        cmocka_unit_test(unix_listener_is_named),
        cmocka_unit_test(connection_is_named),
        cmocka_unit_test(connection_that_was_accepted_is_named),
        cmocka_unit_test(connect_in_progress_is_named),
        cmocka_unit_test(server_that_is_not_freed_is_named),
        cmocka_unit_test(server_that_was_cleaned_up_must_be_freed_too),
        cmocka_unit_test(server_that_listens_is_named),
        cmocka_unit_test(server_of_the_users_is_named),
        cmocka_unit_test(call_that_is_not_due_is_named),
        cmocka_unit_test(call_that_is_due_is_made),
        cmocka_unit_test(call_that_calls_itself_is_named),
        cmocka_unit_test(deferred_that_never_fired_is_named),
        cmocka_unit_test(time_limit_that_is_not_over_is_named),
        cmocka_unit_test(failure_that_nobody_handled_is_named),
        cmocka_unit_test(failure_that_nobody_looked_at_is_named),
        cmocka_unit_test(leftovers_have_an_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
