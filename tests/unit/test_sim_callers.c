/* SPDX-License-Identifier: MIT */
/*
 * Whose names a stack has: the program's, between what keeps the record and what
 * runs the body, in each of the ways in which the library can be there.
 */
#include "sim/callers.h"

#include <link.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Places in object files that are not there. */
#define IN_SIM ((uintptr_t)0x1000)
#define IN_LOOP ((uintptr_t)0x3000)
#define IN_LIBC ((uintptr_t)0x5000)
#define FILE_SIZE 0x1000

static __attribute__((noinline)) int on_read(int number)
{
    return number * 3;
}

static __attribute__((noinline)) int run_body(int number)
{
    return number * 5 + on_read(number);
}

static __attribute__((noinline)) int begin_tests(int number)
{
    return number * 7 + run_body(number);
}

static uintptr_t in(int (*function)(int))
{
    return (uintptr_t)function + 2;
}

static void add_module(struct sim_record *record,
                       uintptr_t base,
                       uintptr_t end,
                       const char *path)
{
    struct sim_record_module *module = &record->modules[record->n_modules];

    module->base = base;
    module->begin = base;
    module->end = end;
    module->is_program = record->n_modules == 0;
    snprintf(module->path, sizeof(module->path), "%s", path);
    record->n_modules++;
}

static int set_up(void **state)
{
    struct sim_record *record = calloc(1, sizeof(*record));
    uintptr_t base = _r_debug.r_map->l_addr;

    add_module(record, base, base + 0x10000000, "/proc/self/exe");
    add_module(record, IN_SIM, IN_SIM + FILE_SIZE, "/lib/libtidysock-sim.so.0");
    add_module(record, IN_LOOP, IN_LOOP + FILE_SIZE, "/lib/libuv.so.1");
    add_module(record, IN_LIBC, IN_LIBC + FILE_SIZE, "/lib/libc.so.6");
    *state = record;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

/* The names, "a < b", of a stack, innermost first, that ends with 0. */
static void assert_names(struct sim_record *record,
                         const uintptr_t *frames,
                         const char *expected,
                         bool is_direct)
{
    struct sim_record_stack *stack = &record->stacks[0];
    struct sim_callers *callers;
    const char *const *names;
    char text[256] = "";

    for (stack->n = 0; frames[stack->n]; stack->n++)
        stack->frames[stack->n] = frames[stack->n];
    record->n_stacks = 1;
    callers = tidy__sim_callers_new(record);
    assert_non_null(callers);
    for (names = tidy__sim_callers_of(callers, 1); *names; names++) {
        strcat(text, *text ? " < " : "");
        strcat(text, *names);
    }
    assert_string_equal(text, expected);
    assert_int_equal(tidy__sim_callers_are_direct(callers, 1), is_direct);
    assert_null(tidy__sim_callers_of(callers, 0)[0]);
    tidy__sim_callers_free(callers);
}

/* With the shared library, what runs the body has no name. */
static void with_the_shared_library(void **state)
{
    const uintptr_t by_a_loop[] = { IN_SIM + 1,  IN_SIM + 2,  IN_LOOP + 1,
                                    in(on_read), IN_LOOP + 2, in(run_body),
                                    IN_SIM + 3,  IN_SIM + 4,  in(begin_tests),
                                    IN_LIBC + 1, IN_SIM + 5,  0 };
    const uintptr_t by_itself[] = {
        IN_SIM + 1,      IN_SIM + 2, in(on_read), in(run_body), IN_SIM + 3,
        in(begin_tests), 0
    };

    assert_names(*state, by_a_loop, "on_read < run_body", false);
    assert_names(*state, by_itself, "on_read < run_body", true);
}

/* In a whole program, main() is called from the library. */
static void in_a_preloaded_program(void **state)
{
    const uintptr_t frames[] = { IN_SIM + 1,
                                 IN_LOOP + 1,
                                 in(run_body),
                                 in(begin_tests),
                                 IN_LIBC + 1,
                                 IN_SIM + 2,
                                 0 };

    assert_names(*state, frames, "run_body < begin_tests", false);
}

/* Linked into the program, it is told by its names. */
static void with_the_object_file(void **state)
{
    const uintptr_t ours = (uintptr_t)tidy__sim_callers_new + 2;
    const uintptr_t runner = (uintptr_t)tidy_world_run + 2;
    const uintptr_t frames[] = { ours,   in(on_read),     in(run_body),
                                 runner, in(begin_tests), 0 };
    const uintptr_t deep[] = { ours, ours, in(on_read), in(run_body), 0 };

    assert_names(*state, frames, "on_read < run_body", true);
    assert_names(*state, deep, "on_read < run_body", true);
}

/* Nothing is guessed about what is nowhere. */
static void frames_without_a_file(void **state)
{
    const uintptr_t frames[] = { IN_SIM + 1, 1, UINTPTR_MAX, in(on_read), 0 };
    const uintptr_t none[] = { IN_SIM + 1, IN_SIM + 2, 0 };

    assert_names(*state, frames, "on_read", false);
    assert_names(*state, none, "", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_the_shared_library),
        cmocka_unit_test(in_a_preloaded_program),
        cmocka_unit_test(with_the_object_file),
        cmocka_unit_test(frames_without_a_file),
    };

    if (begin_tests(1) != 15)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
