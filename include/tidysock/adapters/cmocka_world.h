/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Tests in cmocka, in simulated worlds: glue, header only.
 *
 * Include it in one source file of a program that uses tidy_cmocka_run() or
 * tidy_cmocka_main(), and link with libtidysock-sim. The tests stay what they
 * are, and the program has more options:
 *
 *     ./test_echo                            on the real kernel, as ever
 *     ./test_echo --world                    in a world: calm, in virtual time
 *     ./test_echo --seeds 1000               and in 1,000 random orders
 *     ./test_echo --profile darwin --seed 7  in the one of seed 7, there
 *
 * Each run of a test begins and ends a case, as ever, in a world of its own; a
 * process is shared by many runs of one test, and runs it once outside of any
 * world first. What ends a run that does not pass (tidysock/sim.h) fails the
 * test, with the line that runs it again.
 *
 * In a world a case has no deadline, which would hide a deadlock, and there is
 * no watchdog. A test that needs what no world has (other processes, threads,
 * more than some 500 descriptors at once) fails there by name; struct tidy_test
 * can say so (worlds), and it is not listed then.
 */
#ifndef TIDYSOCK_ADAPTERS_CMOCKA_WORLD_H
#define TIDYSOCK_ADAPTERS_CMOCKA_WORLD_H

#include <tidysock/adapters/cmocka.h>
#include <tidysock/sim.h>

#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

TIDY_BEGIN_DECLS

/* What the command line says, and the run that this process is in. */
struct tidy__cmocka_world_state {
    const char *program; /* borrowed */
    bool is_wanted;
    bool has_kinds;
    struct tidy_world_options options;
    enum tidy_profile last_profile; /* from the one in the options on */
    uint64_t n_seeds;

    jmp_buf body;       /* where a check outside of a case jumps */
    bool is_skipped;    /* by skip() */
    char message[2048]; /* what cmocka has said about a check */
    size_t message_len;
};

TIDY__CMOCKA_WEAK struct tidy__cmocka_world_state tidy__cmocka_world;

/* A test, as a world's body. */
struct tidy__cmocka_world_item {
    const struct tidy_test *test;
    unsigned transport;
    char name[256];
};

/* What a run says that has skipped itself. */
#define TIDY__CMOCKA_WORLD_SKIPPED "skipped"

void cm_print_error(const char *const format, ...) TIDY_PRINTF(1, 2);
void tidy__cmocka_world_leave(const char *file, int line, bool is_skip);
void tidy__cmocka_world_host_fail(const char *file, int line, const char *text);
void tidy__cmocka_world_fail(struct tidy_case *t);
void tidy__cmocka_world_finish(struct tidy_case *t);
void tidy__cmocka_world_body(void *arg);
bool tidy__cmocka_world_try(struct tidy_world_runner *runner,
                            const struct tidy__cmocka_world_item *item,
                            enum tidy_profile profile,
                            uint64_t seed);
bool tidy__cmocka_world_try_all(struct tidy_world_runner *runner,
                                const struct tidy__cmocka_world_item *item);
int tidy__cmocka_world_number(const char *option,
                              const char *text,
                              uint64_t *ret_number);

/* ------------------------------------------------------------ inside of a run */

/* What a check says goes with the run, which ends its process. */
TIDY__CMOCKA_OURS void cm_print_error(const char *const format, ...)
{
    struct tidy__cmocka_world_state *world = &tidy__cmocka_world;
    size_t left = sizeof(world->message) - world->message_len;
    char text[1024];
    va_list args;
    int len;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (!tidy__cmocka.leave) {
        void *symbol = tidy__cmocka_next("cm_print_error");
        void (*real)(const char *format_, ...);

        memcpy(&real, &symbol, sizeof(real));
        real("%s", text);
        return;
    }
    len = snprintf(world->message + world->message_len, left, "%s", text);
    world->message_len += (size_t)len < left ? (size_t)len : left - 1;
}

