/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "support/death.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct tidy__buffer buffer;

static int tear_down(void **state)
{
    tidy__buffer_deinit(&buffer);
    return oom_tear_down(state);
}

static void append(const char *text)
{
    assert_int_equal(tidy__buffer_append(&buffer, text, strlen(text)), 0);
}

static void assert_holds(const char *text)
{
    assert_int_equal(buffer.len, strlen(text));
    if (buffer.len)
        assert_memory_equal(tidy__buffer_data(&buffer), text, buffer.len);
    else
        assert_null(tidy__buffer_data(&buffer));
}

/* A zeroed buffer is an empty one, and takes no memory. */
static void zeroed_is_empty(void **state)
{
    (void)state;
    assert_holds("");
    append("");
    assert_int_equal(oom_n_allocations(), 0);
}

/* What is appended comes behind what is there. */
static void bytes_stay_in_order(void **state)
{
    (void)state;
    append("pi");
    append("ng");
    assert_holds("ping");
}

/* The data can be read as a text, of which the end does not count. */
static void terminated_is_a_text(void **state)
{
    (void)state;
    append("ping");
    assert_int_equal(tidy__buffer_terminate(&buffer), 0);
    assert_holds("ping");
    assert_string_equal((char *)tidy__buffer_data(&buffer), "ping");
    tidy__buffer_consume(&buffer, 2);
    assert_string_equal((char *)tidy__buffer_data(&buffer), "ng");
    append(" pong");
    assert_holds("ng pong");
}

/* Terminated when there is no room left. */
static void terminating_may_fail(void **state)
{
    (void)state;
    while (buffer.len == 0 || buffer.len < buffer.capacity)
        append("x");
    oom_fail_nth(1);
    assert_int_equal(tidy__buffer_terminate(&buffer), -ENOMEM);
    assert_int_equal(buffer.len, buffer.capacity);
    assert_int_equal(tidy__buffer_terminate(&buffer), 0);
}

/* What is taken is taken from the front. */
static void bytes_are_taken_from_the_front(void **state)
{
    (void)state;
    append("ping pong");
    tidy__buffer_consume(&buffer, 5);
    assert_holds("pong");
    append("!");
    assert_holds("pong!");
    tidy__buffer_consume(&buffer, 5);
    assert_holds("");
}

static void append_bytes(unsigned from, unsigned n_bytes)
{
    while (n_bytes--) {
        unsigned char byte = (unsigned char)from++;

        assert_int_equal(tidy__buffer_append(&buffer, &byte, 1), 0);
    }
}

static void take_bytes(unsigned from, unsigned n_bytes)
{
    const unsigned char *data = tidy__buffer_data(&buffer);

    for (unsigned idx = 0; idx < n_bytes; idx++)
        assert_int_equal(data[idx], (unsigned char)(from + idx));
    tidy__buffer_consume(&buffer, n_bytes);
}

/* A stream that passes through never makes the buffer larger. */
static void stream_needs_no_more_memory(void **state)
{
    size_t capacity;

    (void)state;
    append_bytes(0, 11);
    capacity = buffer.capacity;
    for (unsigned n_bytes = 0; n_bytes < 10000; n_bytes += 7) {
        append_bytes(n_bytes + 11, 7);
        take_bytes(n_bytes, 7);
    }
    assert_int_equal(buffer.len, 11);
    assert_int_equal(buffer.capacity, capacity);
}

/* What has been taken is not kept when the buffer grows. */
static void growing_keeps_what_is_left(void **state)
{
    (void)state;
    append_bytes(0, 200);
    take_bytes(0, 100);
    append_bytes(200, 500);
    take_bytes(100, 600);
    assert_holds("");
}

/* Many small pieces make one large text. */
static void buffer_grows(void **state)
{
    (void)state;
    for (int n_bytes = 0; n_bytes < 100000; n_bytes++) {
        char byte = (char)n_bytes;

        assert_int_equal(tidy__buffer_append(&buffer, &byte, 1), 0);
    }
    assert_int_equal(buffer.len, 100000);
    for (int idx = 0; idx < 100000; idx++)
        assert_int_equal(tidy__buffer_data(&buffer)[idx], (unsigned char)idx);
    assert_true(oom_n_allocations() < 20);
}

static void append_twice(void *arg)
{
    char data[1000] = { 0 };

    (void)arg;
    for (int n_times = 0; n_times < 2; n_times++) {
        size_t len_before = buffer.len;

        if (tidy__buffer_append(&buffer, data, sizeof(data)) == 0)
            continue;
        assert_true(oom_has_failed());
        assert_int_equal(buffer.len, len_before);
    }
    tidy__buffer_deinit(&buffer);
    assert_holds("");
}

/* When memory is short, nothing is appended and nothing is lost. */
static void append_may_fail(void **state)
{
    (void)state;
    oom_try_all(append_twice, NULL);
}

/* A length that cannot be is memory that is not there. */
static void impossible_length_is_refused(void **state)
{
    (void)state;
    append("x");
    assert_int_equal(tidy__buffer_append(&buffer, "", SIZE_MAX), -ENOMEM);
    assert_holds("x");
}

/* After its end, a buffer is empty and can be used again. */
static void deinit_leaves_an_empty_one(void **state)
{
    (void)state;
    append("old");
    tidy__buffer_deinit(&buffer);
    tidy__buffer_deinit(&buffer);
    append("new");
    assert_holds("new");
}

static void take_too_much(void *arg)
{
    (void)arg;
    append("abc");
    tidy__buffer_consume(&buffer, 4);
}

/* More cannot be taken than is there. */
static void taking_too_much_aborts(void **state)
{
    (void)state;
    assert_dies(take_too_much, NULL, "tidy__buffer_consume: 4 bytes of 3");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, oom_set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(zeroed_is_empty),
        TEST(bytes_stay_in_order),
        TEST(terminated_is_a_text),
        TEST(terminating_may_fail),
        TEST(bytes_are_taken_from_the_front),
        TEST(stream_needs_no_more_memory),
        TEST(growing_keeps_what_is_left),
        TEST(buffer_grows),
        TEST(append_may_fail),
        TEST(impossible_length_is_refused),
        TEST(deinit_leaves_an_empty_one),
        TEST(taking_too_much_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
