/* SPDX-License-Identifier: MIT */
/*
 * Transports and their end: closed, aborted, reset, refused; addresses; misuse.
 *
 * Where a test depends on what the peer does, it uses a Unix socket: there the
 * kernel has passed everything on before a call returns.
 */
#include "support/death.h"
#include "support/oom.h"
#include "support/raw_peer.h"

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

/* ------------------------------------------------------------------ the end */

/* lose_connection sends what is queued first; nothing is written after it, and
 * a second call changes nothing. */
static void lose_connection_loses_nothing(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    raw_peer_write_too_much(f);
    assert_int_equal(tidy_transport_lose_connection(f->transport), 0);
    assert_int_equal(tidy_transport_lose_connection(f->transport), 0);
    assert_int_equal(raw_peer_write_text(f, "more"), -EPIPE);
    assert_int_equal(raw_peer_borrow_text(f, "more"), -EPIPE);
    assert_false(tidy_transport_is_lost(f->transport));
    raw_peer_run_until(f, raw_peer_drain);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_string_equal(f->notes, "made written:0 lost:0 ");
    raw_peer_assert_peer_reads(f, "");
}

static void lose(struct raw_peer *f)
{
    raw_peer_write_text(f, "bye");
    f->result = tidy_transport_lose_connection(f->transport);
}

/* A callback may write and close; what arrives behind is not delivered. */
static void callbacks_may_close(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    f->on_data = lose;
    raw_peer_send_text(f, "one");
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_int_equal(f->result, 0);
    raw_peer_assert_peer_reads(f, "bye");
    raw_peer_assert_peer_reads(f, "");
    assert_string_equal(f->notes, "made data:one lost:0 ");
}

/* An abort drops what is unsent: its callback says so before connection_lost,
 * and neither comes inside the call. */
static void abort_cancels_what_is_unsent(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    raw_peer_borrow_text(f, "sent");
    raw_peer_write_too_much(f);
    assert_int_equal(tidy_transport_abort(f->transport), 0);
    assert_true(tidy_transport_is_lost(f->transport));
    assert_int_equal(tidy_transport_abort(f->transport), 0);
    assert_string_equal(f->notes, "made ");
    raw_peer_turn(f);
    assert_string_equal(f->notes,
                        "made written:0 written:TIDY_ECANCELLED "
                        "lost:TIDY_ECANCELLED ");
}

/* An abort resets a TCP connection. */
static void abort_resets(void **state)
{
    struct raw_peer *f = *state;
    char byte;

    raw_peer_connect_tcp(f);
    tidy_transport_abort(f->transport);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_int_equal(recv(f->peer, &byte, 1, 0), -1);
    assert_int_equal(errno, ECONNRESET);
}