TIDY__CMOCKA_WEAK void
tidy__cmocka_world_leave(const char *file, int line, bool is_skip)
{
    if (is_skip)
        tidy__cmocka_world.is_skipped = true;
    else
        cm_print_error("a check failed at %s:%d\n", file, line);
    longjmp(tidy__cmocka_world.body, 1);
}

TIDY__CMOCKA_WEAK void
tidy__cmocka_world_host_fail(const char *file, int line, const char *text)
{
    cm_print_error("%s\n", text);
    tidy__cmocka_world_leave(file, line, false);
}

/* What the run's report says: cmocka's words, the case's, and the place. */
TIDY__CMOCKA_WEAK void tidy__cmocka_world_fail(struct tidy_case *t)
{
    const char *report = t ? tidy_case_report(t) : "";
    int line = t ? tidy_case_failure_line(t) : 0;
    char place[512] = "";

    if (line > 0)
        snprintf(place,
                 sizeof(place),
                 "at %.480s:%d",
                 tidy_case_failure_file(t),
                 line);
    tidy_world_fail("%s%s%s%s",
                    tidy__cmocka_world.message,
                    report,
                    *report && line > 0 ? "\n" : "",
                    place);
}

/* Outside of a world, which is the warm-up, the verdict is nobody's. */
TIDY__CMOCKA_WEAK void tidy__cmocka_world_finish(struct tidy_case *t)
{
    const struct tidy__cmocka_world_state *world = &tidy__cmocka_world;
    bool is_failed = t ? tidy_case_end(t) < 0 : world->message_len > 0;

    if (tidy_world_is_inside() && is_failed)
        tidy__cmocka_world_fail(t);
    tidy_case_free(t);
    if (tidy_world_is_inside() && world->is_skipped)
        tidy_world_fail(TIDY__CMOCKA_WORLD_SKIPPED);
}

/* cmocka has jumped out of the run, to where its caller's process goes on, of
 * which this one is a fork: a mock without a value does that. */
TIDY__CMOCKA_WEAK void tidy__cmocka_world_abandon(void)
{
    if (tidy_world_is_inside())
        tidy_world_fail("%sthe test was left by a jump of cmocka's own",
                        tidy__cmocka_world.message);
    fprintf(stderr,
            "%stidysock: run outside of a world, the test was left by a jump "
            "of cmocka's own\n",
            tidy__cmocka_world.message);
    _exit(TIDY_CMOCKA_FAILED);
}

TIDY__CMOCKA_WEAK void tidy__cmocka_world_body(void *arg)
{
    static const struct tidy_host host = { sizeof(struct tidy_host),
                                           tidy__cmocka_world_host_fail };
    static const int signals[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS };
    const struct tidy__cmocka_world_item *item =
        (const struct tidy__cmocka_world_item *)arg;
    struct tidy_failure *failure = NULL;
    struct tidy_case *t = NULL;
    size_t idx;

    /* A crash is one, and no check that fails. */
    for (idx = 0; idx < TIDY_COUNT(signals); idx++)
        signal(signals[idx], SIG_DFL);
    tidy__cmocka.leave = tidy__cmocka_world_leave;
    tidy__cmocka_world.is_skipped = false;
    tidy__cmocka_world.message[0] = '\0';
    tidy__cmocka_world.message_len = 0;
    if (!setjmp(tidy__cmocka_world.body)) {
        /* The case's own beginning is not what is tested. */
        if (tidy_world_is_inside())
            tidy_world_restrict(TIDY_CHOICES_ALL & ~TIDY_CHOICES_FAULTS);
        if (tidy_case_begin(item->test, item->transport, &host, &t, &failure) ==
            0) {
            if (tidy_world_is_inside())
                tidy_world_restrict(TIDY_CHOICES_ALL);
            tidy_case_run(t);
        } else
            cm_print_error("%s\n", tidy_failure_text(failure));
        tidy_failure_unref(failure);
    }
    tidy__cmocka_world_finish(tidy_case_current());
}

/* ---------------------------------------------------------------- many of them */

