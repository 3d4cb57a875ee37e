/* SPDX-License-Identifier: MIT */
/*
 * The fixture cycle with the library: listen, connect, echo 16 bytes, clean up.
 *
 * Written as the manual says: the body waits for each step in turn. For the
 * long runs one side or the other closes first, before clean-up; otherwise
 * clean-up itself closes both.
 */
#include "ours.h"
#include "rows.h"

enum closes_first {
    CLEAN_UP,
    CLIENT,
    SERVER,
};

struct cycle {
    struct bench_run *run;
    struct ours_loop loop;
    enum closes_first closes_first;
    struct tidy_deferred *is_echoed; /* owned, until it has fired */
};

struct peer {
    struct tidy_protocol base;
    struct cycle *cycle;
    size_t n_back;
};

static int build_peer(void *arg,
                      const struct tidy_address *address,
                      struct tidy_protocol *protocol)
{
    (void)address;
    tidy_container_of(protocol, struct peer, base)->cycle = arg;
    return 0;
}

static void
server_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    struct peer *server = tidy_container_of(self, struct peer, base);

    tidy_transport_write(self->transport, data, len);
    if (server->cycle->closes_first == SERVER)
        tidy_transport_lose_connection(self->transport);
}

static void client_connection_made(struct tidy_protocol *self)
{
    tidy_transport_write(self->transport, "0123456789abcde", OURS_ECHO_LEN);
}

static void
client_data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    struct peer *client = tidy_container_of(self, struct peer, base);
    struct cycle *c = client->cycle;

    (void)data;
    client->n_back += len;
    if (client->n_back < OURS_ECHO_LEN)
        return;
    tidy_deferred_fire(c->is_echoed, NULL, NULL);
    c->is_echoed = tidy_deferred_unref(c->is_echoed);
    if (c->closes_first == CLIENT)
        tidy_transport_lose_connection(self->transport);
}

static const struct tidy_protocol_ops server_ops = {
    .data_received = server_data_received,
};

static const struct tidy_protocol_ops client_ops = {
    .connection_made = client_connection_made,
    .data_received = client_data_received,
};

static struct tidy_factory make_factory(struct cycle *c,
                                        const struct tidy_protocol_ops *ops)
{
    return (struct tidy_factory){
        .ops = ops,
        .protocol_size = sizeof(struct peer),
        .build_protocol = build_peer,
        .arg = c,
    };
}

static void note(struct cycle *c,
                 const struct tidy_protocol *client,
                 const struct tidy_server *server)
{
    if (c->run->wants_connections)
        bench_note_connection(
            c->run,
            tidy_address_port(tidy_transport_local(client->transport)),
            tidy_address_port(tidy_server_address(server)));
}

static void listen_and_echo(struct cycle *c, struct tidy_server *server)
{
    struct tidy_deferred *is_echoed;
    struct tidy_protocol *client;

    ours_await(&c->loop,
               tidy_server_listen(server, make_factory(c, &server_ops)));
    c->is_echoed = tidy_deferred_new(tidy_loop_ledger(c->loop.tidy), "echo");
    is_echoed = tidy_deferred_ref(c->is_echoed);
    client = ours_await(
        &c->loop, tidy_server_connect(server, make_factory(c, &client_ops)));
    note(c, client, server);
    ours_await(&c->loop, is_echoed);
}

static void do_cycle(struct cycle *c, struct tidy_server *server)
{
    listen_and_echo(c, server);
    if (c->closes_first != CLEAN_UP) {
        ours_await(&c->loop, tidy_server_client_disconnected(server));
        ours_await(&c->loop, tidy_server_server_disconnected(server));
    }
    ours_await(&c->loop, tidy_server_clean_up(server));
    tidy_server_free(server);
}

static void do_tcp_cycle(struct cycle *c)
{
    struct tidy_failure *failure = NULL;
    struct tidy_server *server;

    ours_check(tidy_server_new_tcp(c->loop.tidy, &server, &failure), failure);
    do_cycle(c, server);
}

static void do_unix_cycle(struct cycle *c)
{
    struct tidy_failure *failure = NULL;
    struct tidy_server *server;

    ours_check(tidy_server_new_unix(c->loop.tidy, &server, &failure), failure);
    do_cycle(c, server);
}

static void run_cycles(struct bench_run *run,
                       enum closes_first closes_first,
                       void (*one_cycle)(struct cycle *c))
{
    struct cycle c = { .run = run, .closes_first = closes_first };

    bench_reserve_connections(run, run->n);
    ours_loop_init(&c.loop);
    bench_start(run);
    for (size_t i = 0; i < run->n; i++)
        one_cycle(&c);
    bench_stop(run);
    ours_loop_deinit(&c.loop);
}

void ours_cycle_tcp(struct bench_run *run)
{
    run_cycles(run, CLEAN_UP, do_tcp_cycle);
}

/* Unix sockets have no ports to note. */
void ours_cycle_unix(struct bench_run *run)
{
    run->wants_connections = false;
    run_cycles(run, CLEAN_UP, do_unix_cycle);
}

void ours_client_first(struct bench_run *run)
{
    run_cycles(run, CLIENT, do_tcp_cycle);
}

void ours_server_first(struct bench_run *run)
{
    run_cycles(run, SERVER, do_tcp_cycle);
}
