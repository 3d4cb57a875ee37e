/* SPDX-License-Identifier: MIT */
/*
 * Transports, each with a plain blocking socket at the other end: what the peer
 * gets, and what the protocol is told in which order.
 *
 * Where a test depends on what the peer does, it uses a Unix socket: there the
 * kernel has passed everything on before a call returns.
 */
#include "fixture/private_dir.h"
#include "net/loop.h"
#include "support/death.h"
#include "support/oom.h"
#include <tidysock/listener.h>
#include <tidysock/transport.h>

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

/* More than any socket takes unread. */
#define N_LARGE ((size_t)8 << 20)

struct fixture {
    uv_loop_t uv;
    struct tidy_loop *loop;
    struct tidy_listener *listener;
    struct tidy_transport *transport; /* NULL until connection_made */
    int peer;                         /* the raw end; -1: closed */
    size_t n_drained;                 /* bytes that the peer has read unseen */
    size_t n_lost;
    bool is_refusing;
    /* Called from the protocol's callbacks; NULL: nothing. */
    void (*on_made)(struct fixture *f);
    void (*on_data)(struct fixture *f);
    void (*on_lost)(struct fixture *f);
    int result;       /* of what they tried */
    char notes[1024]; /* "made data:abc lost:0 " */
};

static struct fixture fixture;
static char large[N_LARGE];

/* ------------------------------------------------------------ the protocol */

static void note(struct fixture *f, const char *name, const char *detail)
{
    size_t len = strlen(f->notes);

    snprintf(f->notes + len, sizeof(f->notes) - len, "%s%s ", name, detail);
}

static void note_code(struct fixture *f, const char *name, int code)
{
    note(f, name, code ? tidy_error_name(code) : "0");
}

static void connection_made(struct tidy_protocol *self)
{
    fixture.transport = self->transport;
    note(&fixture, "made", "");
    if (fixture.on_made)
        fixture.on_made(&fixture);
}

static void
data_received(struct tidy_protocol *self, const void *data, size_t len)
{
    char text[64];

    (void)self;
    snprintf(text, sizeof(text), "%.*s", (int)len, (const char *)data);
    note(&fixture, "data:", text);
    if (fixture.on_data)
        fixture.on_data(&fixture);
}

static void read_connection_lost(struct tidy_protocol *self)
{
    (void)self;
    note(&fixture, "eof", "");
}

static void write_connection_lost(struct tidy_protocol *self)
{
    (void)self;
    note(&fixture, "shut", "");
}

static void pause_producing(struct tidy_protocol *self)
{
    (void)self;
    note(&fixture, "pause", "");
}

static void resume_producing(struct tidy_protocol *self)
{
    (void)self;
    note(&fixture, "resume", "");
}

static void connection_lost(struct tidy_protocol *self, int reason)
{
    (void)self;
    fixture.n_lost++;
    note_code(&fixture, "lost:", reason);
    if (fixture.on_lost)
        fixture.on_lost(&fixture);
}

static const struct tidy_protocol_ops ops = {
    .connection_made = connection_made,
    .data_received = data_received,
    .read_connection_lost = read_connection_lost,
    .write_connection_lost = write_connection_lost,
    .pause_producing = pause_producing,
    .resume_producing = resume_producing,
    .connection_lost = connection_lost,
};

/* An end of file closes the connection. */
static const struct tidy_protocol_ops closing_ops = {
    .connection_made = connection_made,
    .data_received = data_received,
    .connection_lost = connection_lost,
};

static void on_written(int status, void *arg)
{
    note_code(arg, "written:", status);
}

/* ------------------------------------------------------------- the fixture */

static int set_up(void **state)
{
    fixture = (struct fixture){ .peer = -1 };
    *state = &fixture;
    oom_begin();
    return uv_loop_init(&fixture.uv) < 0 ||
           tidy_loop_new(&fixture.uv, &fixture.loop) < 0;
}

static void close_peer(struct fixture *f)
{
    if (f->peer >= 0)
        close(f->peer);
    f->peer = -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    close_peer(f);
    f->loop = tidy_loop_free(f->loop);
    return uv_loop_close(&f->uv) < 0 ? -1 : oom_tear_down(state);
}

static int build_protocol(void *arg,
                          const struct tidy_address *peer,
                          struct tidy_protocol *protocol)
{
    struct fixture *f = arg;

    (void)peer;
    f->result = tidy_transport_lose_connection(protocol->transport);
    return f->is_refusing ? -EACCES : 0;
}

