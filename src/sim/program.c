/* SPDX-License-Identifier: MIT */
/*
 * Whole programs: found, looked at, and executed with the library preloaded.
 *
 * The program's side is in interpose_program.c. Both have the shared memory, of
 * which the descriptor is handed on by its number in the environment.
 */
#include "sim/program.h"

#include "base/misuse.h"
#include "sim/options.h"
#include "sim/reap.h"
#include "sim/report.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* As execvp(3) finds it. False: it is nowhere. */
static bool find_program(const char *name, char path[PATH_MAX])
{
    const char *paths = getenv("PATH");

    if (strchr(name, '/')) {
        snprintf(path, PATH_MAX, "%s", name);
        return access(path, X_OK) == 0;
    }
    while (paths && *paths) {
        int len = (int)strcspn(paths, ":");

        snprintf(
            path, PATH_MAX, "%.*s%s%s", len, paths, len > 0 ? "/" : "", name);
        if (access(path, X_OK) == 0)
            return true;
        paths += len + (paths[len] == ':');
    }
    return false;
}

/* Where this library was loaded from; NULL: it is part of a program. */
static const char *find_library(void)
{
    Dl_info info;

    if (dladdr((void *)(uintptr_t)tidy_world_run_program, &info) == 0 ||
        !strstr(info.dli_fname, "libtidysock-sim"))
        return NULL;
    return info.dli_fname;
}

/* ---------------------------------------------------------- in the child */

static void set_preload(const char *first, const char *library)
{
    const char *old = getenv("LD_PRELOAD");
    char text[3 * PATH_MAX];

    snprintf(text,
             sizeof(text),
             "%s%s%s%s%s",
             first,
             first[0] ? ":" : "",
             library,
             old ? ":" : "",
             old ? old : "");
    setenv("LD_PRELOAD", text, 1);
}

/* What the program is run with. */
struct launch {
    const char *path, *preload[2];
    char *const *argv;
    struct sim_shared *shared; /* owned, with its descriptor */
    int fd;
};

static _Noreturn void execute(const struct launch *launch)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", launch->fd);
    setenv(SIM_PROGRAM_VARIABLE, number, 1);
    set_preload(launch->preload[0], launch->preload[1]);
    execv(launch->path, launch->argv);
    snprintf(launch->shared->text,
             sizeof(launch->shared->text),
             "%s cannot be executed: %s",
             launch->path,
             strerror(errno));
    _exit(127);
}

/* --------------------------------------------------------- in the parent */

static int exit_code_of(int status)
{
    if (WIFSIGNALED(status))
        return 128 + WTERMSIG(status);
    return WEXITSTATUS(status) == SIM_EXIT_ENDED ? -1 : WEXITSTATUS(status);
}

/* A program's own verdict is its exit code. */
static struct tidy_world_report *report_program(const struct sim_shared *shared,
                                                int status)
{
    bool is_at_end = shared->has_ended && WIFEXITED(status) &&
                     WEXITSTATUS(status) != SIM_EXIT_ENDED &&
                     (shared->outcome == TIDY_OUTCOME_PASSED ||
                      shared->outcome == TIDY_OUTCOME_LEFTOVER);
    struct tidy_world_report *report;
    char text[SIM_MAX_TEXT + 64];

    if (is_at_end && WEXITSTATUS(status) != 0) {
        snprintf(text,
                 sizeof(text),
                 "the program ended with exit code %d%s%s",
                 WEXITSTATUS(status),
                 shared->text[0] ? "\n" : "",
                 shared->text);
        report = tidy__sim_report_run(shared, TIDY_OUTCOME_FAILED, text);
    } else if (is_at_end) {
        report = tidy__sim_report_run(shared, shared->outcome, shared->text);
    } else {
        report = tidy__sim_report_ended(shared, status);
    }
    if (!report->is_static)
        report->exit_code = exit_code_of(status);
    return report;
}

