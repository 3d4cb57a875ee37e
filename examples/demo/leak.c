/* SPDX-License-Identifier: MIT */
/*
 * A test that passes and leaves things behind, on purpose. The case cleans up
 * its server; the test has opened more than that.
 */
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <unistd.h>
#include <uv.h>

/* ---- The code under test: a session that forgets to end. */

/* Not static: the report finds its name. */
void send_keep_alive(uv_timer_t *timer);

static uv_timer_t keep_alive;
static int wake_up_pipe[2];

static void on_server_gone(struct tidy_protocol *self)
{
    (void)self; /* and nobody closes our end */
}

static const struct tidy_protocol_ops session_ops = {
    .read_connection_lost = on_server_gone,
};

void send_keep_alive(uv_timer_t *timer)
{
    (void)timer;
}

static void reconnect(void *arg)
{
    (void)arg;
}

static void begin_session(struct tidy_loop *loop, const char *description)
{
    struct tidy_endpoint *endpoint = NULL;
    struct tidy_factory factory =
        tidy_factory_of(&session_ops, sizeof(struct tidy_protocol));

    assert_int_equal(tidy_endpoint_parse_client(description, &endpoint, NULL),
                     0);
    tidy_deferred_unref(tidy_connect(loop, endpoint, factory));
    tidy_endpoint_free(endpoint);

    tidy_call_later(loop, TIDY_S(30), reconnect, NULL, NULL);
    uv_timer_init(tidy_loop_uv(loop), &keep_alive);
    uv_timer_start(&keep_alive, send_keep_alive, 5000, 5000);
    assert_int_equal(pipe(wake_up_pipe), 0);
}

/* ---- The test: it sees that the server got its connection, and passes. */

static const struct tidy_protocol_ops server_ops = { 0 };

static bool is_connected(void *server)
{
    return tidy_server_counts(server).n_server_made == 1;
}

static void test_session(struct tidy_case *t)
{
    struct tidy_server *server = tidy_case_server(t);

    tidy_case_listen(
        t, server, tidy_factory_of(&server_ops, sizeof(struct tidy_protocol)));
    begin_session(tidy_case_loop(t), tidy_server_client_description(server));
    keep_alive.data = tidy_case_deferred(t, "reply");
    tidy_case_run_until(t, is_connected, server);
}

int main(void)
{
    const struct tidy_test tests[] = { TIDY_TEST_ON(TIDY_TCP, test_session) };

    return tidy_cmocka_run(tests, TIDY_COUNT(tests));
}
