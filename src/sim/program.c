/* SPDX-License-Identifier: MIT */
/*
 * Whole programs: found, looked at, and executed with the library preloaded.
 *
 * The program's side is in interpose_program.c. Both have the shared memory, of
 * which the descriptor is handed on by its number in the environment.
 */
#include "sim/program.h"

#include "base/alloc.h"
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

bool tidy__sim_program_find(const char *name, char path[PATH_MAX])
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

struct sim_program {
    char path[PATH_MAX];
    struct sim_needs needs;
    const char *library;       /* borrowed from the dynamic linker */
    char *const *argv;         /* borrowed */
    struct sim_shared *shared; /* owned, with its descriptor */
    int fd;
    bool is_quiet; /* what it writes to 1 and 2 goes nowhere */
};

static _Noreturn void execute(const struct sim_program *program)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", program->fd);
    setenv(SIM_PROGRAM_VARIABLE, number, 1);
    if (program->is_quiet)
        tidy__sim_be_quiet();
    set_preload(program->needs.first, program->library);
    execv(program->path, program->argv);
    snprintf(program->shared->text,
             sizeof(program->shared->text),
             "%s cannot be executed: %s",
             program->path,
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

struct tidy_world_report *
tidy__sim_program_order(const struct sim_program *program)
{
    const struct sim_shared *shared = program->shared;
    bool is_silent;
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        execute(program);
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
            program->path);
    if (is_silent)
        return tidy__sim_report_run(
            shared, TIDY_OUTCOME_LIMIT, "the program made no call for 10 s");
    return report_program(shared, status);
}

/* The same once more: the dynamic linker puts everything elsewhere, if it may,
 * and the library does it in any case. */
static struct tidy_world_report *check(const struct sim_program *program,
                                       struct tidy_world_report *first)
{
    const struct tidy_world_options options = program->shared->options;
    struct tidy_world_report *second;
    char *text;

    tidy__sim_shared_order(program->shared, &options);
    program->shared->layout = 1;
    second = tidy__sim_program_order(program);
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

/* ------------------------------------------------------------- beginning, end */

struct sim_program *tidy__sim_program_free(struct sim_program *program)
{
    if (!program)
        return NULL;
    tidy__sim_shared_free(program->shared);
    if (program->fd >= 0)
        close(program->fd);
    return tidy__dealloc(program);
}

/* Why it cannot be run; NULL: it can. */
static struct tidy_world_report *find(struct sim_program *program)
{
    const char *trouble;

    program->library = find_library();
    if (!program->library)
        return tidy__sim_report_not_run(
            "%s",
            "only libtidysock-sim.so can be preloaded, and this program "
            "was linked with something else");
    if (!tidy__sim_program_find(program->argv[0], program->path))
        return tidy__sim_report_not_run("%s: no such program",
                                        program->argv[0]);
    trouble = tidy__sim_program_check(program->path, &program->needs);
    return trouble ? tidy__sim_report_not_run("%s %s", program->path, trouble)
                   : NULL;
}

static struct tidy_world_report *share(struct sim_program *program)
{
    program->fd = memfd_create("tidysock-world", 0);
    program->shared = tidy__sim_shared_map(program->fd);
    return program->shared ? NULL
                           : tidy__sim_report_not_run(
                                 "no memory for the run: %s", strerror(errno));
}

struct sim_program *tidy__sim_program_new(char *const argv[],
                                          struct tidy_world_report **ret_why)
{
    struct sim_program *program = tidy__zalloc(sizeof(*program));

    if (!program) {
        *ret_why = tidy__sim_report_not_run("out of memory");
        return NULL;
    }
    program->fd = -1;
    program->argv = argv;
    *ret_why = find(program);
    if (!*ret_why)
        *ret_why = share(program);
    return *ret_why ? tidy__sim_program_free(program) : program;
}

void tidy__sim_program_be_quiet(struct sim_program *program)
{
    program->is_quiet = true;
}

struct sim_shared *tidy__sim_program_shared(struct sim_program *program)
{
    return program->shared;
}

/* ------------------------------------------------------------------ one run */

static struct tidy_world_report *
run_once(const struct tidy_world_options *options, char *const argv[])
{
    struct tidy_world_report *report;
    struct sim_program *program = tidy__sim_program_new(argv, &report);

    if (!program)
        return report;
    tidy__sim_shared_order(program->shared, options);
    report = tidy__sim_program_order(program);
    if (options->is_checked && report->outcome != TIDY_OUTCOME_NOT_RUN)
        report = check(program, report);
    tidy__sim_program_free(program);
    return report;
}

struct tidy_world_report *
tidy_world_run_program(const struct tidy_world_options *options,
                       char *const argv[])
{
    struct tidy_world_options taken;
    const char *trouble;
    char why[128];

    TIDY_REQUIRE(argv && argv[0], "tidy_world_run_program: no program");
    if (tidy__sim_world)
        return tidy__sim_report_not_run("%s",
                                        "a world cannot be run inside a world");
    trouble = tidy__sim_options_take(&taken, options, why);
    if (trouble)
        return tidy__sim_report_not_run("%s", trouble);
    return run_once(&taken, argv);
}
