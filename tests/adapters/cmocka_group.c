/* SPDX-License-Identifier: MIT */
/*
 * Our tests in a cmocka group of somebody else's, beside tests that know nothing
 * of us. Each failure is followed by a test that passes: whatever went wrong
 * has been cleaned up, or given up, before the next begins.
 */
#include "adapters/shared/cmocka_bodies.h"
#include <tidysock/adapters/cmocka.h>
#include <tidysock/tidysock.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char group_state[] = "the group's state";

static int set_up_group(void **state)
{
    signal(SIGPIPE, SIG_DFL);
    *state = group_state;
    return 0;
}

static int tear_down_group(void **state)
{
    struct sigaction action;

    assert_ptr_equal(*state, group_state);
    assert_null(tidy_case_current());
    sigaction(SIGPIPE, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
    sigaction(SIGALRM, NULL, &action);
    assert_true(action.sa_handler == SIG_DFL);
    print_message("group torn down\n");
    return 0;
}

static void knows_the_group(void **state)
{
    assert_ptr_equal(*state, group_state);
}

static void fails_by_itself(void **state)
{
    assert_string_equal(*state, ""); /* @by_itself */
}

static void skips_by_itself(void **state)
{
    (void)state;
    skip();
}

static void has_its_user(struct tidy_case *t)
{
    assert_string_equal(tidy_case_user(t), "mine");
    passes(t);
}

static struct tidy_server *get_server(struct tidy_case *t)
{
    struct tidy_server *server = NULL;

    assert_int_equal(tidy_server_new_tcp(tidy_case_loop(t), &server, NULL), 0);
    return server;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(knows_the_group),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST(has_its_user, .user = (char[]){ "mine" }),
    TIDY_CMOCKA_TEST_PLAIN(passes, .get_server = get_server),
    TIDY_CMOCKA_TEST(fails_in_body),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST(fails_in_callback),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST(fails_in_nested_callback),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST(fails_while_cleaning_up),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST_TCP(passes, .set_up = failing_part),
    TIDY_CMOCKA_TEST_TCP(passes, .tear_down = failing_part),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST(waits_for_ever, .deadline_ns = TIDY_MS(500)),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST(leaks), /* @group_leaks */
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST_PLAIN(fails_in_raw_callback),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST_PLAIN(checks_in_raw_callback),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST_TCP(skips),
    TIDY_CMOCKA_TEST_TCP(skips_in_callback),
    TIDY_CMOCKA_TEST(passes),
    cmocka_unit_test(skips_by_itself),
    cmocka_unit_test(fails_by_itself),
    TIDY_CMOCKA_TEST_TCP(expects_an_assertion_in_callback),
    TIDY_CMOCKA_TEST_TCP(expects_an_assertion),
    TIDY_CMOCKA_TEST_TCP(mocks_nothing_in_callback),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST_PLAIN(mocks),
    TIDY_CMOCKA_TEST_TCP(crashes),
    TIDY_CMOCKA_TEST(passes),
    TIDY_CMOCKA_TEST_TCP(crashes_in_callback),
    TIDY_CMOCKA_TEST(passes),
    cmocka_unit_test(knows_the_group),
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "tap") == 0)
        cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up_group, tear_down_group) != 0;
}
