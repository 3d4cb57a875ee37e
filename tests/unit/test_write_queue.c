/* SPDX-License-Identifier: MIT */
/*
 * Queues of bytes to write: what comes out, in which pieces, and whose callback
 * is called when.
 */
#include "net/write_queue.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MAX_BUFS 8

struct fixture {
    struct tidy__write_queue queue;
    char notes[256]; /* "a0 b0 ": which callbacks came, with which status */
};

/* What a borrowed write's callback is told. */
struct note {
    struct fixture *fixture;
    const char *name;
    /* Written from inside the callback; NULL: nothing. */
    const char *writes;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    memset(&fixture, 0, sizeof(fixture));
    *state = &fixture;
    return oom_set_up(state);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tidy__write_queue_deinit(&f->queue);
    return oom_tear_down(state);
}

static void on_written(int status, void *arg)
{
    const struct note *note = arg;
    struct fixture *f = note->fixture;
    size_t len = strlen(f->notes);

    snprintf(
        f->notes + len, sizeof(f->notes) - len, "%s%d ", note->name, status);
    if (note->writes)
        tidy__write_queue_copy(&f->queue, note->writes, strlen(note->writes));
}

static void copy(struct fixture *f, const char *text)
{
    assert_int_equal(tidy__write_queue_copy(&f->queue, text, strlen(text)), 0);
}

static void borrow(struct fixture *f, const char *text, struct note *note)
{
    note->fixture = f;
    assert_int_equal(
        tidy__write_queue_borrow(
            &f->queue, text, text ? strlen(text) : 0, on_written, note),
        0);
}

/* The pieces that would be written now, separated by bars. */
static void
assert_pieces(const struct fixture *f, unsigned max_bufs, const char *expected)
{
    uv_buf_t bufs[MAX_BUFS];
    char text[256] = "";
    size_t len, total = 0;
    unsigned n_bufs;

    n_bufs = tidy__write_queue_peek(&f->queue, bufs, max_bufs, &len);
    for (unsigned i = 0; i < n_bufs; i++) {
        strncat(text, bufs[i].base, bufs[i].len);
        strcat(text, "|");
        total += bufs[i].len;
    }
    assert_string_equal(text, expected);
    assert_int_equal(len, total);
}

/* Copies and borrowed bytes come out in the order in which they were written;
 * small copies share a piece. */
static void bytes_keep_their_order(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a" };

    copy(f, "one");
    copy(f, "two");
    borrow(f, "three", &a);
    copy(f, "four");
    copy(f, "five");
    assert_pieces(f, MAX_BUFS, "onetwo|three|fourfive|");
    assert_int_equal(f->queue.n_bytes, 19);
}

/* No more pieces are handed out than there is room for. */
static void pieces_are_limited(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a" }, b = { .name = "b" };

    borrow(f, "one", &a);
    copy(f, "two");
    borrow(f, "three", &b);
    assert_pieces(f, 2, "one|two|");
    assert_pieces(f, 1, "one|");
}

/* A copy is of the bytes as they were. */
static void copies_are_copies(void **state)
{
    struct fixture *f = *state;
    char text[] = "before";

    copy(f, text);
    memcpy(text, "AFTER!", 6);
    assert_pieces(f, MAX_BUFS, "before|");
}

/* A copy does not grow into a chunk that has no room left for all of it. */
static void full_chunks_are_not_shared(void **state)
{
    struct fixture *f = *state;
    char data[500];
    uv_buf_t bufs[MAX_BUFS];
    size_t len;

    memset(data, 'x', sizeof(data));
    assert_int_equal(tidy__write_queue_copy(&f->queue, data, 500), 0);
    assert_int_equal(tidy__write_queue_copy(&f->queue, data, 12), 0);
    assert_int_equal(tidy__write_queue_copy(&f->queue, data, 1), 0);
    assert_int_equal(tidy__write_queue_peek(&f->queue, bufs, MAX_BUFS, &len),
                     2);
    assert_int_equal(bufs[0].len, 512);
    assert_int_equal(bufs[1].len, 1);
    assert_int_equal(len, 513);
}

/* A copy larger than a chunk has one of its own. */
static void large_copies_are_whole(void **state)
{
    static char data[70000];
    struct fixture *f = *state;
    uv_buf_t bufs[MAX_BUFS];
    size_t len;

    memset(data, 'x', sizeof(data));
    copy(f, "small");
    assert_int_equal(tidy__write_queue_copy(&f->queue, data, sizeof(data)), 0);
    assert_int_equal(tidy__write_queue_peek(&f->queue, bufs, MAX_BUFS, &len),
                     2);
    assert_int_equal(bufs[1].len, sizeof(data));
    assert_memory_equal(bufs[1].base, data, sizeof(data));
}

/* What the kernel took in part goes on from there; a copy that is written
 * meanwhile joins it, and what was handed out before does not move. */
static void partial_writes_go_on(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a" };
    uv_buf_t buf;
    size_t len;

    copy(f, "abcdef");
    tidy__write_queue_consume(&f->queue, 2);
    tidy__write_queue_peek(&f->queue, &buf, 1, &len);
    copy(f, "gh");
    assert_memory_equal(buf.base, "cdef", 4);
    borrow(f, "ijkl", &a);
    assert_pieces(f, MAX_BUFS, "cdefgh|ijkl|");
    tidy__write_queue_consume(&f->queue, 8);
    assert_pieces(f, MAX_BUFS, "kl|");
    assert_int_equal(f->queue.n_bytes, 2);
    tidy__write_queue_call_back(&f->queue);
    assert_string_equal(f->notes, "");
}

