/* SPDX-License-Identifier: MIT */
/*
 * One peer at a time, in static storage: cmocka's jumps skip whatever a test
 * would free.
 */
#include "support/raw_peer.h"

#include "fixture/private_dir.h"
#include "support/oom.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static struct raw_peer the_peer;
static char large[N_LARGE];

/* ------------------------------------------------------------ the protocol */

static void note(struct raw_peer *f, const char *name, const char *detail)
{
    size_t len = strlen(f->notes);

    snprintf(f->notes + len, sizeof(f->notes) - len, "%s%s ", name, detail);
}

static void note_code(struct raw_peer *f, const char *name, int code)
{
    note(f, name, code ? tidy_error_name(code) : "0");
}

static void connection_made(struct tidy_protocol *self)
{
    the_peer.transport = self->transport;
    note(&the_peer, "made", "");
    if (the_peer.on_made)
        the_peer.on_made(&the_peer);
}

static void
data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    char text[64];

    (void)self;
    snprintf(text, sizeof(text), "%.*s", (int)len, (const char *)data);
    note(&the_peer, "data:", text);
    if (the_peer.on_data)
        the_peer.on_data(&the_peer);
}

static void read_connection_lost(struct tidy_protocol *self)
{
    (void)self;
    note(&the_peer, "eof", "");
}

static void write_connection_lost(struct tidy_protocol *self)
{
    (void)self;
    note(&the_peer, "shut", "");
}

static void pause_producing(struct tidy_protocol *self)
{
    (void)self;
    note(&the_peer, "pause", "");
}

static void resume_producing(struct tidy_protocol *self)
{
    (void)self;
    note(&the_peer, "resume", "");
}

static void connection_lost(struct tidy_protocol *self, int reason)
{
    (void)self;
    the_peer.n_lost++;
    note_code(&the_peer, "lost:", reason);
    if (the_peer.on_lost)
        the_peer.on_lost(&the_peer);
}

const struct tidy_protocol_ops raw_peer_ops = {
    .connection_made = connection_made,
    .data_received = data_received,
    .read_connection_lost = read_connection_lost,
    .write_connection_lost = write_connection_lost,
    .pause_producing = pause_producing,
    .resume_producing = resume_producing,
    .connection_lost = connection_lost,
};

/* An end of file closes the connection. */
const struct tidy_protocol_ops raw_peer_closing_ops = {
    .connection_made = connection_made,
    .data_received = data_received,
    .connection_lost = connection_lost,
};

static void on_written(int status, void *arg)
{
    note_code(arg, "written:", status);
}

/* ------------------------------------------------------------- the fixture */

int raw_peer_set_up(void **state)
{
    the_peer = (struct raw_peer){ .peer = -1 };
    *state = &the_peer;
    oom_begin();
    return uv_loop_init(&the_peer.uv) < 0 ||
           tidy_loop_new(&the_peer.uv, &the_peer.loop) < 0;
}

void raw_peer_close_peer(struct raw_peer *f)
{
    if (f->peer >= 0)
        close(f->peer);
    f->peer = -1;
}

int raw_peer_tear_down(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_close_peer(f);
    f->loop = tidy_loop_free(f->loop);
    return uv_loop_close(&f->uv) < 0 ? -1 : oom_tear_down(state);
}

static int build_protocol(void *arg,
                          const struct tidy_address *peer,
                          struct tidy_protocol *protocol)
{
    struct raw_peer *f = arg;

    (void)peer;
    f->result = tidy_transport_lose_connection(protocol->transport);
    return f->is_refusing ? -EACCES : 0;
}

void raw_peer_listen_at(struct raw_peer *f,
                        const char *description,
                        const struct tidy_protocol_ops *protocol_ops)
{
    struct tidy_factory factory =
        tidy_factory_of(protocol_ops, sizeof(struct tidy_protocol));
    struct tidy_endpoint *endpoint = NULL;
    void *listener = NULL;

    factory.build_protocol = build_protocol;
    factory.arg = f;
    assert_int_equal(tidy_endpoint_parse_server(description, &endpoint, NULL),
                     0);
    assert_int_equal(tidy_loop_await(f->loop,
                                     tidy_listen(f->loop, endpoint, factory),
                                     TIDY_S(10),
                                     &listener,
                                     NULL),
                     0);
    f->listener = listener;
    tidy_endpoint_free(endpoint);
}

