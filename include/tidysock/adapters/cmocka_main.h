/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A main function for programs whose tests are all tidysock's; included by
 * tidysock/adapters/cmocka.h.
 *
 * The program's options are those that its `--help` shows. The CMake module's
 * tidysock_discover_tests() uses them to make a ctest entry of each test.
 */
#ifndef TIDYSOCK_ADAPTERS_CMOCKA_MAIN_H
#define TIDYSOCK_ADAPTERS_CMOCKA_MAIN_H

#include <tidysock/adapters/cmocka_glue.h>
#include <tidysock/adapters/cmocka_group.h>
#include <tidysock/watchdog.h>

#include <getopt.h>

TIDY_BEGIN_DECLS

/** Exit codes: all passed. */
#define TIDY_CMOCKA_PASSED 0
/** Some failed. */
#define TIDY_CMOCKA_FAILED 1
/** Nothing was run: a wrong option, a test that does not exist. */
#define TIDY_CMOCKA_USAGE 2
/** Every test that was run has skipped itself. CTest's SKIP_RETURN_CODE. */
#define TIDY_CMOCKA_SKIPPED 77

/**
 * Run tests as the command line says.
 *
 * @param argv     Borrowed until return; it is reordered.
 * @param tests    Borrowed until return. Each is run on each of its transports,
 *                 under a name that says which: "test_echo[tcp]".
 * @param n_tests  TIDY_COUNT(tests).
 * @return         The process's exit code, one of TIDY_CMOCKA_*. A test that
 *                 hangs ends the process with TIDY_WATCHDOG_EXIT_CODE.
 */
int tidy_cmocka_main(int argc,
                     char **argv,
                     const struct tidy_test *tests,
                     size_t n_tests);

/**
 * The same in a main function without arguments: they are those that the
 * process was started with, which /proc/self/cmdline knows. Without a /proc
 * there are none, and all tests are run.
 */
int tidy_cmocka_run(const struct tidy_test *tests, size_t n_tests);

/* ------------------------------------------------------------ how it is done */

/* A test on one transport. */
struct tidy__cmocka_item {
    const struct tidy_test *test; /* borrowed */
    struct CMUnitTest unit;
    char name[256]; /* unit's */
    bool is_chosen;
};

struct tidy__cmocka_main {
    const char *program;             /* borrowed: without its directory */
    struct tidy__cmocka_item *items; /* owned */
    struct CMUnitTest *units;        /* owned: of those chosen */
    size_t n_items;
    bool has_choice; /* --filter or --exact was given */
    bool is_listing;
};

void tidy__cmocka_tcp(void **state);
void tidy__cmocka_unix(void **state);
void tidy__cmocka_plain(void **state);
int tidy__cmocka_teardown(void **state);

bool tidy__cmocka_matches(const char *name, const char *pattern);
int tidy__cmocka_choose(struct tidy__cmocka_main *m,
                        const char *pattern,
                        bool is_exact);
bool tidy__cmocka_add_item(struct tidy__cmocka_main *m,
                           const struct tidy_test *test,
                           const char *suffix,
                           CMUnitTestFunction run);
bool tidy__cmocka_add_test(struct tidy__cmocka_main *m,
                           const struct tidy_test *test);
int tidy__cmocka_collect(struct tidy__cmocka_main *m,
                         const struct tidy_test *tests,
                         size_t n_tests);
void tidy__cmocka_help(const struct tidy__cmocka_main *m);
int tidy__cmocka_set_output(const struct tidy__cmocka_main *m,
                            const char *name);
int tidy__cmocka_take_option(struct tidy__cmocka_main *m, int option);
int tidy__cmocka_take_options(struct tidy__cmocka_main *m,
                              int argc,
                              char **argv);
int tidy__cmocka_run_chosen(struct tidy__cmocka_main *m);
char *tidy__cmocka_read_words(size_t *ret_len);
int tidy__cmocka_split(char *words, size_t len, char **argv);

/* What an option's handler returns: go on; or end, with this exit code. */
#define TIDY__CMOCKA_GO_ON (-1)

/* There if the program includes tidysock/adapters/cmocka_world.h. */
int tidy__cmocka_world_take(const char *program, int option, const char *value)
    __attribute__((weak));
void tidy__cmocka_world_help(void) __attribute__((weak));
/* The same of tidysock/adapters/cmocka_explore.h. */
int tidy__cmocka_explore_take(const char *program, const char *value)
    __attribute__((weak));
void tidy__cmocka_explore_help(void) __attribute__((weak));
bool tidy__cmocka_world_leaves_out(const struct tidy_test *test)
    __attribute__((weak));

