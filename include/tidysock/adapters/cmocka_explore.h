/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Tests in cmocka, in every order of events: glue, header only.
 *
 * Include it in one source file of a program that uses tidy_cmocka_run() or
 * tidy_cmocka_main(), and link with libtidysock-sim:
 *
 *     #include <tidysock/adapters/cmocka_explore.h>
 *
 *     TIDY_TEST(test_echo),                              the real kernel
 *     TIDY_TEST_EXPLORED(test_echo, .max_schedules = 10000),
 *
 * The latter is run in worlds, schedule after schedule, until one does not pass:
 * that fails the test, with a report of the simplest order that does, and the
 * line that runs it again. And each test of the program can be explored:
 *
 *     ./test_echo --explore
 *     ./test_echo --explore='departures=3 faults=1 complete=1' --filter 'x*'
 *
 * The words are those of TIDYSOCK_EXPLORE (tidysock-explore(1)). Tests in worlds
 * (cmocka_world.h) are part of it.
 */
#ifndef TIDYSOCK_ADAPTERS_CMOCKA_EXPLORE_H
#define TIDYSOCK_ADAPTERS_CMOCKA_EXPLORE_H

#include <tidysock/adapters/cmocka_world.h>
#include <tidysock/explore.h>

TIDY_BEGIN_DECLS

/**
 * A test on TCP and on Unix sockets, explored: TIDY_TEST_EXPLORED(fn, ...), with
 * members of struct tidy_explore_options. Its names are "fn.explored[tcp]" and
 * "fn.explored[unix]".
 */
#define TIDY_TEST_EXPLORED(...)                                                \
    TIDY_TEST_EXPLORED_ON(TIDY_TCP | TIDY_UNIX, __VA_ARGS__)

/** The same on some transports. */
#define TIDY_TEST_EXPLORED_ON(transport_flags, ...)                            \
    TIDY__TEST_EXPLORED(transport_flags, __VA_ARGS__, )
#define TIDY__TEST_EXPLORED(transport_flags, fn, ...)                          \
    {                                                                          \
        .name = #fn ".explored", .body = (fn),                                 \
        .transports = (transport_flags), .file = __FILE__, .line = __LINE__,   \
        .exploration = TIDY_EXPLORED(__VA_ARGS__)                              \
    }

/** For a test with further members, such as set_up:
 *  TIDY_TEST(fn, .set_up = x, .exploration = TIDY_EXPLORED(.max_departures = 3))
 */
#ifdef __cplusplus
#define TIDY_EXPLORED(...)                                                     \
    ([]() -> const struct tidy_explore_options * {                             \
        static const struct tidy_explore_options tidy__options = {             \
            __VA_ARGS__                                                        \
        };                                                                     \
        return &tidy__options;                                                 \
    }())
#else
#define TIDY_EXPLORED(...)                                                     \
    (&(const struct tidy_explore_options){ .size = 0, __VA_ARGS__ })
#endif

/* What the command line says. */
TIDY__CMOCKA_WEAK bool tidy__cmocka_explores_all;
TIDY__CMOCKA_WEAK const char *tidy__cmocka_explore_words; /* borrowed */

bool tidy__cmocka_explore_is_wanted(void);
void tidy__cmocka_explore_show(FILE *file);
void tidy__cmocka_explore_print(const struct tidy_exploration *exploration);
bool tidy__cmocka_explore_has_skipped(
    const struct tidy_exploration *exploration);
void tidy__cmocka_explore(const struct tidy__cmocka_world_item *item,
                          enum tidy_profile profile);
void tidy__cmocka_explore_options(struct tidy_explore_options *options,
                                  const struct tidy__cmocka_world_item *item);

/* ---------------------------------------------------------------- one test */

TIDY__CMOCKA_WEAK void
tidy__cmocka_explore_options(struct tidy_explore_options *options,
                             const struct tidy__cmocka_world_item *item)
{
    memset(options, 0, sizeof(*options));
    if (item->test->exploration)
        *options = *item->test->exploration;
    options->name = item->name;
    options->words = tidy__cmocka_explore_words;
}

TIDY__CMOCKA_WEAK void tidy__cmocka_explore_show(FILE *file)
{
    long size = ftell(file);
    char *text = size > 0 ? (char *)calloc((size_t)size + 1, 1) : NULL;

    rewind(file);
    if (text && fread(text, 1, (size_t)size, file) > 0)
        tidy__cmocka_print(text);
    free(text);
}

