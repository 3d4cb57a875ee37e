/* SPDX-License-Identifier: MIT */
/*
 * The fixture cycle as a test sees it: in a case, with its leak check.
 *
 * Each cycle begins a case with a loop of its own, runs a body that echoes 16
 * bytes, and ends it: clean-up of the server, leak check, loop closed. The case
 * must pass, or the row could not be run.
 */
#include "ours.h"
#include "rows.h"

struct peer {
    struct tidy_protocol base;
    struct tidy_case *t;
    size_t n_back;
};

/* The user of a case: what its peers need. */
struct body {
    struct bench_run *run;
    struct tidy_deferred *is_echoed; /* owned, until it has fired */
};

static void
server_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    tidy_transport_write(self->transport, data, len);
}

static int build_client(void *arg,
                        const struct tidy_address *address,
                        struct tidy_protocol *protocol)
{
    (void)address;
    tidy_container_of(protocol, struct peer, base)->t = arg;
    return 0;
}

static void client_connection_made(struct tidy_protocol *self)
{
    tidy_transport_write(self->transport, "0123456789abcde", OURS_ECHO_LEN);
}

static void
client_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    struct peer *client = tidy_container_of(self, struct peer, base);
    struct body *body = tidy_case_user(client->t);

    (void)data;
    client->n_back += len;
    if (client->n_back < OURS_ECHO_LEN)
        return;
    tidy_deferred_fire(body->is_echoed, NULL, NULL);
    body->is_echoed = tidy_deferred_unref(body->is_echoed);
}

static const struct tidy_protocol_ops server_ops = {
    .data_received = server_data_received,
};

static const struct tidy_protocol_ops client_ops = {
    .connection_made = client_connection_made,
    .data_received = client_data_received,
};

static void note(struct bench_run *run,
                 const struct tidy_protocol *client,
                 const struct tidy_server *server)
{
    if (run->wants_connections)
        bench_note_connection(
            run,
            tidy_address_port(tidy_transport_local(client->transport)),
            tidy_address_port(tidy_server_address(server)));
}

static void echo_body(struct tidy_case *t)
{
    const struct tidy_factory clients = {
        .ops = &client_ops,
        .protocol_size = sizeof(struct peer),
        .build_protocol = build_client,
        .arg = t,
    };
    struct tidy_server *server = tidy_case_server(t);
    struct body *body = tidy_case_user(t);
    struct tidy_deferred *is_echoed;

    tidy_case_listen(
        t, server, tidy_factory_of(&server_ops, sizeof(struct peer)));
    body->is_echoed = tidy_case_deferred(t, "echo");
    is_echoed = tidy_deferred_ref(body->is_echoed);
    note(body->run, tidy_case_connect_protocol(t, server, clients), server);
    tidy_case_await(t, is_echoed);
}

/* A benchmark has no other test to go on with. */
static void fail_run(const char *file, int line, const char *text)
{
    bench_fail("%s:%d: %s", file, line, text);
}

static const struct tidy_host host = {
    .fail = fail_run,
};

static void do_case(const struct tidy_test *test)
{
    struct tidy_failure *failure = NULL;
    struct tidy_case *t;

    ours_check(tidy_case_begin(test, TIDY_TCP, &host, &t, &failure), failure);
    tidy_case_run(t);
    if (tidy_case_end(t) < 0)
        bench_fail("%s", tidy_case_report(t));
    tidy_case_free(t);
}

void ours_cycle_case(struct bench_run *run)
{
    struct body body = { .run = run };
    const struct tidy_test test = {
        .name = "echo",
        .body = echo_body,
        .transports = TIDY_TCP,
        .user = &body,
    };

    bench_reserve_connections(run, run->n);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        do_case(&test);
    bench_stop(run);
}