/** Its options, by what getopt_long() returns for them. */
enum {
    TIDY__CMOCKA_WORLD = 256,
    TIDY__CMOCKA_SEED,
    TIDY__CMOCKA_SEEDS,
    TIDY__CMOCKA_KINDS,
    TIDY__CMOCKA_PROFILE,
    TIDY__CMOCKA_TRACE,
    TIDY__CMOCKA_EXPLORE
};

/* `*` stands for any text, `?` for one character, all others for themselves.
 * Not fnmatch(3): to it the brackets in our names are something else. */
TIDY__CMOCKA_WEAK bool tidy__cmocka_matches(const char *name,
                                            const char *pattern)
{
    const char *star = NULL, *star_name = NULL;

    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            star_name = name;
        } else if (*pattern == '?' || *pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            /* Let the last star take one character more. */
            pattern = star;
            name = ++star_name;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

/* Choose tests; none is an error. */
TIDY__CMOCKA_WEAK int tidy__cmocka_choose(struct tidy__cmocka_main *m,
                                          const char *pattern,
                                          bool is_exact)
{
    size_t idx, n_chosen = 0;

    m->has_choice = true;
    for (idx = 0; idx < m->n_items; idx++) {
        const char *name = m->items[idx].name;

        if (is_exact ? strcmp(name, pattern) != 0
                     : !tidy__cmocka_matches(name, pattern))
            continue;
        m->items[idx].is_chosen = true;
        n_chosen++;
    }
    if (n_chosen)
        return TIDY__CMOCKA_GO_ON;
    fprintf(stderr,
            is_exact ? "%s: there is no test \"%s\"; --list shows the names\n"
                     : "%s: no test matches \"%s\"; --list shows the names\n",
            m->program,
            pattern);
    return TIDY_CMOCKA_USAGE;
}

TIDY__CMOCKA_WEAK bool tidy__cmocka_add_item(struct tidy__cmocka_main *m,
                                             const struct tidy_test *test,
                                             const char *suffix,
                                             CMUnitTestFunction run)
{
    struct tidy__cmocka_item *item = &m->items[m->n_items];
    size_t idx;
    int len;

    len = snprintf(item->name, sizeof(item->name), "%s%s", test->name, suffix);
    if (len < 0 || (size_t)len >= sizeof(item->name)) {
        fprintf(stderr, "%s: a name too long: %s\n", m->program, test->name);
        return false;
    }
    for (idx = 0; idx < m->n_items; idx++) {
        if (strcmp(m->items[idx].name, item->name) == 0) {
            fprintf(stderr, "%s: two tests %s\n", m->program, item->name);
            return false;
        }
    }
    item->test = test;
    item->unit.name = item->name;
    item->unit.test_func = run;
    item->unit.teardown_func = tidy__cmocka_teardown;
    item->unit.initial_state = (void *)(uintptr_t)test;
    m->n_items++;
    return true;
}

TIDY__CMOCKA_WEAK bool tidy__cmocka_add_test(struct tidy__cmocka_main *m,
                                             const struct tidy_test *test)
{
    if (!test->name || !test->body ||
        (test->transports & ~((unsigned)TIDY_TCP | (unsigned)TIDY_UNIX))) {
        fprintf(stderr,
                "%s: the test %s has no name, no body or an unknown "
                "transport\n",
                m->program,
                test->name ? test->name : "without a name");
        return false;
    }
    if (test->transports == TIDY_NO_SERVER)
        return tidy__cmocka_add_item(m, test, "", tidy__cmocka_plain);
    if ((test->transports & TIDY_TCP) &&
        !tidy__cmocka_add_item(m, test, "[tcp]", tidy__cmocka_tcp))
        return false;
    if ((test->transports & TIDY_UNIX) &&
        !tidy__cmocka_add_item(m, test, "[unix]", tidy__cmocka_unix))
        return false;
    return true;
}

TIDY__CMOCKA_WEAK int tidy__cmocka_collect(struct tidy__cmocka_main *m,
                                           const struct tidy_test *tests,
                                           size_t n_tests)
{
    size_t idx;

    m->items =
        (struct tidy__cmocka_item *)calloc(2 * n_tests + 1, sizeof(*m->items));
    m->units = (struct CMUnitTest *)calloc(2 * n_tests + 1, sizeof(*m->units));
    if (!m->items || !m->units) {
        fprintf(stderr, "%s: out of memory\n", m->program);
        return TIDY_CMOCKA_USAGE;
    }
    for (idx = 0; idx < n_tests; idx++) {
        if (!tidy__cmocka_add_test(m, &tests[idx]))
            return TIDY_CMOCKA_USAGE;
    }
    if (!m->n_items) {
        fprintf(stderr, "%s: there are no tests\n", m->program);
        return TIDY_CMOCKA_USAGE;
    }
    return TIDY__CMOCKA_GO_ON;
}

/* ------------------------------------------------------------------- options */

TIDY__CMOCKA_WEAK void tidy__cmocka_help(const struct tidy__cmocka_main *m)
{
    printf(
        "usage: %s [OPTION]...\n"
        "\n"
        "Run the tests of this program: all, or those that are chosen.\n"
        "\n"
        "  -l, --list             print the names, one per line, and end\n"
        "  -f, --filter PATTERN   choose tests; * stands for any text, ? for "
        "one\n"
        "                         character: '*[tcp]'\n"
        "  -e, --exact NAME       choose one test\n"
        "  -o, --output FORMAT    standard, tap, xml (JUnit's) or subunit\n"
        "  -V, --version          print tidysock's version, and end\n"
        "  -h, --help             print this, and end\n"
        "\n"
        "Exit codes:\n"
        "  0    all passed\n"
        "  1    some failed\n"
        "  2    nothing was run: a wrong option, no such test\n"
        "  77   every test that was run has skipped itself\n"
        "  124  a test hung; the last line of standard error names it\n"
        "\n"
        "Environment:\n"
        "  TIDYSOCK_TIMEOUT_MULTIPLIER  a whole number: scales deadlines, "
        "watchdog\n"
        "  TIDYSOCK_WATCHDOG            seconds until a test hangs; 0: never\n"
        "  CMOCKA_MESSAGE_OUTPUT        as --output: STDOUT, TAP, XML, "
        "SUBUNIT\n"
        "  CMOCKA_XML_FILE              where XML goes instead of standard "
        "output\n",
        m->program);
    if (tidy__cmocka_world_help)
        tidy__cmocka_world_help();
    if (tidy__cmocka_explore_help)
        tidy__cmocka_explore_help();
}

TIDY__CMOCKA_WEAK int tidy__cmocka_set_output(const struct tidy__cmocka_main *m,
                                              const char *name)
{
    static const struct {
        const char *name;
        enum cm_message_output output;
    } outputs[] = {
        { "standard", CM_OUTPUT_STDOUT },
        { "subunit", CM_OUTPUT_SUBUNIT },
        { "tap", CM_OUTPUT_TAP },
        { "xml", CM_OUTPUT_XML },
    };
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(outputs); idx++) {
        if (strcmp(name, outputs[idx].name) == 0) {
            cmocka_set_message_output(outputs[idx].output);
            return TIDY__CMOCKA_GO_ON;
        }
    }
    fprintf(stderr,
            "%s: --output is standard, tap, xml or subunit, not \"%s\"\n",
            m->program,
            name);
    return TIDY_CMOCKA_USAGE;
}