static struct tidy_world_report *run(const struct launch *launch)
{
    const struct sim_shared *shared = launch->shared;
    bool is_silent;
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        execute(launch);
    if (pid < 0)
        return tidy__sim_report_not_run("no process for the run: %s",
                                        strerror(errno));
    status = tidy__sim_reap(pid, shared, SIM_PATIENCE_MS, &is_silent);
    if (!shared->has_begun && shared->text[0])
        return tidy__sim_report_not_run("%s", shared->text);
    if (!shared->has_begun)
        return tidy__sim_report_not_run(
            "%s has run without the library, which could not be preloaded "
            "into it",
            launch->path);
    if (is_silent)
        return tidy__sim_report_run(
            shared, TIDY_OUTCOME_LIMIT, "the program made no call for 10 s");
    return report_program(shared, status);
}

/* The same once more: the dynamic linker puts everything elsewhere, if it may,
 * and the library does it in any case. */
static struct tidy_world_report *check(const struct launch *launch,
                                       struct tidy_world_report *first)
{
    const struct tidy_world_options options = launch->shared->options;
    struct tidy_world_report *second;
    char *text;

    tidy__sim_shared_order(launch->shared, &options);
    launch->shared->layout = 1;
    second = run(launch);
    if (second->outcome == TIDY_OUTCOME_NOT_RUN) {
        tidy_world_report_free(first);
        return second;
    }
    if (!tidy__sim_report_is_same(first, second)) {
        text = tidy__sim_report_difference(
            "the same schedule went another way when the program was run again",
            first,
            second);
        first = tidy__sim_report_retell(first, TIDY_OUTCOME_UNCONTROLLED, text);
    }
    tidy_world_report_free(second);
    return first;
}

static struct tidy_world_report *
share_and_run(const struct tidy_world_options *options, struct launch *launch)
{
    struct tidy_world_report *report;

    launch->fd = memfd_create("tidysock-world", 0);
    launch->shared = tidy__sim_shared_map(launch->fd);
    if (!launch->shared) {
        report = tidy__sim_report_not_run("no memory for the run: %s",
                                          strerror(errno));
    } else {
        tidy__sim_shared_order(launch->shared, options);
        report = run(launch);
        if (options->is_checked && report->outcome != TIDY_OUTCOME_NOT_RUN)
            report = check(launch, report);
    }
    tidy__sim_shared_free(launch->shared);
    if (launch->fd >= 0)
        close(launch->fd);
    return report;
}

/* The path of the program, if it can be run; else a report says why not. */
static struct tidy_world_report *
find(const char *name, char path[PATH_MAX], char first[64])
{
    const char *trouble;

    if (!find_program(name, path))
        return tidy__sim_report_not_run("%s: no such program", name);
    trouble = tidy__sim_program_check(path, first);
    return trouble ? tidy__sim_report_not_run("%s %s", path, trouble) : NULL;
}

struct tidy_world_report *
tidy_world_run_program(const struct tidy_world_options *options,
                       char *const argv[])
{
    char path[PATH_MAX], first[64], why[128];
    struct launch launch = { .path = path,
                             .preload = { first, find_library() },
                             .argv = argv };
    struct tidy_world_options taken;
    struct tidy_world_report *report;
    const char *trouble;

    TIDY_REQUIRE(argv && argv[0], "tidy_world_run_program: no program");
    if (tidy__sim_world)
        return tidy__sim_report_not_run("%s",
                                        "a world cannot be run inside a world");
    trouble = tidy__sim_options_take(&taken, options, why);
    if (trouble)
        return tidy__sim_report_not_run("%s", trouble);
    if (!launch.preload[1])
        return tidy__sim_report_not_run(
            "%s",
            "only libtidysock-sim.so can be preloaded, and this program "
            "was linked with something else");
    report = find(argv[0], path, first);
    return report ? report : share_and_run(&taken, &launch);
}
