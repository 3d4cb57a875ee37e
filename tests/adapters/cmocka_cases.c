/* SPDX-License-Identifier: MIT */
/* Every way in which a test can end, under the adapter's own main function. */
#include "adapters/shared/cmocka_bodies.h"
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include <cmocka.h>

/* It holds a handle, so that no case can adopt it. */
static struct uv_loop_s *get_busy_loop(void)
{
    static uv_loop_t uv;
    static uv_idle_t idle;

    uv_loop_init(&uv);
    uv_idle_init(&uv, &idle);
    return &uv;
}

static void is_never_run(struct tidy_case *t)
{
    (void)t;
    print_error("this was run\n");
}

int main(void)
{
    const struct tidy_test tests[] = {
        TIDY_TEST(passes),
        TIDY_TEST(fails_in_body),
        TIDY_TEST(fails_in_callback),
        TIDY_TEST(waits_for_ever, .deadline_ns = TIDY_MS(500)),
        TIDY_TEST_ON(
            TIDY_NO_SERVER, awaits_for_ever, .deadline_ns = TIDY_MS(50)),
        TIDY_TEST(leaks), /* @leaks */
        TIDY_TEST_ON(TIDY_TCP, hangs),
        TIDY_TEST(crashes),
        TIDY_TEST(crashes_in_callback),
        TIDY_TEST_ON(TIDY_TCP, aborts),
        TIDY_TEST(fails_in_nested_callback),
        TIDY_TEST(fails_while_cleaning_up),
        TIDY_TEST_ON(TIDY_NO_SERVER, fails_twice),
        TIDY_TEST(fails_after_an_expectation),
        TIDY_TEST_ON(TIDY_NO_SERVER, fails_and_leaks),
        TIDY_TEST_ON(TIDY_NO_SERVER, fails_in_raw_callback),
        TIDY_TEST_ON(TIDY_NO_SERVER, checks_in_raw_callback),
        TIDY_TEST(skips),
        TIDY_TEST_ON(TIDY_TCP, skips_in_callback),
        TIDY_TEST_ON(TIDY_TCP, expects_an_assertion),
        TIDY_TEST_ON(TIDY_TCP, asserts_in_callback),
        TIDY_TEST_ON(TIDY_TCP, expects_an_assertion_in_callback),
        TIDY_TEST_ON(TIDY_NO_SERVER, mocks),
        TIDY_TEST_ON(TIDY_TCP, mocks_nothing_in_body),
        TIDY_TEST_ON(TIDY_TCP, mocks_nothing_in_callback),
        { .name = "fails_in_set_up",
          .set_up = failing_part,
          .body = is_never_run },
        { .name = "fails_in_tear_down",
          .transports = TIDY_TCP,
          .body = passes,
          .tear_down = failing_part },
        TIDY_TEST_ON(0, is_never_run, .get_loop = get_busy_loop), /* @busy */
    };

    return tidy_cmocka_run(tests, TIDY_COUNT(tests));
}