TIDY__CMOCKA_WEAK int tidy__cmocka_take_option(struct tidy__cmocka_main *m,
                                               int option)
{
    switch (option) {
    case 'l':
        m->is_listing = true;
        return TIDY__CMOCKA_GO_ON;
    case 'f':
        return tidy__cmocka_choose(m, optarg, false);
    case 'e':
        return tidy__cmocka_choose(m, optarg, true);
    case 'o':
        return tidy__cmocka_set_output(m, optarg);
    case 'V':
        printf("tidysock %s\n", TIDY_VERSION);
        return TIDY_CMOCKA_PASSED;
    case 'h':
        tidy__cmocka_help(m);
        return TIDY_CMOCKA_PASSED;
    default:
        if (option == TIDY__CMOCKA_EXPLORE && tidy__cmocka_explore_take)
            return tidy__cmocka_explore_take(m->program, optarg);
        if (option == TIDY__CMOCKA_EXPLORE)
            fprintf(stderr,
                    "%s: without tidysock/adapters/cmocka_explore.h nothing "
                    "is explored\n",
                    m->program);
        else if (option >= TIDY__CMOCKA_WORLD && tidy__cmocka_world_take)
            return tidy__cmocka_world_take(m->program, option, optarg);
        else if (option >= TIDY__CMOCKA_WORLD)
            fprintf(stderr,
                    "%s: without tidysock/adapters/cmocka_world.h there are "
                    "no worlds\n",
                    m->program);
        /* Else getopt has said what is wrong. */
        fprintf(stderr, "Try '%s --help'.\n", m->program);
        return TIDY_CMOCKA_USAGE;
    }
}

