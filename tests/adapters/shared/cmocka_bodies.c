/* SPDX-License-Identifier: MIT */
#include "adapters/shared/cmocka_bodies.h"

#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cmocka.h>

/* -------------------------------------------------------------- one that ends */

static void
echo_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    tidy_transport_write(self->transport, data, len);
}

static const struct tidy_protocol_ops echo_ops = {
    .data_received = echo_data_received,
};

static const struct tidy_protocol_ops silent_ops = { 0 };

/* A client of a server that does what the ops say, after its first byte. */
static struct tidy_client *talk(struct tidy_case *t,
                                const struct tidy_protocol_ops *ops)
{
    struct tidy_server *server = tidy_case_server(t);
    struct tidy_client *client;

    tidy_case_listen(
        t, server, tidy_factory_of(ops, sizeof(struct tidy_protocol)));
    client = tidy_case_connect(t, server);
    tidy_client_send(client, "x", 1);
    return client;
}

void passes(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &echo_ops), "x", 1);
}

/* --------------------------------------------------------- checks that fail */

void fails_in_body(struct tidy_case *t)
{
    talk(t, &echo_ops);
    assert_int_equal(1, 2); /* @body */
}

static void
failing_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    (void)self;
    (void)data;
    assert_int_equal(len, 2); /* @callback */
}

static const struct tidy_protocol_ops failing_ops = {
    .data_received = failing_data_received,
};

void fails_in_callback(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &failing_ops), "x", 1);
    print_error("the body went on\n");
}

static struct tidy_deferred *failing_link(struct tidy_result *result, void *arg)
{
    (void)result;
    (void)arg;
    assert_string_equal("one", "another"); /* @nested */
    return NULL;
}

/* A callback in a callback: the inner one ends, the outer one goes on. */
static void
firing_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    struct tidy_case *t = tidy_case_current();
    struct tidy_deferred *deferred = tidy_case_deferred(t, "nested");

    (void)self;
    (void)data;
    (void)len;
    tidy_deferred_add_callback(deferred, failing_link, NULL);
    tidy_deferred_fire(deferred, NULL, NULL);
    tidy_deferred_unref(deferred);
    print_error("the outer callback went on\n");
}

static const struct tidy_protocol_ops firing_ops = {
    .data_received = firing_data_received,
};

void fails_in_nested_callback(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &firing_ops), "x", 1);
    print_error("the body went on\n");
}

static void failing_connection_lost(struct tidy_protocol *self, int reason)
{
    (void)self;
    assert_int_equal(reason, 7); /* @lost */
}

static const struct tidy_protocol_ops failing_late_ops = {
    .data_received = echo_data_received,
    .connection_lost = failing_connection_lost,
};

void fails_while_cleaning_up(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &failing_late_ops), "x", 1);
}

static void failing_first(void *arg)
{
    (void)arg;
    assert_int_equal(1, 2); /* @first */
}

static void failing_second(void *arg)
{
    (void)arg;
    assert_int_equal(3, 4); /* @second */
}

/* Both are due in the same turn. */
void fails_twice(struct tidy_case *t)
{
    tidy_case_call_later(t, 0, failing_first, NULL);
    tidy_case_call_later(t, 0, failing_second, NULL);
    tidy_case_await(t, tidy_case_deferred(t, "never"));
}

void failing_part(struct tidy_case *t)
{
    (void)t;
    fail_msg("%s", "not today"); /* @part */
}

void fails_after_an_expectation(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &echo_ops), "y", 1); /* @expectation */
}

/* ------------------------------------------------- what is left, what hangs */

static void on_late_timer(uv_timer_t *timer)
{
    (void)timer;
}

static void listen_and_forget(void)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(
        bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
}

void leaks(struct tidy_case *t)
{
    static uv_timer_t timer;

    tidy_client_expect(talk(t, &echo_ops), "x", 1);
    tidy_case_call_later(t, TIDY_S(3600), failing_first, NULL); /* @leak */
    uv_timer_init(tidy_case_uv(t), &timer);
    uv_timer_start(&timer, on_late_timer, 3600000, 0);
    listen_and_forget();
}

