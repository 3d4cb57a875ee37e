/* SPDX-License-Identifier: MIT */
#include "base/alloc.h"
#include "support/death.h"
#include "support/oom.h"
#include <tidysock/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A block of no bytes is a block, not a sign that memory is short. */
static void no_bytes_are_a_block(void **state)
{
    void *ptr = tidy__alloc(0);

    (void)state;
    assert_non_null(ptr);
    assert_int_equal(oom_n_blocks(), 1);
    assert_null(tidy__dealloc(ptr));
}

/* NULL is freed by doing nothing, and NULL is what comes back. */
static void null_can_be_freed(void **state)
{
    (void)state;
    assert_null(tidy__dealloc(NULL));
}

/* Zeroed memory is zero to its last byte. */
static void zalloc_zeroes(void **state)
{
    const char zeros[64] = { 0 };
    char *ptr = tidy__zalloc(sizeof(zeros));

    (void)state;
    assert_memory_equal(ptr, zeros, sizeof(zeros));
    tidy__dealloc(ptr);
}

/* A block keeps its bytes when it grows, and is still one block. */
static void realloc_keeps_the_bytes(void **state)
{
    char *ptr = tidy__realloc(NULL, 3);

    (void)state;
    memcpy(ptr, "ab", 3);
    ptr = tidy__realloc(ptr, 1000);
    assert_string_equal(ptr, "ab");
    assert_int_equal(oom_n_blocks(), 1);
    tidy__dealloc(ptr);
}

/* A formatted text is as long as it has to be. */
static void format_makes_room(void **state)
{
    char *text = tidy__format("%*d", 5000, 7);

    (void)state;
    assert_int_equal(strlen(text), 5000);
    assert_int_equal(text[4999], '7');
    tidy__dealloc(text);
}

/* A variable that goes out of scope frees what it points to, and not what has
 * been stolen from it. */
static void cleanup_frees_unless_stolen(void **state)
{
    char *kept;

    (void)state;
    {
        TIDY_CLEANUP(tidy__deallocp) char *stolen = tidy__strdup("kept");
        TIDY_CLEANUP(tidy__deallocp) char *freed = tidy__strdup("freed");

        assert_non_null(freed);
        kept = TIDY_STEAL(&stolen);
        assert_null(stolen);
    }
    assert_string_equal(kept, "kept");
    assert_int_equal(oom_n_blocks(), 1);
    tidy__dealloc(kept);
}

static void allocate_in_each_way(void *arg)
{
    void *ptrs[] = {
        tidy__alloc(1),       tidy__zalloc(1),       tidy__realloc(NULL, 1),
        tidy__strdup("text"), tidy__format("%d", 1),
    };
    size_t n_failed = 0;

    (void)arg;
    for (size_t idx = 0; idx < TIDY_COUNT(ptrs); idx++) {
        n_failed += !ptrs[idx];
        tidy__dealloc(ptrs[idx]);
    }
    assert_int_equal(n_failed, oom_has_failed());
}

/* Each way to get memory says NULL when there is none. */
static void each_allocation_may_fail(void **state)
{
    (void)state;
    oom_try_all(allocate_in_each_way, NULL);
}

/* A block that cannot grow stays as it is. */
static void failed_realloc_keeps_the_block(void **state)
{
    char *ptr = tidy__strdup("still here");

    (void)state;
    oom_fail_nth(1);
    assert_null(tidy__realloc(ptr, 1000));
    assert_string_equal(ptr, "still here");
    tidy__dealloc(ptr);
}

/* Without an allocator of one's own, memory is the C library's again. */
static void null_allocator_is_the_c_librarys(void **state)
{
    size_t n_before = oom_n_allocations();
    void *ptr;

    (void)state;
    tidy_set_allocator(NULL);
    ptr = tidy__alloc(1);
    ptr = tidy__realloc(ptr, 2);
    tidy__dealloc(ptr);
    assert_int_equal(oom_n_allocations(), n_before);
}

static void set_half_an_allocator(void *arg)
{
    const struct tidy_allocator allocator = { 0 };

    (void)arg;
    tidy_set_allocator(&allocator);
}

/* An allocator has all its three functions. */
static void half_an_allocator_aborts(void **state)
{
    (void)state;
    assert_dies(set_half_an_allocator,
                NULL,
                "tidysock: tidy_set_allocator: a function of the allocator is "
                "NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        oom_unit_test(no_bytes_are_a_block),
        oom_unit_test(null_can_be_freed),
        oom_unit_test(zalloc_zeroes),
        oom_unit_test(realloc_keeps_the_bytes),
        oom_unit_test(format_makes_room),
        oom_unit_test(cleanup_frees_unless_stolen),
        oom_unit_test(each_allocation_may_fail),
        oom_unit_test(failed_realloc_keeps_the_block),
        oom_unit_test(null_allocator_is_the_c_librarys),
        cmocka_unit_test(half_an_allocator_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