/* A callback comes once, in order, and only when asked for; after the last byte
 * of its own and whatever comes behind. */
static void callbacks_come_once(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a" }, b = { .name = "b" };

    borrow(f, "one", &a);
    copy(f, "two");
    borrow(f, "three", &b);
    tidy__write_queue_consume(&f->queue, 5);
    assert_string_equal(f->notes, "");
    tidy__write_queue_call_back(&f->queue);
    assert_string_equal(f->notes, "a0 ");
    tidy__write_queue_consume(&f->queue, 6);
    tidy__write_queue_call_back(&f->queue);
    tidy__write_queue_call_back(&f->queue);
    assert_string_equal(f->notes, "a0 b0 ");
    assert_int_equal(f->queue.n_bytes, 0);
}

/* Of nothing is borrowed nothing; its callback comes in order all the same. */
static void empty_borrowed_writes_keep_their_place(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };

    borrow(f, NULL, &a);
    borrow(f, "one", &b);
    borrow(f, NULL, &c);
    assert_pieces(f, MAX_BUFS, "one|");
    tidy__write_queue_consume(&f->queue, 0);
    tidy__write_queue_call_back(&f->queue);
    assert_string_equal(f->notes, "a0 ");
    tidy__write_queue_consume(&f->queue, 2);
    tidy__write_queue_call_back(&f->queue);
    assert_string_equal(f->notes, "a0 ");
    tidy__write_queue_consume(&f->queue, 1);
    tidy__write_queue_call_back(&f->queue);
    assert_string_equal(f->notes, "a0 b0 c0 ");
}

/* An empty copy is nothing at all. */
static void empty_copies_are_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(tidy__write_queue_copy(&f->queue, NULL, 0), 0);
    assert_null(f->queue.chunks);
    assert_int_equal(oom_n_blocks(), 0);
}

/* What was written before a cancel says 0, the rest says why not. */
static void cancel_tells_the_rest(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a" }, b = { .name = "b" }, c = { .name = "c" };

    borrow(f, "one", &a);
    borrow(f, "two", &b);
    copy(f, "three");
    borrow(f, NULL, &c);
    tidy__write_queue_consume(&f->queue, 4);
    tidy__write_queue_cancel(&f->queue, -7);
    assert_int_equal(f->queue.n_bytes, 0);
    assert_pieces(f, MAX_BUFS, "");
    tidy__write_queue_cancel(&f->queue, -8);
    tidy__write_queue_call_back(&f->queue);
    assert_string_equal(f->notes, "a0 b-7 c-7 ");
}

/* A callback may write; that is queued behind what was there. */
static void callbacks_may_write(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a", .writes = "more" }, b = { .name = "b" };

    borrow(f, "one", &a);
    borrow(f, "two", &b);
    tidy__write_queue_consume(&f->queue, 3);
    tidy__write_queue_call_back(&f->queue);
    assert_pieces(f, MAX_BUFS, "two|more|");
}

/* The end of a queue calls nobody, and frees all that is in it. */
static void deinit_calls_nobody(void **state)
{
    struct fixture *f = *state;
    struct note a = { .name = "a" }, b = { .name = "b" };

    borrow(f, "one", &a);
    copy(f, "two");
    borrow(f, "three", &b);
    tidy__write_queue_consume(&f->queue, 4);
    tidy__write_queue_deinit(&f->queue);
    tidy__write_queue_deinit(&f->queue);
    assert_string_equal(f->notes, "");
    assert_int_equal(oom_n_blocks(), 0);
}

static void write_three(void *arg)
{
    struct fixture *f = arg;
    struct note a = { .fixture = f, .name = "a" };
    size_t n_bytes = 0;

    if (tidy__write_queue_copy(&f->queue, "one", 3) == 0)
        n_bytes += 3;
    if (tidy__write_queue_borrow(&f->queue, "two", 3, on_written, &a) == 0)
        n_bytes += 3;
    if (tidy__write_queue_copy(&f->queue, "three", 5) == 0)
        n_bytes += 5;
    assert_int_equal(f->queue.n_bytes, n_bytes);
    assert_true(oom_has_failed() ? n_bytes < 11 : n_bytes == 11);
    tidy__write_queue_deinit(&f->queue);
}

/* When memory is short nothing of that write is queued, and the others are. */
static void each_allocation_may_fail(void **state)
{
    oom_try_all(write_three, *state);
}

/* A length that no memory could hold is refused, not wrapped around. */
static void absurd_lengths_are_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(tidy__write_queue_copy(&f->queue, "x", SIZE_MAX - 4),
                     -ENOMEM);
    assert_null(f->queue.chunks);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bytes_keep_their_order),
        TEST(pieces_are_limited),
        TEST(copies_are_copies),
        TEST(full_chunks_are_not_shared),
        TEST(large_copies_are_whole),
        TEST(partial_writes_go_on),
        TEST(callbacks_come_once),
        TEST(empty_borrowed_writes_keep_their_place),
        TEST(empty_copies_are_nothing),
        TEST(cancel_tells_the_rest),
        TEST(callbacks_may_write),
        TEST(deinit_calls_nobody),
        TEST(each_allocation_may_fail),
        TEST(absurd_lengths_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
