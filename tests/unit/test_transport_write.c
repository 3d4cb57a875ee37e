/* SPDX-License-Identifier: MIT */
/*
 * Transports writing: what the peer gets, when, and what the protocol is told.
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

/* ----------------------------------------------------------------- writing */

/* The segments with data that the peer has got; -1: the kernel does not say. */
static long count_segments(const struct raw_peer *f)
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

static void write_three(struct raw_peer *f)
{
    raw_peer_write_text(f, "one ");
    raw_peer_borrow_text(f, "two ");
    raw_peer_write_text(f, "three");
    f->result = (int)tidy_transport_unsent(f->transport);
}

/* What is written in one callback leaves together, after it. */
static void writes_in_a_callback_leave_together(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_tcp(f);
    f->on_data = write_three;
    raw_peer_send_text(f, "go");
    while (!strstr(f->notes, "written:"))
        tidy__loop_run(f->loop, UV_RUN_ONCE);
    assert_int_equal(f->result, 13);
    raw_peer_assert_peer_reads(f, "one two three");
    if (count_segments(f) >= 0)
        assert_int_equal(count_segments(f), 1);
    assert_string_equal(f->notes, "made data:go written:0 ");
}

/* connection_made may write, too. */
static void connection_made_may_write(void **state)
{
    struct raw_peer *f = *state;

    f->on_made = write_three;
    raw_peer_connect_tcp(f);
    raw_peer_turn(f);
    raw_peer_assert_peer_reads(f, "one two three");
    assert_string_equal(f->notes, "made written:0 ");
}

/* What is written outside the loop is sent before the call returns. */
static void writes_outside_the_loop_leave_at_once(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_tcp(f);
    assert_int_equal(raw_peer_write_text(f, "one "), 0);
    assert_int_equal(tidy_transport_bytes_written(f->transport), 4);
    assert_int_equal(tidy_transport_unsent(f->transport), 0);
    assert_int_equal(raw_peer_borrow_text(f, "two"), 0);
    raw_peer_assert_peer_reads(f, "one two");
}

/* The callback of a borrowed write comes from the loop, and once. */
static void borrowed_writes_call_back_from_the_loop(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    raw_peer_borrow_text(f, "one");
    raw_peer_borrow_text(f, "");
    assert_string_equal(f->notes, "made ");
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made written:0 written:0 ");
    tidy_transport_abort(f->transport);
    raw_peer_turn(f);
    assert_string_equal(f->notes,
                        "made written:0 written:0 lost:TIDY_ECANCELLED ");
}

/* More pieces than one system call takes still come in order. */
static void many_pieces_come_in_order(void **state)
{
    static const char *const words[] = { "a", "b", "c", "d", "e", "f",
                                         "g", "h", "i", "j", "k" };
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    f->loop->is_running = true; /* as if in a callback */
    for (size_t i = 0; i < TIDY_COUNT(words); i++) {
        if (i % 3 == 1)
            raw_peer_write_text(f, words[i]);
        else
            raw_peer_borrow_text(f, words[i]);
    }
    f->loop->is_running = false;
    raw_peer_turn(f);
    raw_peer_assert_peer_reads(f, "abcdefghijk");
}

/* A write of nothing is no error and sends nothing. */
static void empty_writes_are_nothing(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    assert_int_equal(tidy_transport_write(f->transport, NULL, 0), 0);
    assert_int_equal(tidy_transport_bytes_written(f->transport), 0);
}

/* Nothing is queued when memory is short, and the connection lives on. */
static void writes_need_memory(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    oom_fail_nth(1);
    assert_int_equal(raw_peer_write_text(f, "one"), -ENOMEM);
    oom_fail_nth(1);
    assert_int_equal(raw_peer_borrow_text(f, "two"), -ENOMEM);
    oom_fail_nth(0);
    assert_int_equal(raw_peer_write_text(f, "three"), 0);
    raw_peer_turn(f);
    raw_peer_assert_peer_reads(f, "three");
    assert_string_equal(f->notes, "made ");
}

/* Above the high-water mark the protocol is told to pause, and to resume when
 * all is with the kernel: each once, and from the loop. */
static void pressure_is_told(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    tidy_transport_set_high_water(f->transport, 1000);
    raw_peer_write_too_much(f);
    assert_string_equal(f->notes, "made ");
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made pause ");
    raw_peer_run_until(f, raw_peer_drain);
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made pause written:0 resume ");
    assert_int_equal(tidy_transport_unsent(f->transport), 0);
    assert_int_equal(tidy_transport_bytes_written(f->transport), N_LARGE);
}

/* As many bytes as the mark, and what leaves at once, are no pressure. */
static void no_pressure_is_not_told(void **state)
{
    struct raw_peer *f = *state;

    raw_peer_connect_unix(f);
    tidy_transport_set_high_water(f->transport, 1);
    raw_peer_write_text(f, "much more than a byte");
    raw_peer_turn(f);
    tidy_transport_set_high_water(f->transport, N_LARGE);
    raw_peer_write_too_much(f);
    raw_peer_turn(f);
    assert_string_equal(f->notes, "made ");
}

#define TEST(fn)                                                               \
    cmocka_unit_test_setup_teardown(fn, raw_peer_set_up, raw_peer_tear_down)

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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
