/* SPDX-License-Identifier: MIT */
/*
 * What a test left behind of its own libuv code: handles of every type, and
 * requests that are under way.
 */
#include "support/leftover_probe.h"
#include <tidysock/tidysock.h>

#include <fcntl.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

/* -------------------------------------------------------- the user's handles */

static union uv_any_handle handle;
static int n_calls; /* of a callback */

#define CALLBACK "origin unknown, callback test_leftovers_handles+0x#"

static void timer_is_named(void **state)
{
    (void)state;
    assert_left(leave_timer,
                "  timer  due in # s  origin unknown, callback uv_timer_again");
}

static void leave_idle_timer(struct tidy_case *t)
{
    uv_timer_init(tidy_case_uv(t), &handle.timer);
}

static void timer_that_is_not_started_is_named(void **state)
{
    (void)state;
    assert_left(leave_idle_timer, "  timer  stopped  origin unknown");
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
    n_calls++;
}

static void leave_idle(struct tidy_case *t)
{
    uv_idle_init(tidy_case_uv(t), &handle.idle);
    uv_idle_start(&handle.idle, on_idle);
}

/* ... and is no reason to turn the loop again and again. */
static void idle_handle_is_named(void **state)
{
    (void)state;
    n_calls = 0;
    assert_left(leave_idle, "  idle  active  " CALLBACK);
    assert_in_range(n_calls, 0, 3);
}

static void on_prepare(uv_prepare_t *prepare)
{
    (void)prepare;
}

static void leave_prepare(struct tidy_case *t)
{
    uv_prepare_init(tidy_case_uv(t), &handle.prepare);
    uv_prepare_start(&handle.prepare, on_prepare);
    uv_unref((uv_handle_t *)&handle.prepare);
}

/* A handle that does not keep the loop alive is left behind all the same. */
static void unreferenced_handle_is_named(void **state)
{
    (void)state;
    assert_left(leave_prepare, "  prepare  active  " CALLBACK);
}

static void on_async(uv_async_t *async)
{
    (void)async;
}

static void leave_async(struct tidy_case *t)
{
    uv_async_init(tidy_case_uv(t), &handle.async, on_async);
}

static void async_handle_is_named(void **state)
{
    (void)state;
    assert_left(leave_async, "  async  active  " CALLBACK);
}

static void on_signal(uv_signal_t *signal_handle, int number)
{
    (void)signal_handle;
    (void)number;
}

static void leave_signal(struct tidy_case *t)
{
    uv_signal_init(tidy_case_uv(t), &handle.signal);
    uv_signal_start(&handle.signal, on_signal, SIGUSR1);
}

static void signal_handle_is_named(void **state)
{
    (void)state;
    assert_left(leave_signal, "  signal  active  " CALLBACK);
}

static int poll_fds[2];

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
}

static void leave_poll(struct tidy_case *t)
{
    uv_poll_init(tidy_case_uv(t), &handle.poll, poll_fds[0]);
    uv_poll_start(&handle.poll, UV_READABLE, on_poll);
}

/* The descriptor was there before, and stays. */
static void poll_handle_is_named(void **state)
{
    (void)state;
    assert_int_equal(pipe2(poll_fds, O_NONBLOCK | O_CLOEXEC), 0);
    assert_left(leave_poll, "  poll  one end of a pipe  " CALLBACK);
    assert_int_equal(write(poll_fds[1], "x", 1), 1);
    close(poll_fds[0]);
    close(poll_fds[1]);
}

static void
on_change(uv_fs_event_t *event, const char *name, int events, int status)
{
    (void)event;
    (void)name;
    (void)events;
    (void)status;
}

static void leave_fs_event(struct tidy_case *t)
{
    uv_fs_event_init(tidy_case_uv(t), &handle.fs_event);
    uv_fs_event_start(&handle.fs_event, on_change, "/", 0);
}

static void fs_event_is_named(void **state)
{
    (void)state;
    assert_left(leave_fs_event, "  fs_event  active  " CALLBACK);
}