/* The peer's reset is the reason. */
static void resets_are_told(void **state)
{
    struct raw_peer *f = *state;
    struct linger linger = { .l_onoff = 1, .l_linger = 0 };

    raw_peer_connect_tcp(f);
    setsockopt(f->peer, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    raw_peer_close_peer(f);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_string_equal(f->notes, "made lost:ECONNRESET ");
}

/* A write that fails says so; what the peer had sent before it went is read all
 * the same, and the write's error is the reason. */
static void the_last_words_are_heard(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    raw_peer_send_text(f, "last words");
    raw_peer_close_peer(f);
    assert_int_equal(raw_peer_borrow_text(f, "too late"), 0);
    assert_int_equal(raw_peer_write_text(f, "more"), -EPIPE);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_string_equal(f->notes,
                        "made written:EPIPE data:last words lost:EPIPE ");
}

/* While reading is paused there is nothing to wait for. */
static void a_failed_write_ends_a_paused_one(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    tidy_transport_pause_reading(f->transport);
    raw_peer_close_peer(f);
    raw_peer_borrow_text(f, "too late");
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_string_equal(f->notes, "made written:EPIPE lost:EPIPE ");
}

/* ... unless the peer has said something before it went. */
static void a_paused_one_hears_the_last_words(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    tidy_transport_pause_reading(f->transport);
    raw_peer_send_text(f, "last words");
    raw_peer_close_peer(f);
    raw_peer_borrow_text(f, "too late");
    tidy_loop_turn(f->loop);
    assert_string_equal(f->notes, "made written:EPIPE ");
    tidy_transport_resume_reading(f->transport);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_string_equal(f->notes,
                        "made written:EPIPE data:last words lost:EPIPE ");
}

static void try_all_calls(struct raw_peer *f)
{
    struct tidy_transport *transport = f->transport;

    f->result = 0;
    f->result += raw_peer_write_text(f, "x") == -ENOTCONN;
    f->result += raw_peer_borrow_text(f, "x") == -ENOTCONN;
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
    struct raw_peer *f = *state;

    raw_peer_connect_tcp(f);
    raw_peer_write_text(f, "text");
    f->on_lost = try_all_calls;
    tidy_transport_abort(f->transport);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_int_equal(f->result, 7);
    try_all_calls(f);
    assert_int_equal(f->result, 7);
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made lost:TIDY_ECANCELLED ");
    assert_true(tidy_transport_is_lost(f->transport));
    assert_int_equal(tidy_transport_bytes_written(f->transport), 4);
    assert_true(tidy_address_port(tidy_transport_peer(f->transport)) > 0);
}

/* The end of the loop ends the connection, and all that is unsent. */
static void the_end_of_the_loop_ends_it(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    raw_peer_write_too_much(f);
    f->loop = tidy_loop_free(f->loop);
    assert_string_equal(f->notes,
                        "made written:TIDY_ECANCELLED lost:TIDY_ECANCELLED ");
}

static bool has_peer_eof(void *arg)
{
    const struct raw_peer *f = arg;
    char byte;

    return recv(f->peer, &byte, 1, MSG_DONTWAIT) == 0;
}

/* Nobody hears of a connection that the factory refuses; in build_protocol
 * there is no connection yet. */
static void refused_ones_are_not_heard_of(void **state)
{
    struct raw_peer *f = *state;

    f->is_refusing = true;
    raw_peer_listen_at(f, "tcp:0:interface=127.0.0.1", &raw_peer_ops);
    raw_peer_connect_peer(f);
    raw_peer_run_until(f, has_peer_eof);
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
    struct raw_peer *f = *state;

    raw_peer_connect_tcp(f);
    assert_address_is(tidy_transport_peer(f->transport), f->peer);
    assert_int_equal(tidy_address_port(tidy_transport_local(f->transport)),
                     tidy_address_port(tidy_listener_address(f->listener)));
}

/* Of a Unix socket only the listener's end has a name. */
static void unix_addresses_are_of_both_ends(void **state)
{
    struct raw_peer *f = *state;
    char local[TIDY_ADDRESS_MAX], peer[TIDY_ADDRESS_MAX];
    char expected[TIDY_ADDRESS_MAX];

    raw_peer_connect_unix(f);
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
    struct raw_peer *f = arg;

    tidy_transport_write(f->transport, NULL, 1);
}

static void set_no_mark(void *arg)
{
    struct raw_peer *f = arg;

    tidy_transport_set_high_water(f->transport, 0);
}

static void make_small_factory(void *arg)
{
    (void)arg;
    (void)tidy_factory_of(&raw_peer_ops, 1);
}

/* NULLs, no mark, and a protocol that does not fit are misuse. */
static void misuse_aborts(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    assert_dies(
        write_to_null, f, "tidy_transport_write: the transport is NULL");
    assert_dies(write_null, f, "tidy_transport_write: the data is NULL");
    assert_dies(set_no_mark, f, "tidy_transport_set_high_water: the mark is 0");
    assert_dies(
        make_small_factory, f, "tidy_factory_of: a protocol of 1 bytes");
}

#define TEST(fn)                                                               \
    cmocka_unit_test_setup_teardown(fn, raw_peer_set_up, raw_peer_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lose_connection_loses_nothing),
        TEST(callbacks_may_close),
        TEST(abort_cancels_what_is_unsent),
        TEST(abort_resets),
        TEST(resets_are_told),
        TEST(the_last_words_are_heard),
        TEST(a_failed_write_ends_a_paused_one),
        TEST(a_paused_one_hears_the_last_words),
        TEST(lost_ones_are_inert),
        TEST(the_end_of_the_loop_ends_it),
        TEST(refused_ones_are_not_heard_of),
        TEST(tcp_addresses_are_of_both_ends),
        TEST(unix_addresses_are_of_both_ends),
        TEST(misuse_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