void raw_peer_connect_peer(struct raw_peer *f)
{
    const struct tidy_address *address = tidy_listener_address(f->listener);
    struct timeval limit = { .tv_sec = 10 };

    f->peer = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(f->peer >= 0);
    setsockopt(f->peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    assert_int_equal(connect(f->peer, &address->u.any, address->len), 0);
}

void raw_peer_run_until(struct raw_peer *f, bool (*is_done)(void *arg))
{
    assert_int_equal(tidy__loop_run_until(f->loop, is_done, f, TIDY_S(10)), 0);
}

static bool is_made(void *arg)
{
    const struct raw_peer *f = arg;

    return f->transport != NULL;
}

bool raw_peer_is_lost(void *arg)
{
    const struct raw_peer *f = arg;

    return f->n_lost > 0;
}

static void connect_with(struct raw_peer *f,
                         const char *description,
                         const struct tidy_protocol_ops *protocol_ops)
{
    raw_peer_listen_at(f, description, protocol_ops);
    raw_peer_connect_peer(f);
    raw_peer_run_until(f, is_made);
}

void raw_peer_connect_tcp(struct raw_peer *f)
{
    connect_with(f, "tcp:0:interface=127.0.0.1", &raw_peer_ops);
}

static void describe_unix(char *description, size_t size)
{
    char path[TIDY__PRIVATE_PATH_MAX];

    assert_int_equal(tidy__private_path(path, "s", NULL), 0);
    snprintf(description, size, "unix:%s:lockfile=0", path);
}

void raw_peer_connect_unix_with(struct raw_peer *f,
                                const struct tidy_protocol_ops *protocol_ops)
{
    char description[TIDY__PRIVATE_PATH_MAX + 32];

    describe_unix(description, sizeof(description));
    connect_with(f, description, protocol_ops);
}

void raw_peer_connect_unix(struct raw_peer *f)
{
    raw_peer_connect_unix_with(f, &raw_peer_ops);
}

void raw_peer_turn(struct raw_peer *f)
{
    for (int i = 0; i < 4; i++)
        tidy_loop_turn(f->loop);
}

void raw_peer_send_text(struct raw_peer *f, const char *text)
{
    ssize_t len = (ssize_t)strlen(text);

    assert_int_equal(send(f->peer, text, (size_t)len, MSG_NOSIGNAL), len);
}

/* What the peer reads next, up to as many bytes; "" at the end of file. */
void raw_peer_assert_peer_reads(struct raw_peer *f, const char *expected)
{
    char text[256] = "";
    size_t len = 0, want = strlen(expected);
    ssize_t n;

    do {
        n = recv(f->peer, text + len, sizeof(text) - 1 - len, 0);
        assert_true(n >= 0);
        len += (size_t)n;
    } while (n > 0 && len < want);
    assert_string_equal(text, expected);
}

int raw_peer_write_text(struct raw_peer *f, const char *text)
{
    return tidy_transport_write(f->transport, text, strlen(text));
}

int raw_peer_borrow_text(struct raw_peer *f, const char *text)
{
    return tidy_transport_write_borrowed(
        f->transport, text, strlen(text), on_written, f);
}

/* More than the kernel takes: part of it stays unsent. */
void raw_peer_write_too_much(struct raw_peer *f)
{
    assert_int_equal(tidy_transport_write_borrowed(
                         f->transport, large, sizeof(large), on_written, f),
                     0);
    assert_true(tidy_transport_unsent(f->transport) > 0);
}

bool raw_peer_drain(void *arg)
{
    static char buf[1 << 16];
    struct raw_peer *f = arg;
    ssize_t n;

    while ((n = recv(f->peer, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
        f->n_drained += (size_t)n;
    return f->n_drained == N_LARGE;
}