static void on_stat(uv_fs_poll_t *poll,
                    int status,
                    const uv_stat_t *before,
                    const uv_stat_t *after)
{
    (void)poll;
    (void)status;
    (void)before;
    (void)after;
}

static void leave_fs_poll(struct tidy_case *t)
{
    uv_fs_poll_init(tidy_case_uv(t), &handle.fs_poll);
    uv_fs_poll_start(&handle.fs_poll, on_stat, "/", 30000);
}

/* Its timer inside libuv is nobody's leftover. */
static void fs_poll_is_named(void **state)
{
    (void)state;
    assert_left(leave_fs_poll, "  fs_poll  active  origin unknown");
}

static void bind_tcp(struct tidy_case *t)
{
    struct sockaddr_in in;

    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &in), 0);
    assert_int_equal(uv_tcp_init(tidy_case_uv(t), &handle.tcp), 0);
    assert_int_equal(uv_tcp_bind(&handle.tcp, (void *)&in, 0), 0);
}

static void on_connection(uv_stream_t *stream, int status)
{
    (void)stream;
    (void)status;
}

static void leave_uv_listener(struct tidy_case *t)
{
    bind_tcp(t);
    assert_int_equal(uv_listen((uv_stream_t *)&handle.tcp, 1, on_connection),
                     0);
}

static void uv_listener_is_named(void **state)
{
    (void)state;
    assert_left(leave_uv_listener, "  tcp  127.0.0.1:PORT1  LISTEN  " CALLBACK);
}

static void leave_closed_tcp(struct tidy_case *t)
{
    assert_int_equal(uv_tcp_init(tidy_case_uv(t), &handle.tcp), 0);
}

static void uv_stream_without_a_descriptor_is_named(void **state)
{
    (void)state;
    assert_left(leave_closed_tcp, "  tcp  inactive  origin unknown");
}

static void leave_udp(struct tidy_case *t)
{
    struct sockaddr_in in;

    assert_int_equal(uv_ip4_addr("127.0.0.1", 0, &in), 0);
    assert_int_equal(uv_udp_init(tidy_case_uv(t), &handle.udp), 0);
    assert_int_equal(uv_udp_bind(&handle.udp, (void *)&in, 0), 0);
}

static void udp_handle_is_named(void **state)
{
    (void)state;
    assert_left(leave_udp, "  udp  127.0.0.1:PORT1  origin unknown");
}

static void leave_uv_pipe(struct tidy_case *t)
{
    assert_int_equal(uv_pipe_init(tidy_case_uv(t), &handle.pipe, 0), 0);
    assert_int_equal(uv_pipe_open(&handle.pipe, poll_fds[0]), 0);
}

/* What a libuv handle has taken over, it closes. */
static void uv_pipe_is_named(void **state)
{
    (void)state;
    assert_int_equal(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, poll_fds), 0);
    assert_case_fails(leave_uv_pipe,
                      TIDY_ELEFTOVER,
                      "t: left behind\n"
                      "  pipe  (unnamed) -> (unnamed)  origin unknown");
    assert_int_equal(close(poll_fds[0]), -1);
    close(poll_fds[1]);
}

static void on_closed(uv_handle_t *closed)
{
    (void)closed;
    n_calls++;
}

static void leave_closing(struct tidy_case *t)
{
    bind_tcp(t);
    uv_close((uv_handle_t *)&handle.tcp, on_closed);
}

static void handle_that_is_closing_is_no_leftover(void **state)
{
    (void)state;
    n_calls = 0;
    assert_case_passes(leave_closing, TIDY_NO_SERVER);
    assert_int_equal(n_calls, 1);
}

struct watched {
    struct tidy_protocol base;
    uv_timer_t timer; /* for a connection that is silent for too long */
};

