/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What stands between cmocka and us; included by tidysock/adapters/cmocka.h.
 *
 * Nothing here is for tests to call. All of it is defined weakly, in every
 * source file that includes it, and the linker keeps one of each. Functions of
 * cmocka's that are defined here come before cmocka's own, which they find with
 * dlsym(RTLD_NEXT): libcmocka calls `_fail` through its procedure linkage table,
 * and so calls ours.
 */
#ifndef TIDYSOCK_ADAPTERS_CMOCKA_GLUE_H
#define TIDYSOCK_ADAPTERS_CMOCKA_GLUE_H

#include <tidysock/case.h>
#include <tidysock/common.h>

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* It declares C functions, and does not say so. */
TIDY_BEGIN_DECLS
#include <cmocka.h>
TIDY_END_DECLS

TIDY_BEGIN_DECLS

#define TIDY__CMOCKA_WEAK __attribute__((weak))
/* libcmocka must find it, whatever -fvisibility says. */
#define TIDY__CMOCKA_OURS __attribute__((weak, visibility("default")))

/* <dlfcn.h> hides it from programs that are strict about the standard. */
#ifdef RTLD_NEXT
#define TIDY__CMOCKA_NEXT RTLD_NEXT
#define TIDY__CMOCKA_DEFAULT RTLD_DEFAULT
#else
#define TIDY__CMOCKA_NEXT ((void *)-1L)
#define TIDY__CMOCKA_DEFAULT NULL
#endif

/* cmocka hands its functions nothing of ours, and keeps for itself what it
 * knows; so this is the program's, as cmocka's own state is. */
struct tidy__cmocka_state {
    enum cm_message_output output;
    pthread_t thread;      /* of the test that is running */
    size_t n_skipped;      /* tests, by skip() */
    char last_words[1024]; /* the watchdog's */
    const char *group_name;
    const char *program; /* by which it was started; NULL: not known */
    /* In a world, which is left in another way than by cmocka's jumps; NULL:
     * not there. Does not return. */
    void (*leave)(const char *file, int line, bool is_skip);

    /* The group's own, while tests of ours are in it. */
    CMFixtureFunction group_setup;
    CMFixtureFunction group_teardown;
    void *group_state;
    struct CMUnitTest *group_tests;
    size_t n_group_tests;
};

TIDY__CMOCKA_WEAK struct tidy__cmocka_state tidy__cmocka;

void *tidy__cmocka_next(const char *name);
void tidy__cmocka_raise(const char *file, int line);
enum cm_message_output tidy__cmocka_output(void);
void tidy__cmocka_append(const char *text);
void tidy__cmocka_print(const char *text);

/* --------------------------------------------------------- what cmocka prints */

TIDY__CMOCKA_WEAK void *tidy__cmocka_next(const char *name)
{
    void *symbol = dlsym(TIDY__CMOCKA_NEXT, name);

    if (!symbol) {
        fprintf(stderr,
                "tidysock: the cmocka adapter needs cmocka's shared library: "
                "no other %s is there\n",
                name);
        abort();
    }
    return symbol;
}

TIDY__CMOCKA_OURS void cmocka_set_message_output(enum cm_message_output output)
{
    void *symbol = tidy__cmocka_next("cmocka_set_message_output");
    void (*real)(enum cm_message_output output_);

    tidy__cmocka.output = output;
    memcpy(&real, &symbol, sizeof(real));
    real(output);
}

/* As cmocka finds it out. */
TIDY__CMOCKA_WEAK enum cm_message_output tidy__cmocka_output(void)
{
    const char *env = getenv("CMOCKA_MESSAGE_OUTPUT");

    if (env && !strcasecmp(env, "STDOUT"))
        return CM_OUTPUT_STDOUT;
    if (env && !strcasecmp(env, "SUBUNIT"))
        return CM_OUTPUT_SUBUNIT;
    if (env && !strcasecmp(env, "TAP"))
        return CM_OUTPUT_TAP;
    if (env && !strcasecmp(env, "XML"))
        return CM_OUTPUT_XML;
    return tidy__cmocka.output;
}

/* Add to what cmocka says about the test when it is over. It has a function for
 * that which its header doesn't declare. At most 1000 bytes. */
