/* SPDX-License-Identifier: MIT */
/*
 * A whole cycle with every allocation failing once, in turn: make a server,
 * listen, connect, echo, clean up; and the same in a case. Whatever fails, it
 * fails with a code, nothing is left, nothing hangs.
 *
 * Ours all fail; libuv's too (uv_replace_allocator()), but for one on which
 * libuv itself aborts: the table of watched descriptors, which uv__io_start()
 * grows by realloc (maybe_resize() in libuv's src/unix/core.c). It is the only
 * realloc of the cycle, so reallocs are the ones that do not fail here.
 */
#include "support/oom.h"
#include <tidysock/tidysock.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <uv.h>

#include <cmocka.h>

#define PATIENCE_NS TIDY_S(20)

/* ----------------------------------------------------- libuv's own memory */

static struct {
    size_t n_blocks;
    size_t n_until_failure; /* 0: never */
    bool has_failed;
} uv_memory;

static bool is_to_fail(void)
{
    if (!uv_memory.n_until_failure || --uv_memory.n_until_failure)
        return false;
    uv_memory.has_failed = true;
    return true;
}

static void *uv_counted_malloc(size_t size)
{
    void *ptr = is_to_fail() ? NULL : malloc(size);

    uv_memory.n_blocks += ptr != NULL;
    return ptr;
}

static void *uv_counted_calloc(size_t n_items, size_t size)
{
    void *ptr = is_to_fail() ? NULL : calloc(n_items, size);

    uv_memory.n_blocks += ptr != NULL;
    return ptr;
}

static void *uv_counted_realloc(void *ptr, size_t size)
{
    uv_memory.n_blocks += ptr == NULL;
    return realloc(ptr, size);
}

static void uv_counted_free(void *ptr)
{
    uv_memory.n_blocks -= ptr != NULL;
    free(ptr);
}

/* ----------------------------------------------------------------- a cycle */

struct cycle {
    uv_loop_t uv;
    struct tidy_loop *loop;
    struct tidy_server *server;
    bool is_unix;
    bool is_over; /* echoed, or the client is lost */
};

static void echo(struct tidy_protocol *self, const void *data, size_t len)
{
    /* Out of memory: the client must not wait for an answer for ever. */
    if (tidy_transport_write(self->transport, data, len) == -ENOMEM)
        tidy_transport_abort(self->transport);
}

static const struct tidy_protocol_ops echo_ops = { .data_received = echo };

struct client {
    struct tidy_protocol base;
    struct cycle *cycle;
};

static void on_answer(struct tidy_protocol *self, const void *data, size_t len)
{
    (void)data;
    (void)len;
    tidy_container_of(self, struct client, base)->cycle->is_over = true;
}

static void on_client_lost(struct tidy_protocol *self, int reason)
{
    (void)reason;
    tidy_container_of(self, struct client, base)->cycle->is_over = true;
}

static const struct tidy_protocol_ops client_ops = {
    .data_received = on_answer,
    .connection_lost = on_client_lost,
};

static int build_client(void *arg,
                        const struct tidy_address *peer,
                        struct tidy_protocol *protocol)
{
    (void)peer;
    tidy_container_of(protocol, struct client, base)->cycle = arg;
    return 0;
}

/* 0, or the code with which it failed: any, but not by waiting in vain. */
static int
await(struct cycle *c, struct tidy_deferred *deferred, void **ret_value)
{
    int result =
        tidy_loop_await(c->loop, deferred, PATIENCE_NS, ret_value, NULL);

    assert_int_not_equal(result, TIDY_EDEADLINE);
    assert_int_not_equal(result, TIDY_ESTUCK);
    return result;
}

static void wait_for_answer(struct cycle *c)
{
    uint64_t until_ns = tidy_loop_now_ns(c->loop) + PATIENCE_NS;

    while (!c->is_over) {
        assert_true(tidy_loop_now_ns(c->loop) < until_ns);
        uv_run(&c->uv, UV_RUN_ONCE);
    }
}

static int connect_and_echo(struct cycle *c)
{
    struct tidy_factory factory =
        tidy_factory_of(&client_ops, sizeof(struct client));
    void *client = NULL;
    int result;

    factory.build_protocol = build_client;
    factory.arg = c;
    result = await(c, tidy_server_connect(c->server, factory), &client);
    if (result < 0)
        return result;
    result = tidy_transport_write(
        ((struct tidy_protocol *)client)->transport, "hello", 5);
    if (result < 0)
        return result;
    wait_for_answer(c);
    return 0;
}

static int serve(struct cycle *c)
{
    struct tidy_factory factory =
        tidy_factory_of(&echo_ops, sizeof(struct tidy_protocol));
    int result = await(c, tidy_server_listen(c->server, factory), NULL);

    return result < 0 ? result : connect_and_echo(c);
}

