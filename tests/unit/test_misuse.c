/* SPDX-License-Identifier: MIT */
#include "base/misuse.h"
#include "support/death.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void say(void *arg)
{
    tidy__misuse("tidy_thing: %s", (const char *)arg);
}

/* Misuse says a sentence, on a line of its own, and aborts. */
static void misuse_says_why(void **state)
{
    char cause[] = "used after its end";

    (void)state;
    assert_dies(say, cause, "tidysock: tidy_thing: used after its end\n");
}

/* However long the sentence is, its beginning is said and the line ends. */
static void long_sentence_is_cut_off(void **state)
{
    char text[4000];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_dies(say, text, "tidysock: tidy_thing: xxxx");
    assert_dies(say, text, "xxxx\n");
}

static void require(void *arg)
{
    TIDY_REQUIRE(arg, "nothing was given");
}

/* What is required and there, is not talked about. */
static void requirement_aborts_only_when_broken(void **state)
{
    int something;

    (void)state;
    require(&something);
    assert_dies(require, NULL, "tidysock: nothing was given\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misuse_says_why),
        cmocka_unit_test(long_sentence_is_cut_off),
        cmocka_unit_test(requirement_aborts_only_when_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