/* False: it did not pass, which has been said. */
TIDY__CMOCKA_WEAK bool
tidy__cmocka_world_try(struct tidy_world_runner *runner,
                       const struct tidy__cmocka_world_item *item,
                       enum tidy_profile profile,
                       uint64_t seed)
{
    struct tidy_world_options options = tidy__cmocka_world.options;
    struct tidy_world_report *report;
    enum tidy_outcome outcome;
    char line[512], schedule[64] = "calm", option[64] = "";

    options.profile = profile;
    options.seed = seed;
    if (seed == 0)
        options.kinds = 0;
    else {
        snprintf(schedule, sizeof(schedule), "seed %" PRIu64, seed);
        snprintf(option, sizeof(option), " --seed %" PRIu64, seed);
    }
    report = tidy_world_runner_run(runner, &options);
    outcome = tidy_world_report_outcome(report);
    if (options.has_trace)
        tidy__cmocka_print(tidy_world_report_trace(report));
    if (outcome == TIDY_OUTCOME_FAILED &&
        strcmp(tidy_world_report_text(report), TIDY__CMOCKA_WORLD_SKIPPED) ==
            0) {
        tidy_world_report_free(report);
        tidy_world_runner_free(runner);
        skip();
    }
    if (outcome != TIDY_OUTCOME_PASSED) {
        snprintf(line,
                 sizeof(line),
                 "%s in a world (%s, %s): %s\n",
                 item->name,
                 tidy_profile_name(profile),
                 schedule,
                 tidy_outcome_name(outcome));
        tidy__cmocka_print(line);
        tidy__cmocka_print(tidy_world_report_text(report));
        snprintf(line,
                 sizeof(line),
                 "\nagain: %s --exact '%s' --world --profile %s%s --trace\n",
                 tidy__cmocka_world.program,
                 item->name,
                 tidy_profile_name(profile),
                 option);
        tidy__cmocka_print(line);
    }
    tidy_world_report_free(report);
    return outcome == TIDY_OUTCOME_PASSED;
}

TIDY__CMOCKA_WEAK bool
tidy__cmocka_world_try_all(struct tidy_world_runner *runner,
                           const struct tidy__cmocka_world_item *item)
{
    const struct tidy__cmocka_world_state *world = &tidy__cmocka_world;
    bool is_calm = item->test->worlds == TIDY_WORLDS_CALM;
    uint64_t first = is_calm ? 0 : world->options.seed;
    uint64_t last = first > 0 ? first : is_calm ? 0 : world->n_seeds;
    unsigned profile;
    uint64_t seed;

    for (profile = world->options.profile; profile <= world->last_profile;
         profile++) {
        if (profile == TIDY_PROFILE_DARWIN &&
            item->test->worlds == TIDY_WORLDS_LINUX)
            continue;
        for (seed = first; seed <= last; seed++) {
            if (!tidy__cmocka_world_try(
                    runner, item, (enum tidy_profile)profile, seed))
                return false;
        }
    }
    return true;
}

/* Are worlds wanted, of which this test can have none? */
TIDY__CMOCKA_WEAK bool
tidy__cmocka_world_leaves_out(const struct tidy_test *test)
{
    return tidy__cmocka_world.is_wanted && test->worlds == TIDY_WORLDS_NONE;
}

/* True: the test was to run in worlds, and has. */
TIDY__CMOCKA_WEAK bool tidy__cmocka_world_run(const struct tidy_test *test,
                                              unsigned transport,
                                              const char *suffix)
{
    struct tidy__cmocka_world_item item;
    struct tidy_world_runner *runner;
    bool has_passed;

    if (!tidy__cmocka_world.is_wanted)
        return false;
    item.test = test;
    item.transport = transport;
    snprintf(item.name, sizeof(item.name), "%s%s", test->name, suffix);
    runner = tidy_world_runner_new(
        tidy__cmocka_world_body, &item, TIDY_WARM_UP_OUTSIDE);
    has_passed = runner && tidy__cmocka_world_try_all(runner, &item);
    tidy_world_runner_free(runner);
    if (!has_passed)
        tidy__cmocka_fail_at(test, NULL, 0);
    return true;
}