/* A clean-up whose deferred had no memory is under way all the same. */
static void clean_up(struct cycle *c)
{
    while (await(c, tidy_server_clean_up(c->server), NULL) == -ENOMEM) {
    }
    tidy_server_free(c->server);
}

static int run_on_loop(struct cycle *c)
{
    int result = tidy_loop_new(&c->uv, &c->loop);

    if (result < 0)
        return result;
    result = c->is_unix ? tidy_server_new_unix(c->loop, &c->server, NULL)
                        : tidy_server_new_tcp(c->loop, &c->server, NULL);
    if (result == 0) {
        result = serve(c);
        clean_up(c);
    }
    tidy_loop_free(c->loop);
    return result;
}

static int run_cycle(bool is_unix)
{
    struct cycle c = { .is_unix = is_unix };
    int result = uv_loop_init(&c.uv);

    if (result < 0)
        return result;
    result = run_on_loop(&c);
    assert_int_equal(uv_loop_close(&c.uv), 0);
    return result;
}

/* ------------------------------------------------------------------ a case */

static void never(const char *file, int line, const char *text)
{
    (void)file;
    (void)line;
    fail_msg("the host was asked to fail: %s", text);
}

static const struct tidy_host host = { .fail = never };

static void body(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_client *client;

    tidy_case_listen(
        t, server, tidy_factory_of(&echo_ops, sizeof(struct tidy_protocol)));
    client = tidy_case_connect(t, server);
    tidy_client_send(client, "hello\n", 6);
    tidy_client_expect_line(client, "hello");
    tidy_case_temp_dir(t);
}

/* 0, or the code with which it failed. */
static int run_case(bool is_unix)
{
    static const struct tidy_test test = TIDY_TEST(body);
    struct tidy_case *t = NULL;
    int result;

    result =
        tidy_case_begin(&test, is_unix ? TIDY_UNIX : TIDY_TCP, &host, &t, NULL);
    if (result < 0)
        return result;
    tidy_case_run(t);
    result = tidy_case_end(t);
    assert_int_not_equal(result, TIDY_ELEFTOVER);
    tidy_case_free(t);
    return result;
}

/* ------------------------------------------------------------------- tests */

typedef int (*run_cb)(bool is_unix);

struct trial {
    run_cb run;
    bool is_unix;
};

static void try_ours(void *arg)
{
    const struct trial *trial = arg;
    int result = trial->run(trial->is_unix);

    if (!oom_has_failed())
        assert_int_equal(result, 0);
}

static void fail_each_of_ours(run_cb run, bool is_unix)
{
    struct trial trial = { .run = run, .is_unix = is_unix };

    oom_try_all(try_ours, &trial);
}

static void fail_each_of_libuv(run_cb run, bool is_unix)
{
    size_t n_before = uv_memory.n_blocks;

    for (size_t n = 1;; n++) {
        int result;

        uv_memory.n_until_failure = n;
        uv_memory.has_failed = false;
        result = run(is_unix);
        uv_memory.n_until_failure = 0;
        assert_int_equal(uv_memory.n_blocks, n_before);
        if (!uv_memory.has_failed) {
            assert_int_equal(result, 0);
            return;
        }
    }
}

/* What is made once per process is made before memory is counted. */
static int set_up(void **state)
{
    assert_int_equal(run_case(false), 0);
    assert_int_equal(run_case(true), 0);
    return oom_set_up(state);
}

static void our_memory_in_a_tcp_cycle(void **state)
{
    (void)state;
    fail_each_of_ours(run_cycle, false);
}

static void our_memory_in_a_unix_cycle(void **state)
{
    (void)state;
    fail_each_of_ours(run_cycle, true);
}

static void our_memory_in_a_tcp_case(void **state)
{
    (void)state;
    fail_each_of_ours(run_case, false);
}

static void our_memory_in_a_unix_case(void **state)
{
    (void)state;
    fail_each_of_ours(run_case, true);
}

static void memory_of_libuv_in_a_cycle(void **state)
{
    (void)state;
    fail_each_of_libuv(run_cycle, false);
    fail_each_of_libuv(run_cycle, true);
}

static void memory_of_libuv_in_a_case(void **state)
{
    (void)state;
    fail_each_of_libuv(run_case, false);
    fail_each_of_libuv(run_case, true);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, oom_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(our_memory_in_a_tcp_cycle),  TEST(our_memory_in_a_unix_cycle),
        TEST(our_memory_in_a_tcp_case),   TEST(our_memory_in_a_unix_case),
        TEST(memory_of_libuv_in_a_cycle), TEST(memory_of_libuv_in_a_case),
    };

    if (uv_replace_allocator(uv_counted_malloc,
                             uv_counted_realloc,
                             uv_counted_calloc,
                             uv_counted_free) < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