static void start_watching(struct tidy_protocol *self)
{
    struct watched *watched = tidy_container_of(self, struct watched, base);
    void (*fn)(void) = (void (*)(void))uv_timer_again;

    uv_timer_init(tidy_case_uv(tidy_case_current()), &watched->timer);
    uv_timer_start(&watched->timer, (uv_timer_cb)fn, 30000, 0);
}

static const struct tidy_protocol_ops watched_ops = {
    .connection_made = start_watching,
};

static void forget_timer_in_protocol(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);

    tidy_case_listen(
        t, server, tidy_factory_of(&watched_ops, sizeof(struct watched)));
    tidy_client_close(tidy_case_connect(t, server));
    tidy_case_clean_up(t, server);
}

/* The connection is gone, and the memory of its protocol would be. */
static void handle_in_a_lost_protocol_is_named(void **state)
{
    const struct tidy_test test = { .name = "t",
                                    .body = forget_timer_in_protocol };

    (void)state;
    assert_case(&test,
                TIDY_TCP,
                TIDY_ELEFTOVER,
                "t[tcp]: left behind\n"
                "  timer  due in # s  origin unknown, callback uv_timer_again");
}

/* --------------------------------------------------------------- requests */

static sem_t gate;
static uv_work_t work;

static void wait_at_gate(uv_work_t *req)
{
    (void)req;
    sem_wait(&gate);
}

static void on_worked(uv_work_t *req, int status)
{
    (void)req;
    (void)status;
    n_calls++;
}

static uv_timer_t late_timer;

static void do_little(uv_work_t *req)
{
    (void)req;
}

static void begin_timer(uv_work_t *req, int status)
{
    void (*fn)(void) = (void (*)(void))uv_timer_again;

    (void)status;
    uv_timer_init(req->loop, &late_timer);
    uv_timer_start(&late_timer, (uv_timer_cb)fn, 30000, 0);
}

static void leave_work_that_begins_a_timer(struct tidy_case *t)
{
    assert_int_equal(
        uv_queue_work(tidy_case_uv(t), &work, do_little, begin_timer), 0);
}

/* What the end of a request begins, at the very end, is a leftover, too. */
static void handle_of_a_late_request_is_named(void **state)
{
    (void)state;
    assert_left(leave_work_that_begins_a_timer,
                "  timer  due in # s  origin unknown, callback uv_timer_again");
}

static void leave_work(struct tidy_case *t)
{
    assert_int_equal(
        uv_queue_work(tidy_case_uv(t), &work, wait_at_gate, on_worked), 0);
}

/* The loop stays to libuv's threads; they must not find it gone. */
static void request_under_way_is_named(void **state)
{
    (void)state;
    n_calls = 0;
    assert_int_equal(sem_init(&gate, 0, 0), 0);
    assert_left(leave_work, "  request  1 still under way  origin unknown");
    sem_post(&gate);
    while (!n_calls)
        uv_run(work.loop, UV_RUN_ONCE);
    assert_int_equal(uv_loop_close(work.loop), 0);
    free(work.loop);
    sem_destroy(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timer_is_named),
        cmocka_unit_test(timer_that_is_not_started_is_named),
        cmocka_unit_test(idle_handle_is_named),
        cmocka_unit_test(unreferenced_handle_is_named),
        cmocka_unit_test(async_handle_is_named),
        cmocka_unit_test(signal_handle_is_named),
        cmocka_unit_test(poll_handle_is_named),
        cmocka_unit_test(fs_event_is_named),
        cmocka_unit_test(fs_poll_is_named),
        cmocka_unit_test(uv_listener_is_named),
        cmocka_unit_test(uv_stream_without_a_descriptor_is_named),
        cmocka_unit_test(udp_handle_is_named),
        cmocka_unit_test(uv_pipe_is_named),
        cmocka_unit_test(handle_that_is_closing_is_no_leftover),
        cmocka_unit_test(handle_in_a_lost_protocol_is_named),
        cmocka_unit_test(handle_of_a_late_request_is_named),
        cmocka_unit_test(request_under_way_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