/* --------------------------------------------------------------------- options */

TIDY__CMOCKA_WEAK void tidy__cmocka_world_help(void)
{
    printf(
        "\n"
        "In a simulated kernel (libtidysock-sim), instead of the real one:\n"
        "\n"
        "  --world                run each test there once, calm\n"
        "  --seeds N              and in N random orders, of the seeds 1 to N\n"
        "  --seed N               in the order of this seed only\n"
        "  --kinds LIST           what may depart from calm, by commas: "
        "orders,\n"
        "                         no-faults (the default), all, or names\n"
        "  --profile NAME         linux (the default), darwin or both\n"
        "  --trace                print what happened in each run\n");
}

/* A whole number from 1 on. */
TIDY__CMOCKA_WEAK int tidy__cmocka_world_number(const char *option,
                                                const char *text,
                                                uint64_t *ret_number)
{
    char *end;

    *ret_number = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && *ret_number > 0 &&
        *ret_number < UINT64_MAX)
        return TIDY__CMOCKA_GO_ON;
    fprintf(stderr,
            "%s: %s is a whole number from 1 on, not \"%s\"\n",
            tidy__cmocka_world.program,
            option,
            text);
    return TIDY_CMOCKA_USAGE;
}

TIDY__CMOCKA_WEAK int tidy__cmocka_world_profile(const char *name)
{
    struct tidy__cmocka_world_state *world = &tidy__cmocka_world;
    bool is_both = strcmp(name, "both") == 0;

    if (is_both || strcmp(name, "linux") == 0)
        world->options.profile = TIDY_PROFILE_LINUX;
    else if (strcmp(name, "darwin") == 0)
        world->options.profile = TIDY_PROFILE_DARWIN;
    else {
        fprintf(stderr,
                "%s: --profile is linux, darwin or both, not \"%s\"\n",
                world->program,
                name);
        return TIDY_CMOCKA_USAGE;
    }
    world->last_profile =
        is_both ? TIDY_PROFILE_DARWIN : world->options.profile;
    return TIDY__CMOCKA_GO_ON;
}

TIDY__CMOCKA_WEAK int tidy__cmocka_world_kinds(const char *list)
{
    struct tidy__cmocka_world_state *world = &tidy__cmocka_world;
    const char *unknown = tidy_choices_parse(list, &world->options.kinds);

    world->has_kinds = true;
    if (!unknown)
        return TIDY__CMOCKA_GO_ON;
    fprintf(stderr,
            "%s: --kinds: there is no kind of choice \"%.*s\"\n",
            world->program,
            (int)strcspn(unknown, ","),
            unknown);
    return TIDY_CMOCKA_USAGE;
}

TIDY__CMOCKA_WEAK int
tidy__cmocka_world_take(const char *program, int option, const char *value)
{
    struct tidy__cmocka_world_state *world = &tidy__cmocka_world;

    world->program = program;
    world->is_wanted = true;
    if (!world->has_kinds)
        world->options.kinds = TIDY_CHOICES_NO_FAULTS;
    switch (option) {
    case TIDY__CMOCKA_SEED:
        return tidy__cmocka_world_number("--seed", value, &world->options.seed);
    case TIDY__CMOCKA_SEEDS:
        return tidy__cmocka_world_number("--seeds", value, &world->n_seeds);
    case TIDY__CMOCKA_KINDS:
        return tidy__cmocka_world_kinds(value);
    case TIDY__CMOCKA_PROFILE:
        return tidy__cmocka_world_profile(value);
    case TIDY__CMOCKA_TRACE:
        world->options.has_trace = true;
        return TIDY__CMOCKA_GO_ON;
    default: /* --world */
        return TIDY__CMOCKA_GO_ON;
    }
}

TIDY_END_DECLS

#endif