/* The figures are no part of what a machine reads. */
TIDY__CMOCKA_WEAK void
tidy__cmocka_explore_print(const struct tidy_exploration *exploration)
{
    const struct tidy_found *found;
    FILE *file;
    size_t idx;

    if (tidy_exploration_verdict(exploration) == TIDY_VERDICT_PASSED) {
        if (tidy__cmocka_output() == CM_OUTPUT_STDOUT)
            tidy_exploration_print(exploration, stdout);
        return;
    }
    file = tmpfile();
    if (!file)
        return;
    for (idx = 0; (found = tidy_exploration_found(exploration, idx)); idx++) {
        fputs(idx > 0 ? "\n" : "", file);
        tidy_found_write(found, TIDY_REPORT_TEXT, file);
    }
    tidy_exploration_print(exploration, file);
    tidy__cmocka_explore_show(file);
    fclose(file);
}

TIDY__CMOCKA_WEAK bool
tidy__cmocka_explore_has_skipped(const struct tidy_exploration *exploration)
{
    const struct tidy_found *found = tidy_exploration_found(exploration, 0);

    return found &&
           strcmp(tidy_found_text(found), TIDY__CMOCKA_WORLD_SKIPPED) == 0;
}

TIDY__CMOCKA_WEAK void
tidy__cmocka_explore(const struct tidy__cmocka_world_item *item,
                     enum tidy_profile profile)
{
    struct tidy_exploration *exploration;
    struct tidy_explore_options options;
    enum tidy_verdict verdict;
    char command[600];
    bool is_skipped;

    tidy__cmocka_explore_options(&options, item);
    if (tidy__cmocka.program) {
        snprintf(command,
                 sizeof(command),
                 "%s --exact '%s'%s",
                 tidy__cmocka.program,
                 item->name,
                 item->test->exploration ? "" : " --explore");
        options.command = command;
    }
    if (profile != TIDY_PROFILE_LINUX)
        options.world.profile = profile;
    exploration = tidy_explore(
        &options, tidy__cmocka_world_body, (void *)(uintptr_t)item);
    is_skipped = tidy__cmocka_explore_has_skipped(exploration);
    if (!is_skipped)
        tidy__cmocka_explore_print(exploration);
    verdict = tidy_exploration_verdict(exploration);
    tidy_exploration_free(exploration);
    if (is_skipped)
        skip();
    if (verdict != TIDY_VERDICT_PASSED)
        tidy__cmocka_fail_at(item->test, NULL, 0);
}

/* So that `tidysock explore` and a report's last line mean all tests. */
TIDY__CMOCKA_WEAK bool tidy__cmocka_explore_is_wanted(void)
{
    return tidy__cmocka_explores_all || getenv("TIDYSOCK_EXPLORE") ||
           getenv("TIDYSOCK_SCHEDULE");
}

/* True: the test was to be explored, and has been. */
TIDY__CMOCKA_WEAK bool tidy__cmocka_explore_run(const struct tidy_test *test,
                                                unsigned transport,
                                                const char *suffix)
{
    struct tidy__cmocka_world_item item;

    if (!test->exploration && !tidy__cmocka_explore_is_wanted())
        return false;
    if (test->worlds == TIDY_WORLDS_CALM) {
        /* It says what happens when nothing is late: there is one order. */
        tidy__cmocka_world.is_wanted = true;
        return false;
    }
    if (test->worlds == TIDY_WORLDS_NONE) {
        tidy__cmocka_print("no world can have what this test needs: it is not "
                           "explored\n");
        skip();
    }
    item.test = test;
    item.transport = transport;
    snprintf(item.name, sizeof(item.name), "%s%s", test->name, suffix);
    tidy__cmocka_explore(&item, tidy__cmocka_world.options.profile);
    if (tidy__cmocka_world.last_profile == TIDY_PROFILE_DARWIN &&
        tidy__cmocka_world.options.profile == TIDY_PROFILE_LINUX &&
        test->worlds != TIDY_WORLDS_LINUX)
        tidy__cmocka_explore(&item, TIDY_PROFILE_DARWIN);
    return true;
}

/* --------------------------------------------------------------------- options */

TIDY__CMOCKA_WEAK int tidy__cmocka_explore_take(const char *program,
                                                const char *value)
{
    tidy__cmocka_world.program = program;
    tidy__cmocka_world.is_wanted = true; /* for tests that no world has */
    tidy__cmocka_explores_all = true;
    tidy__cmocka_explore_words = value;
    return TIDY__CMOCKA_GO_ON;
}

TIDY__CMOCKA_WEAK void tidy__cmocka_explore_help(void)
{
    printf("\n"
           "In a simulated kernel, in every order of events:\n"
           "\n"
           "  --explore[=WORDS]      until one order fails; words divided by "
           "spaces:\n"
           "                         schedules=N seconds=N complete=1 "
           "departures=N\n"
           "                         faults=N kinds=LIST strategy=NAME seed=N "
           "jobs=N\n"
           "                         all=1 corpus=DIR reports=DIR\n"
           "\n"
           "  TIDYSOCK_EXPLORE       the same, in the environment\n"
           "  TIDYSOCK_SCHEDULE      the one order to run, as a report gives "
           "it\n");
}

TIDY_END_DECLS

#endif