static void listen_at(struct fixture *f,
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

static void connect_peer(struct fixture *f)
{
    const struct tidy_address *address = tidy_listener_address(f->listener);
    struct timeval limit = { .tv_sec = 10 };

    f->peer = socket(address->u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(f->peer >= 0);
    setsockopt(f->peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    assert_int_equal(connect(f->peer, &address->u.any, address->len), 0);
}

static void run_until(struct fixture *f, bool (*is_done)(void *arg))
{
    assert_int_equal(tidy__loop_run_until(f->loop, is_done, f, TIDY_S(10)), 0);
}

static bool is_made(void *arg)
{
    const struct fixture *f = arg;

    return f->transport != NULL;
}

static bool is_lost(void *arg)
{
    const struct fixture *f = arg;

    return f->n_lost > 0;
}

static void connect_with(struct fixture *f,
                         const char *description,
                         const struct tidy_protocol_ops *protocol_ops)
{
    listen_at(f, description, protocol_ops);
    connect_peer(f);
    run_until(f, is_made);
}

static void connect_tcp(struct fixture *f)
{
    connect_with(f, "tcp:0:interface=127.0.0.1", &ops);
}

static void describe_unix(char *description, size_t size)
{
    char path[TIDY__PRIVATE_PATH_MAX];

    assert_int_equal(tidy__private_path(path, "s", NULL), 0);
    snprintf(description, size, "unix:%s:lockfile=0", path);
}

static void connect_unix_with(struct fixture *f,
                              const struct tidy_protocol_ops *protocol_ops)
{
    char description[TIDY__PRIVATE_PATH_MAX + 32];

    describe_unix(description, sizeof(description));
    connect_with(f, description, protocol_ops);
}

static void connect_unix(struct fixture *f)
{
    connect_unix_with(f, &ops);
}

static void turn(struct fixture *f)
{
    for (int i = 0; i < 4; i++)
        tidy_loop_turn(f->loop);
}

static void send_text(struct fixture *f, const char *text)
{
    ssize_t len = (ssize_t)strlen(text);

    assert_int_equal(send(f->peer, text, (size_t)len, MSG_NOSIGNAL), len);
}

/* What the peer reads next, up to as many bytes; "" at the end of file. */
static void assert_peer_reads(struct fixture *f, const char *expected)
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

static int write_text(struct fixture *f, const char *text)
{
    return tidy_transport_write(f->transport, text, strlen(text));
}

static int borrow_text(struct fixture *f, const char *text)
{
    return tidy_transport_write_borrowed(
        f->transport, text, strlen(text), on_written, f);
}

/* More than the kernel takes: part of it stays unsent. */
static void write_too_much(struct fixture *f)
{
    assert_int_equal(tidy_transport_write_borrowed(
                         f->transport, large, sizeof(large), on_written, f),
                     0);
    assert_true(tidy_transport_unsent(f->transport) > 0);
}

/* ----------------------------------------------------------------- writing */

/* The segments with data that the peer has got; -1: the kernel does not say. */
static long count_segments(const struct fixture *f)
{
    /* What the kernel has added since the C library's struct. */
    struct {
        struct tcp_info info;
        uint64_t rates_and_bytes[4];
        uint32_t n_segs_out, n_segs_in, n_unsent, min_rtt;
        uint32_t n_data_segs_in, n_data_segs_out;
    } info = { .n_data_segs_in = 0 };
    socklen_t len = sizeof(info);

    if (getsockopt(f->peer, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
        len < sizeof(info))
        return -1;
    return info.n_data_segs_in;
}

static void write_three(struct fixture *f)
{
    write_text(f, "one ");
    borrow_text(f, "two ");
    write_text(f, "three");
    f->result = (int)tidy_transport_unsent(f->transport);
}

/* What is written in one callback leaves together, after it. */
static void writes_in_a_callback_leave_together(void **state)
{
    struct fixture *f = *state;

    connect_tcp(f);
    f->on_data = write_three;
    send_text(f, "go");
    while (!strstr(f->notes, "written:"))
        tidy__loop_run(f->loop, UV_RUN_ONCE);
    assert_int_equal(f->result, 13);
    assert_peer_reads(f, "one two three");
    if (count_segments(f) >= 0)
        assert_int_equal(count_segments(f), 1);
    assert_string_equal(f->notes, "made data:go written:0 ");
}

/* connection_made may write, too. */
static void connection_made_may_write(void **state)
{
    struct fixture *f = *state;

    f->on_made = write_three;
    connect_tcp(f);
    turn(f);
    assert_peer_reads(f, "one two three");
    assert_string_equal(f->notes, "made written:0 ");
}

/* What is written outside the loop is sent before the call returns. */
static void writes_outside_the_loop_leave_at_once(void **state)
{
    struct fixture *f = *state;

    connect_tcp(f);
    assert_int_equal(write_text(f, "one "), 0);
    assert_int_equal(tidy_transport_bytes_written(f->transport), 4);
    assert_int_equal(tidy_transport_unsent(f->transport), 0);
    assert_int_equal(borrow_text(f, "two"), 0);
    assert_peer_reads(f, "one two");
}

/* The callback of a borrowed write comes from the loop, and once. */
static void borrowed_writes_call_back_from_the_loop(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    borrow_text(f, "one");
    borrow_text(f, "");
    assert_string_equal(f->notes, "made ");
    turn(f);
    assert_string_equal(f->notes, "made written:0 written:0 ");
    tidy_transport_abort(f->transport);
    turn(f);
    assert_string_equal(f->notes,
                        "made written:0 written:0 lost:TIDY_ECANCELLED ");
}

/* More pieces than one system call takes still come in order. */
static void many_pieces_come_in_order(void **state)
{
    static const char *const words[] = { "a", "b", "c", "d", "e", "f",
                                         "g", "h", "i", "j", "k" };
    struct fixture *f = *state;

    connect_unix(f);
    f->loop->is_running = true; /* as if in a callback */
    for (size_t i = 0; i < TIDY_COUNT(words); i++) {
        if (i % 3 == 1)
            write_text(f, words[i]);
        else
            borrow_text(f, words[i]);
    }
    f->loop->is_running = false;
    turn(f);
    assert_peer_reads(f, "abcdefghijk");
}

/* A write of nothing is no error and sends nothing. */
static void empty_writes_are_nothing(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    assert_int_equal(tidy_transport_write(f->transport, NULL, 0), 0);
    assert_int_equal(tidy_transport_bytes_written(f->transport), 0);
}

/* Nothing is queued when memory is short, and the connection lives on. */
static void writes_need_memory(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    oom_fail_nth(1);
    assert_int_equal(write_text(f, "one"), -ENOMEM);
    oom_fail_nth(1);
    assert_int_equal(borrow_text(f, "two"), -ENOMEM);
    oom_fail_nth(0);
    assert_int_equal(write_text(f, "three"), 0);
    turn(f);
    assert_peer_reads(f, "three");
    assert_string_equal(f->notes, "made ");
}

static bool drain_peer(void *arg)
{
    static char buf[1 << 16];
    struct fixture *f = arg;
    ssize_t n;

    while ((n = recv(f->peer, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
        f->n_drained += (size_t)n;
    return f->n_drained == N_LARGE;
}

/* Above the high-water mark the protocol is told to pause, and to resume when
 * all is with the kernel: each once, and from the loop. */
static void pressure_is_told(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    tidy_transport_set_high_water(f->transport, 1000);
    write_too_much(f);
    assert_string_equal(f->notes, "made ");
    turn(f);
    assert_string_equal(f->notes, "made pause ");
    run_until(f, drain_peer);
    turn(f);
    assert_string_equal(f->notes, "made pause written:0 resume ");
    assert_int_equal(tidy_transport_unsent(f->transport), 0);
    assert_int_equal(tidy_transport_bytes_written(f->transport), N_LARGE);
}

/* As many bytes as the mark, and what leaves at once, are no pressure. */
static void no_pressure_is_not_told(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    tidy_transport_set_high_water(f->transport, 1);
    write_text(f, "much more than a byte");
    turn(f);
    tidy_transport_set_high_water(f->transport, N_LARGE);
    write_too_much(f);
    turn(f);
    assert_string_equal(f->notes, "made ");
}

/* ----------------------------------------------------------------- reading */

/* Nothing is delivered while reading is paused; then everything. */
static void paused_reading_keeps_bytes_back(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    assert_int_equal(tidy_transport_pause_reading(f->transport), 0);
    assert_int_equal(tidy_transport_pause_reading(f->transport), 0);
    send_text(f, "text");
    close_peer(f);
    turn(f);
    assert_string_equal(f->notes, "made ");
    assert_int_equal(tidy_transport_resume_reading(f->transport), 0);
    turn(f);
    assert_string_equal(f->notes, "made data:text eof ");
    assert_int_equal(tidy_transport_bytes_read(f->transport), 4);
}

static void pause_it(struct fixture *f)
{
    f->result = tidy_transport_pause_reading(f->transport);
}

/* connection_made may pause before anything is read. */
static void connection_made_may_pause(void **state)
{
    struct fixture *f = *state;

    f->on_made = pause_it;
    connect_unix(f);
    send_text(f, "text");
    turn(f);
    assert_string_equal(f->notes, "made ");
    tidy_transport_resume_reading(f->transport);
    turn(f);
    assert_string_equal(f->notes, "made data:text ");
}

/* Pausing in data_received holds back what comes behind. */
static void data_received_may_pause(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    f->on_data = pause_it;
    send_text(f, "one");
    turn(f);
    send_text(f, "two");
    turn(f);
    assert_string_equal(f->notes, "made data:one ");
    tidy_transport_resume_reading(f->transport);
    turn(f);
    assert_string_equal(f->notes, "made data:one data:two ");
}

/* ------------------------------------------------------------- half-closing */

/* After half_close the peer reads everything, then the end of file; reading
 * goes on. When the peer ends, too, all is over. */
static void half_close_ends_our_half(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    write_text(f, "text");
    assert_int_equal(tidy_transport_half_close(f->transport), 0);
    assert_string_equal(f->notes, "made ");
    assert_int_equal(write_text(f, "more"), -EPIPE);
    assert_int_equal(borrow_text(f, "more"), -EPIPE);
    assert_peer_reads(f, "text");
    assert_peer_reads(f, "");
    send_text(f, "reply");
    turn(f);
    assert_string_equal(f->notes, "made shut data:reply ");
    assert_int_equal(tidy_transport_half_close(f->transport), 0);
    close_peer(f);
    run_until(f, is_lost);
    assert_string_equal(f->notes, "made shut data:reply eof lost:0 ");
}

/* It waits for what is unsent. */
static void half_close_waits_for_the_unsent(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    write_too_much(f);
    tidy_transport_half_close(f->transport);
    turn(f);
    assert_null(strstr(f->notes, "shut"));
    run_until(f, drain_peer);
    turn(f);
    assert_peer_reads(f, "");
    assert_string_equal(f->notes, "made pause written:0 resume shut ");
}

/* The end of the peer's half is told; we can go on writing, until we close. */
static void the_peer_may_end_its_half(void **state)
{
    struct fixture *f = *state;

    connect_tcp(f);
    send_text(f, "text");
    shutdown(f->peer, SHUT_WR);
    while (!strstr(f->notes, "eof"))
        tidy__loop_run(f->loop, UV_RUN_ONCE);
    assert_int_equal(write_text(f, "reply"), 0);
    assert_peer_reads(f, "reply");
    assert_int_equal(tidy_transport_half_close(f->transport), 0);
    run_until(f, is_lost);
    assert_peer_reads(f, "");
    assert_string_equal(f->notes, "made data:text eof shut lost:0 ");
}

/* Who does not care for half-closed connections has none. */
static void end_of_file_closes(void **state)
{
    struct fixture *f = *state;

    connect_unix_with(f, &closing_ops);
    send_text(f, "text");
    shutdown(f->peer, SHUT_WR);
    run_until(f, is_lost);
    assert_string_equal(f->notes, "made data:text lost:0 ");
    assert_peer_reads(f, "");
}

/* ------------------------------------------------------------------ the end */

/* lose_connection sends what is queued first; nothing is written after it, and
 * a second call changes nothing. */
static void lose_connection_loses_nothing(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    write_too_much(f);
    assert_int_equal(tidy_transport_lose_connection(f->transport), 0);
    assert_int_equal(tidy_transport_lose_connection(f->transport), 0);
    assert_int_equal(write_text(f, "more"), -EPIPE);
    assert_int_equal(borrow_text(f, "more"), -EPIPE);
    assert_false(tidy_transport_is_lost(f->transport));
    run_until(f, drain_peer);
    run_until(f, is_lost);
    assert_string_equal(f->notes, "made written:0 lost:0 ");
    assert_peer_reads(f, "");
}

static void lose(struct fixture *f)
{
    write_text(f, "bye");
    f->result = tidy_transport_lose_connection(f->transport);
}

/* A callback may write and close; what arrives behind is not delivered. */
static void callbacks_may_close(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    f->on_data = lose;
    send_text(f, "one");
    run_until(f, is_lost);
    assert_int_equal(f->result, 0);
    assert_peer_reads(f, "bye");
    assert_peer_reads(f, "");
    assert_string_equal(f->notes, "made data:one lost:0 ");
}

/* An abort drops what is unsent: its callback says so before connection_lost,
 * and neither comes inside the call. */
static void abort_cancels_what_is_unsent(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    borrow_text(f, "sent");
    write_too_much(f);
    assert_int_equal(tidy_transport_abort(f->transport), 0);
    assert_true(tidy_transport_is_lost(f->transport));
    assert_int_equal(tidy_transport_abort(f->transport), 0);
    assert_string_equal(f->notes, "made ");
    turn(f);
    assert_string_equal(f->notes,
                        "made written:0 written:TIDY_ECANCELLED "
                        "lost:TIDY_ECANCELLED ");
}

/* An abort resets a TCP connection. */
static void abort_resets(void **state)
{
    struct fixture *f = *state;
    char byte;

    connect_tcp(f);
    tidy_transport_abort(f->transport);
    run_until(f, is_lost);
    assert_int_equal(recv(f->peer, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
}

/* The peer's reset is the reason. */
static void resets_are_told(void **state)
{
    struct fixture *f = *state;
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    connect_tcp(f);
    setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close_peer(f);
    run_until(f, is_lost);
    assert_string_equal(f->notes, "made lost:ECONNRESET ");
}

/* A write that fails says so; what the peer had sent before it went is read all
 * the same, and the write's error is the reason. */
static void the_last_words_are_heard(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    send_text(f, "last words");
    close_peer(f);
    assert_int_equal(borrow_text(f, "too late"), 0);
    assert_int_equal(write_text(f, "more"), -EPIPE);
    run_until(f, is_lost);
    assert_string_equal(f->notes,
                        "made written:EPIPE data:last words lost:EPIPE ");
}

/* While reading is paused there is nothing to wait for. */
static void a_failed_write_ends_a_paused_one(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    tidy_transport_pause_reading(f->transport);
    close_peer(f);
    borrow_text(f, "too late");
    run_until(f, is_lost);
    assert_string_equal(f->notes, "made written:EPIPE lost:EPIPE ");
}

static void try_all_calls(struct fixture *f)
{
    struct tidy_transport *transport = f->transport;

    f->result = 0;
    f->result += write_text(f, "x") == -ENOTCONN;
    f->result += borrow_text(f, "x") == -ENOTCONN;
    f->result += tidy_transport_lose_connection(transport) == -ENOTCONN;
    f->result += tidy_transport_abort(transport) == -ENOTCONN;
    f->result += tidy_transport_half_close(transport) == -ENOTCONN;
    f->result += tidy_transport_pause_reading(transport) == -ENOTCONN;
    f->result += tidy_transport_resume_reading(transport) == -ENOTCONN;
}

/* A lost one stays, and every call says so: in connection_lost and later. Its
 * counts and addresses can still be asked for. */
static void lost_ones_are_inert(void **state)
{
    struct fixture *f = *state;

    connect_tcp(f);
    write_text(f, "text");
    f->on_lost = try_all_calls;
    tidy_transport_abort(f->transport);
    run_until(f, is_lost);
    assert_int_equal(f->result, 7);
    try_all_calls(f);
    assert_int_equal(f->result, 7);
    turn(f);
    assert_string_equal(f->notes, "made lost:TIDY_ECANCELLED ");
    assert_true(tidy_transport_is_lost(f->transport));
    assert_int_equal(tidy_transport_bytes_written(f->transport), 4);
    assert_true(tidy_address_port(tidy_transport_peer(f->transport)) > 0);
}

/* The end of the loop ends the connection, and all that is unsent. */
static void the_end_of_the_loop_ends_it(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    write_too_much(f);
    f->loop = tidy_loop_free(f->loop);
    assert_string_equal(f->notes,
                        "made written:TIDY_ECANCELLED lost:TIDY_ECANCELLED ");
}

static bool has_peer_eof(void *arg)
{
    const struct fixture *f = arg;
    char byte;

    return recv(f->peer, &byte, 1, MSG_DONTWAIT) == 0;
}

/* Nobody hears of a connection that the factory refuses; in build_protocol
 * there is no connection yet. */
static void refused_ones_are_not_heard_of(void **state)
{
    struct fixture *f = *state;

    f->is_refusing = true;
    listen_at(f, "tcp:0:interface=127.0.0.1", &ops);
    connect_peer(f);
    run_until(f, has_peer_eof);
    assert_int_equal(f->result, -ENOTCONN);
    assert_string_equal(f->notes, "");
}

/* --------------------------------------------------------------- addresses */

static void assert_address_is(const struct tidy_address *address, int fd)
{
    struct tidy_address expected = { .len = sizeof(expected.u) };
    char text[TIDY_ADDRESS_MAX], expected_text[TIDY_ADDRESS_MAX];

    assert_int_equal(getsockname(fd, &expected.u.any, &expected.len), 0);
    tidy_address_format(address, text, sizeof(text));
    tidy_address_format(&expected, expected_text, sizeof(expected_text));
    assert_string_equal(text, expected_text);
}

/* The peer's address is the one that its own end has, ours the listener's. */
static void tcp_addresses_are_of_both_ends(void **state)
{
    struct fixture *f = *state;

    connect_tcp(f);
    assert_address_is(tidy_transport_peer(f->transport), f->peer);
    assert_int_equal(tidy_address_port(tidy_transport_local(f->transport)),
                     tidy_address_port(tidy_listener_address(f->listener)));
}

/* Of a Unix socket only the listener's end has a name. */
static void unix_addresses_are_of_both_ends(void **state)
{
    struct fixture *f = *state;
    char local[TIDY_ADDRESS_MAX], peer[TIDY_ADDRESS_MAX];
    char expected[TIDY_ADDRESS_MAX];

    connect_unix(f);
    tidy_address_format(
        tidy_listener_address(f->listener), expected, sizeof(expected));
    tidy_address_format(
        tidy_transport_local(f->transport), local, sizeof(local));
    tidy_address_format(tidy_transport_peer(f->transport), peer, sizeof(peer));
    assert_string_equal(local, expected);
    assert_string_equal(peer, "(unnamed)");
}

/* ------------------------------------------------------------------ misuse */

static void write_to_null(void *arg)
{
    (void)arg;
    tidy_transport_write(NULL, "x", 1);
}

static void write_null(void *arg)
{
    struct fixture *f = arg;

    tidy_transport_write(f->transport, NULL, 1);
}

static void set_no_mark(void *arg)
{
    struct fixture *f = arg;

    tidy_transport_set_high_water(f->transport, 0);
}

static void make_small_factory(void *arg)
{
    (void)arg;
    (void)tidy_factory_of(&ops, 1);
}

/* NULLs, no mark, and a protocol that does not fit are misuse. */
static void misuse_aborts(void **state)
{
    struct fixture *f = *state;

    connect_unix(f);
    assert_dies(
        write_to_null, f, "tidy_transport_write: the transport is NULL");
    assert_dies(write_null, f, "tidy_transport_write: the data is NULL");
    assert_dies(set_no_mark, f, "tidy_transport_set_high_water: the mark is 0");
    assert_dies(
        make_small_factory, f, "tidy_factory_of: a protocol of 1 bytes");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_in_a_callback_leave_together),
        TEST(connection_made_may_write),
        TEST(writes_outside_the_loop_leave_at_once),
        TEST(borrowed_writes_call_back_from_the_loop),
        TEST(many_pieces_come_in_order),
        TEST(empty_writes_are_nothing),
        TEST(writes_need_memory),
        TEST(pressure_is_told),
        TEST(no_pressure_is_not_told),
        TEST(paused_reading_keeps_bytes_back),
        TEST(connection_made_may_pause),
        TEST(data_received_may_pause),
        TEST(half_close_ends_our_half),
        TEST(half_close_waits_for_the_unsent),
        TEST(the_peer_may_end_its_half),
        TEST(end_of_file_closes),
        TEST(lose_connection_loses_nothing),
        TEST(callbacks_may_close),
        TEST(abort_cancels_what_is_unsent),
        TEST(abort_resets),
        TEST(resets_are_told),
        TEST(the_last_words_are_heard),
        TEST(a_failed_write_ends_a_paused_one),
        TEST(lost_ones_are_inert),
        TEST(the_end_of_the_loop_ends_it),
        TEST(refused_ones_are_not_heard_of),
        TEST(tcp_addresses_are_of_both_ends),
        TEST(unix_addresses_are_of_both_ends),
        TEST(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
