/* SPDX-License-Identifier: MIT */
/*
 * Transports reading, paused and resumed, and each half ended by itself.
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

/* ----------------------------------------------------------------- reading */

/* Nothing is delivered while reading is paused; then everything. */
static void paused_reading_keeps_bytes_back(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    assert_int_equal(tidy_transport_pause_reading(f->transport), 0);
    assert_int_equal(tidy_transport_pause_reading(f->transport), 0);
    raw_peer_send_text(f, "text");
    raw_peer_close_peer(f);
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made ");
    assert_int_equal(tidy_transport_resume_reading(f->transport), 0);
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made data:text eof ");
    assert_int_equal(tidy_transport_bytes_read(f->transport), 4);
}

static void pause_it(struct raw_peer *f)
{
    f->result = tidy_transport_pause_reading(f->transport);
}

/* connection_made may pause before anything is read. */
static void connection_made_may_pause(void **state)
{
    struct raw_peer *f = *state;

    f->on_made = pause_it;
    raw_peer_connect_unix(f);
    raw_peer_send_text(f, "text");
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made ");
    tidy_transport_resume_reading(f->transport);
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made data:text ");
}

/* Pausing in data_received holds back what comes behind. */
static void data_received_may_pause(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    f->on_data = pause_it;
    raw_peer_send_text(f, "one");
    raw_peer_turn(f);
    raw_peer_send_text(f, "two");
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made data:one ");
    tidy_transport_resume_reading(f->transport);
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made data:one data:two ");
}

/* ------------------------------------------------------------- half-closing */

/* After half_close the peer reads everything, then the end of file; reading
 * goes on. When the peer ends, too, all is over. */
static void half_close_ends_our_half(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    raw_peer_write_text(f, "text");
    assert_int_equal(tidy_transport_half_close(f->transport), 0);
    assert_string_equal(f->notes, "made ");
    assert_int_equal(raw_peer_write_text(f, "more"), -EPIPE);
    assert_int_equal(raw_peer_borrow_text(f, "more"), -EPIPE);
    raw_peer_assert_peer_reads(f, "text");
    raw_peer_assert_peer_reads(f, "");
    raw_peer_send_text(f, "reply");
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made shut data:reply ");
    assert_int_equal(tidy_transport_half_close(f->transport), 0);
    raw_peer_close_peer(f);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_string_equal(f->notes, "made shut data:reply eof lost:0 ");
}

/* It waits for what is unsent. */
static void half_close_waits_for_the_unsent(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    raw_peer_write_too_much(f);
    tidy_transport_half_close(f->transport);
    raw_peer_turn(f);
    assert_null(strstr(f->notes, "shut"));
    raw_peer_run_until(f, raw_peer_drain);
    raw_peer_turn(f);
    raw_peer_assert_peer_reads(f, "");
    assert_string_equal(f->notes, "made pause written:0 resume shut ");
}

/* The end of the peer's half is told; we can go on writing, until we close. */
static void the_peer_may_end_its_half(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_tcp(f);
    raw_peer_send_text(f, "text");
    shutdown(f->peer, SHUT_WR);
    while (!strstr(f->notes, "eof"))
        tidy__loop_run(f->loop, UV_RUN_ONCE);
    assert_int_equal(raw_peer_write_text(f, "reply"), 0);
    raw_peer_assert_peer_reads(f, "reply");
    assert_int_equal(tidy_transport_half_close(f->transport), 0);
    raw_peer_run_until(f, raw_peer_is_lost);
    raw_peer_assert_peer_reads(f, "");
    assert_string_equal(f->notes, "made data:text eof shut lost:0 ");
}

/* Who does not care for half-closed connections has none. */
static void end_of_file_closes(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix_with(f, &raw_peer_closing_ops);
    raw_peer_send_text(f, "text");
    shutdown(f->peer, SHUT_WR);
    raw_peer_run_until(f, raw_peer_is_lost);
    assert_string_equal(f->notes, "made data:text lost:0 ");
    raw_peer_assert_peer_reads(f, "");
}

#define TEST(fn)                                                               \
    cmocka_unit_test_setup_teardown(fn, raw_peer_set_up, raw_peer_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paused_reading_keeps_bytes_back),
        TEST(connection_made_may_pause),
        TEST(data_received_may_pause),
        TEST(half_close_ends_our_half),
        TEST(half_close_waits_for_the_unsent),
        TEST(the_peer_may_end_its_half),
        TEST(end_of_file_closes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