TIDY__CMOCKA_WEAK int
tidy__cmocka_take_options(struct tidy__cmocka_main *m, int argc, char **argv)
{
    static const struct option options[] = {
        { "list", no_argument, NULL, 'l' },
        { "filter", required_argument, NULL, 'f' },
        { "exact", required_argument, NULL, 'e' },
        { "output", required_argument, NULL, 'o' },
        { "version", no_argument, NULL, 'V' },
        { "help", no_argument, NULL, 'h' },
        { "world", no_argument, NULL, TIDY__CMOCKA_WORLD },
        { "seed", required_argument, NULL, TIDY__CMOCKA_SEED },
        { "seeds", required_argument, NULL, TIDY__CMOCKA_SEEDS },
        { "kinds", required_argument, NULL, TIDY__CMOCKA_KINDS },
        { "profile", required_argument, NULL, TIDY__CMOCKA_PROFILE },
        { "trace", no_argument, NULL, TIDY__CMOCKA_TRACE },
        { "explore", optional_argument, NULL, TIDY__CMOCKA_EXPLORE },
        { NULL, 0, NULL, 0 },
    };
    int option, status;

    optind = 1;
    while ((option = getopt_long(argc, argv, "lf:e:o:Vh", options, NULL)) !=
           -1) {
        status = tidy__cmocka_take_option(m, option);
        if (status != TIDY__CMOCKA_GO_ON)
            return status;
    }
    if (optind < argc) {
        fprintf(stderr,
                "%s: \"%s\" is no option; --exact and --filter choose tests\n",
                m->program,
                argv[optind]);
        return TIDY_CMOCKA_USAGE;
    }
    return TIDY__CMOCKA_GO_ON;
}

/* ------------------------------------------------------------------- running */

TIDY__CMOCKA_WEAK int tidy__cmocka_run_chosen(struct tidy__cmocka_main *m)
{
    size_t idx, n_units = 0;
    int n_failed;

    for (idx = 0; idx < m->n_items; idx++) {
        if (m->has_choice
                ? !m->items[idx].is_chosen
                : tidy__cmocka_world_leaves_out &&
                      tidy__cmocka_world_leaves_out(m->items[idx].test))
            continue;
        if (m->is_listing)
            printf("%s\n", m->items[idx].name);
        m->units[n_units++] = m->items[idx].unit;
    }
    if (m->is_listing)
        return TIDY_CMOCKA_PASSED;
    tidy__cmocka.n_skipped = 0;
    n_failed =
        _cmocka_run_group_tests(m->program, m->units, n_units, NULL, NULL);
    if (n_failed)
        return TIDY_CMOCKA_FAILED;
    if (n_units && tidy__cmocka.n_skipped == n_units)
        return TIDY_CMOCKA_SKIPPED;
    return TIDY_CMOCKA_PASSED;
}

TIDY__CMOCKA_WEAK int tidy_cmocka_main(int argc,
                                       char **argv,
                                       const struct tidy_test *tests,
                                       size_t n_tests)
{
    struct tidy__cmocka_main m;
    const char *slash;
    int status;

    memset(&m, 0, sizeof(m));
    m.program = argc > 0 ? argv[0] : "tests";
    tidy__cmocka.program = m.program;
    slash = strrchr(m.program, '/');
    if (slash)
        m.program = slash + 1;
    status = tidy__cmocka_collect(&m, tests, n_tests);
    if (status == TIDY__CMOCKA_GO_ON)
        status = tidy__cmocka_take_options(&m, argc, argv);
    if (status == TIDY__CMOCKA_GO_ON)
        status = tidy__cmocka_run_chosen(&m);
    free(m.units);
    free(m.items);
    return status;
}

/* The command line, its words each terminated: owned, or NULL. */
TIDY__CMOCKA_WEAK char *tidy__cmocka_read_words(size_t *ret_len)
{
    const size_t size = (size_t)1 << 20; /* a longer one is cut off */
    char *words = (char *)calloc(size + 1, 1);
    FILE *file;

    if (!words)
        return NULL;
    file = fopen("/proc/self/cmdline", "r");
    if (file) {
        *ret_len = fread(words, 1, size, file);
        fclose(file);
    }
    return words;
}

/* The words one by one; argv may be NULL, to count them. */
TIDY__CMOCKA_WEAK int tidy__cmocka_split(char *words, size_t len, char **argv)
{
    size_t at;
    int argc = 0;

    for (at = 0; at < len; at += strlen(words + at) + 1) {
        if (argv)
            argv[argc] = words + at;
        argc++;
    }
    return argc;
}

TIDY__CMOCKA_WEAK int tidy_cmocka_run(const struct tidy_test *tests,
                                      size_t n_tests)
{
    size_t len = 0;
    char *words = tidy__cmocka_read_words(&len);
    int argc = tidy__cmocka_split(words, len, NULL);
    char **argv = (char **)calloc((size_t)argc + 1, sizeof(*argv));
    int status;

    if (argv)
        tidy__cmocka_split(words, len, argv);
    status = tidy_cmocka_main(argv ? argc : 0, argv, tests, n_tests);
    free(argv);
    free(words);
    return status;
}

TIDY_END_DECLS

#endif