void fails_and_leaks(struct tidy_case *t)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)t;
    assert_true(fd < 0); /* @fails_and_leaks */
}

void waits_for_ever(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &silent_ops), "x", 1); /* @deadline */
}

void awaits_for_ever(struct tidy_case *t)
{
    struct tidy_deferred *never = tidy_case_deferred(t, "never"); /* @never */

    tidy_case_call_later(t, TIDY_S(3600), failing_first, NULL); /* @later */
    tidy_case_await(t, never);                                  /* @await */
}

void hangs(struct tidy_case *t)
{
    talk(t, &echo_ops);
    for (;;)
        pause();
}

void crashes(struct tidy_case *t)
{
    talk(t, &echo_ops);
    raise(SIGSEGV);
}

static void
crashing_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    (void)self;
    (void)data;
    (void)len;
    raise(SIGSEGV);
}

static const struct tidy_protocol_ops crashing_ops = {
    .data_received = crashing_data_received,
};

void crashes_in_callback(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &crashing_ops), "x", 1);
}

void aborts(struct tidy_case *t)
{
    talk(t, &echo_ops);
    tidy_case_add_clean_up(t, NULL, NULL);
}

/* ------------------------------------------------------ libuv's own callbacks */

static void on_failing_timer(uv_timer_t *timer)
{
    (void)timer;
    assert_int_equal(1, 2); /* @raw */
}

static void on_checking_timer(uv_timer_t *timer)
{
    struct tidy_case *t = timer->data;

    if (!TIDY_CHECK(t, uv_is_active((uv_handle_t *)timer))) /* @tidy_check */
        uv_close((uv_handle_t *)timer, NULL);
}

static void run_timer(struct tidy_case *t, uv_timer_t *timer, uv_timer_cb cb)
{
    uv_timer_init(tidy_case_uv(t), timer);
    timer->data = t;
    uv_timer_start(timer, cb, 0, 0);
    tidy_case_await(t, tidy_case_deferred(t, "never"));
}

void fails_in_raw_callback(struct tidy_case *t)
{
    static uv_timer_t timer;

    run_timer(t, &timer, on_failing_timer);
}

void checks_in_raw_callback(struct tidy_case *t)
{
    static uv_timer_t timer;

    run_timer(t, &timer, on_checking_timer);
}

/* -------------------------------------------------- the rest of what cmocka has */

void skips(struct tidy_case *t)
{
    talk(t, &echo_ops);
    skip();
}

static void
skipping_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    (void)self;
    (void)data;
    (void)len;
    skip(); /* @skip */
}

static const struct tidy_protocol_ops skipping_ops = {
    .data_received = skipping_data_received,
};

void skips_in_callback(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &skipping_ops), "x", 1);
}

static void assert_positive(int number)
{
    mock_assert(number > 0, "number > 0", __FILE__, __LINE__); /* @assert */
}

void expects_an_assertion(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &echo_ops), "x", 1);
    expect_assert_failure(assert_positive(-1));
}

static void asserting_data_received(struct tidy_protocol *self,
                                    const void *data,
                                    size_t len)
{
    (void)self;
    (void)data;
    assert_positive(-(int)len);
}

static const struct tidy_protocol_ops asserting_ops = {
    .data_received = asserting_data_received,
};

void asserts_in_callback(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &asserting_ops), "x", 1);
}

void expects_an_assertion_in_callback(struct tidy_case *t)
{
    struct tidy_client *client = talk(t, &asserting_ops);

    expect_assert_failure(tidy_client_expect(client, "x", 1));
}

static int mocked(void)
{
    return mock_type(int); /* @mock */
}

void mocks(struct tidy_case *t)
{
    (void)t;
    will_return(mocked, 5);
    assert_int_equal(mocked(), 5);
}

static void
mocking_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    (void)self;
    (void)data;
    (void)len;
    mocked();
}

static const struct tidy_protocol_ops mocking_ops = {
    .data_received = mocking_data_received,
};

void mocks_nothing_in_body(struct tidy_case *t)
{
    talk(t, &echo_ops);
    mocked();
}

void mocks_nothing_in_callback(struct tidy_case *t)
{
    tidy_client_expect(talk(t, &mocking_ops), "x", 1);
}
