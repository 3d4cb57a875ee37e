/* SPDX-License-Identifier: MIT */
#include "support/death.h"
#include "support/oom.h"
#include <tidysock/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A failure knows its code, its sentence and its place of birth. */
static void failure_knows_its_origin(void **state)
{
    struct tidy_failure *failure =
        tidy_failure_new_at(-EADDRINUSE, "server.c", 41, "%s is taken", "80");

    (void)state;
    assert_int_equal(tidy_failure_code(failure), -EADDRINUSE);
    assert_string_equal(tidy_failure_text(failure), "80 is taken");
    assert_string_equal(tidy_failure_file(failure), "server.c");
    assert_int_equal(tidy_failure_line(failure), 41);
    assert_null(tidy_failure_unref(failure));
}

/* The macro notes the line on which it is written. */
static void macro_notes_its_line(void **state)
{
    struct tidy_failure *failure = tidy_failure_new(-EIO, "x");
    int line = __LINE__ - 1;

    (void)state;
    assert_int_equal(tidy_failure_line(failure), line);
    assert_string_equal(tidy_failure_file(failure), __FILE__);
    tidy_failure_unref(failure);
}

/* Without a sentence of its own, a failure says what its code says. */
static void without_a_sentence_the_codes_text(void **state)
{
    struct tidy_failure *failure = tidy_failure_new(TIDY_ECLOSING, NULL);

    (void)state;
    assert_string_equal(tidy_failure_text(failure),
                        tidy_strerror(TIDY_ECLOSING));
    tidy_failure_unref(failure);
}

/* A sentence may be long. */
static void sentence_may_be_long(void **state)
{
    struct tidy_failure *failure = tidy_failure_new(-EIO, "%*s", 9000, "end");

    (void)state;
    assert_int_equal(strlen(tidy_failure_text(failure)), 9000);
    tidy_failure_unref(failure);
}

/* It lives until its last owner gives it up. */
static void lives_until_the_last_owner(void **state)
{
    struct tidy_failure *failure = tidy_failure_new(-EIO, "shared");

    (void)state;
    assert_ptr_equal(tidy_failure_ref(failure), failure);
    tidy_failure_unref(failure);
    assert_string_equal(tidy_failure_text(failure), "shared");
    tidy_failure_unref(failure);
    assert_int_equal(oom_n_blocks(), 0);
    assert_null(tidy_failure_unref(NULL));
}

/* When memory is short there is a failure that says so, for everybody and as
 * often as they like. */
static void there_is_always_one(void **state)
{
    struct tidy_failure *failure;

    (void)state;
    oom_fail_nth(1);
    failure = tidy_failure_new(-EIO, "some text");
    assert_true(oom_has_failed());
    assert_int_equal(tidy_failure_code(failure), -ENOMEM);
    assert_string_equal(tidy_failure_text(failure), "out of memory");
    assert_non_null(tidy_failure_file(failure));
    assert_true(tidy_failure_line(failure) > 0);

    assert_ptr_equal(tidy_failure_ref(failure), failure);
    for (int n_unrefs = 0; n_unrefs < 3; n_unrefs++)
        tidy_failure_unref(failure);
    oom_fail_nth(1);
    assert_ptr_equal(tidy_failure_new(-EIO, NULL), failure);
}

static void make_one_of_code(void *arg)
{
    tidy_failure_new_at(*(int *)arg, "x.c", 3, "text");
}

/* A failure with a code that is none is misuse. */
static void code_must_be_negative(void **state)
{
    int code = 0;

    (void)state;
    assert_dies(make_one_of_code,
                &code,
                "tidy_failure_new: the code 0 is not negative (at x.c:3)");
}

static void make_one_of_nowhere(void *arg)
{
    tidy_failure_new_at(-EIO, arg, 3, "text");
}

static void ask_for_text(void *arg)
{
    tidy_failure_text(arg);
}

static void ask_for_code(void *arg)
{
    tidy_failure_code(arg);
}

static void ask_for_file(void *arg)
{
    tidy_failure_file(arg);
}

static void ask_for_line(void *arg)
{
    tidy_failure_line(arg);
}

static void share(void *arg)
{
    tidy_failure_ref(arg);
}

/* NULL is not a failure, nor a place of birth. */
static void null_is_misuse(void **state)
{
    (void)state;
    assert_dies(
        make_one_of_nowhere, NULL, "tidy_failure_new: the file is NULL");
    assert_dies(ask_for_text, NULL, "tidy_failure_text: the failure is NULL");
    assert_dies(ask_for_code, NULL, "tidy_failure_code: the failure is NULL");
    assert_dies(ask_for_file, NULL, "tidy_failure_file: the failure is NULL");
    assert_dies(ask_for_line, NULL, "tidy_failure_line: the failure is NULL");
    assert_dies(share, NULL, "tidy_failure_ref: the failure is NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        oom_unit_test(failure_knows_its_origin),
        oom_unit_test(macro_notes_its_line),
        oom_unit_test(without_a_sentence_the_codes_text),
        oom_unit_test(sentence_may_be_long),
        oom_unit_test(lives_until_the_last_owner),
        oom_unit_test(there_is_always_one),
        cmocka_unit_test(code_must_be_negative),
        cmocka_unit_test(null_is_misuse),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