TIDY__CMOCKA_WEAK void tidy__cmocka_append(const char *text)
{
    void *symbol = dlsym(TIDY__CMOCKA_DEFAULT, "cm_print_error");
    void (*append)(const char *format, ...);

    if (!symbol) {
        print_error("%s", text);
        return;
    }
    memcpy(&append, &symbol, sizeof(append));
    append("%s", text);
}

/*
 * A report, of any length. What was appended lands in TAP and in XML; but in
 * its other formats cmocka cuts it off after a kilobyte, so there the report
 * goes to standard error at once. Either takes a kilobyte at a time.
 */
TIDY__CMOCKA_WEAK void tidy__cmocka_print(const char *text)
{
    enum cm_message_output output = tidy__cmocka_output();
    bool is_kept = output == CM_OUTPUT_TAP || output == CM_OUTPUT_XML;
    char piece[902];
    size_t len;

    while (*text) {
        len = strcspn(text, "\n");
        if (len > sizeof(piece) - 2)
            len = sizeof(piece) - 2;
        snprintf(piece, sizeof(piece), "%.*s\n", (int)len, text);
        if (is_kept)
            tidy__cmocka_append(piece);
        else
            print_error("%s", piece);
        text += len;
        text += *text == '\n';
    }
}

/* ------------------------------------------------------------ failing checks */

/* cmocka's own failure: it jumps out of the test. */
TIDY__CMOCKA_WEAK void tidy__cmocka_raise(const char *file, int line)
{
    void *symbol = tidy__cmocka_next("_fail");
    void (*real)(const char *file_, int line_);

    if (tidy__cmocka.leave)
        tidy__cmocka.leave(file, line, false);
    memcpy(&real, &symbol, sizeof(real));
    real(file, line);
}

/* cmocka has kept its sentence about the check. The line is said when the test
 * fails, but only that of the first failure: say the others' at once. */
TIDY__CMOCKA_OURS void _fail(const char *const file, const int line)
{
    struct tidy_case *t = tidy_case_current();
    char text[512];

    if (tidy_case_can_leave(t)) {
        snprintf(text, sizeof(text), "  also at %s:%d\n", file, line);
        if (tidy_case_failure_line(t))
            tidy__cmocka_append(text);
        tidy_case_leave(t, file, line, NULL);
    }
    if (t && !pthread_equal(tidy__cmocka.thread, pthread_self()))
        print_error("%s:%d: a check failed in a thread of the test's own, "
                    "which cmocka cannot leave\n",
                    file,
                    line);
    tidy__cmocka_raise(file, line);
}

TIDY__CMOCKA_OURS void _skip(const char *const file, const int line)
{
    struct tidy_case *t = tidy_case_current();
    void *symbol = tidy__cmocka_next("_skip");
    void (*real)(const char *file_, int line_);

    if (tidy_case_is_in_callback(t) && tidy_case_can_leave(t))
        tidy_case_leave(t,
                        file,
                        line,
                        "skip() in a callback: a test can be skipped from its "
                        "set_up or its body only");
    if (!tidy_case_can_skip(t) && tidy_case_can_leave(t))
        tidy_case_leave(t,
                        file,
                        line,
                        "skip() too late: a test can be skipped from its "
                        "set_up or its body only, as long as nothing has "
                        "failed");
    if (tidy__cmocka.leave)
        tidy__cmocka.leave(file, line, true);
    tidy__cmocka.n_skipped++;
    memcpy(&real, &symbol, sizeof(real));
    real(file, line);
}

TIDY__CMOCKA_OURS void mock_assert(const int result,
                                   const char *const expression,
                                   const char *const file,
                                   const int line)
{
    struct tidy_case *t = tidy_case_current();
    void *symbol = tidy__cmocka_next("mock_assert");
    void (*real)(int result_, const char *expr_, const char *file_, int line_);
    char text[512];

    if (!result && global_expecting_assert && tidy_case_is_in_callback(t) &&
        tidy_case_can_leave(t)) {
        global_expecting_assert = 0;
        snprintf(text,
                 sizeof(text),
                 "assertion failed in a callback, where "
                 "expect_assert_failure() cannot see it: %.300s",
                 expression);
        tidy_case_leave(t, file, line, text);
    }
    memcpy(&real, &symbol, sizeof(real));
    real(result, expression, file, line);
}

TIDY_END_DECLS

#endif
