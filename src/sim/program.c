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
#include "sim/report.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_S 10

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

static _Noreturn void
execute(const char *path, char *const argv[], const char *preload[2], int fd)
{
    char number[16];

    snprintf(number, sizeof(number), "%d", fd);
    setenv(SIM_PROGRAM_VARIABLE, number, 1);
    set_preload(preload[0], preload[1]);
    execv(path, argv);
    _exit(127);
}

/* --------------------------------------------------------- in the parent */

/* Until it ends, or has made no call for so long. Returns waitpid's status. */
static int
await_program(pid_t pid, const struct sim_shared *shared, bool *ret_is_silent)
{
    const volatile struct sim_world *world = &shared->world;
    const struct timespec tick = { .tv_nsec = 2000000 };
    const int n_ticks = PATIENCE_S * 500;
    uint64_t n_steps = 0;
    int status, n_silent = 0;

    *ret_is_silent = false;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        clock_nanosleep(CLOCK_MONOTONIC, 0, &tick, NULL);
        n_silent = world->n_steps == n_steps ? n_silent + 1 : 0;
        n_steps = world->n_steps;
        if (n_silent < n_ticks)
            continue;
        *ret_is_silent = true;
        kill(pid, SIGKILL);
    }
    return status;
}

/* A program's own verdict is its exit code. */
static struct tidy_world_report *
report_program(const struct sim_shared *shared, int status, bool is_silent)
{
    struct tidy_world_report *report;
    char text[64];

    if (is_silent)
        return tidy__sim_report_run(
            shared, TIDY_OUTCOME_LIMIT, "the program made no call for 10 s");
    if (!shared->has_ended && shared->world.n_steps == 0 && WIFEXITED(status) &&
        WEXITSTATUS(status) == 127)
        return tidy__sim_report_not_run("%s", "the program cannot be executed");
    if (shared->has_ended && shared->outcome == TIDY_OUTCOME_PASSED &&
        WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        snprintf(text,
                 sizeof(text),
                 "the program ended with exit code %d",
                 WEXITSTATUS(status));
        report = tidy__sim_report_run(shared, TIDY_OUTCOME_FAILED, text);
    } else {
        report = tidy__sim_report_ended(shared, status);
    }
    if (!report->is_static && WIFSIGNALED(status))
        report->exit_code = 128 + WTERMSIG(status);
    else if (!report->is_static && WEXITSTATUS(status) != SIM_EXIT_ENDED)
        report->exit_code = WEXITSTATUS(status);
    return report;
}

static struct tidy_world_report *run(const char *path,
                                     char *const argv[],
                                     const char *preload[2],
                                     struct sim_shared *shared,
                                     int fd)
{
    bool is_silent;
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0)
        execute(path, argv, preload, fd);
    if (pid < 0)
        return tidy__sim_report_not_run("no process for the run: %s",
                                        strerror(errno));
    status = await_program(pid, shared, &is_silent);
    return report_program(shared, status, is_silent);
}

static struct tidy_world_report *
share_and_run(const struct tidy_world_options *options,
              const char *path,
              char *const argv[],
              const char *preload[2])
{
    int fd = memfd_create("tidysock-world", 0);
    struct sim_shared *shared = tidy__sim_shared_map(fd);
    struct tidy_world_report *report;

    if (!shared) {
        report = tidy__sim_report_not_run("no memory for the run: %s",
                                          strerror(errno));
    } else {
        tidy__sim_shared_order(shared, options);
        report = run(path, argv, preload, shared, fd);
    }
    tidy__sim_shared_free(shared);
    if (fd >= 0)
        close(fd);
    return report;
}

struct tidy_world_report *
tidy_world_run_program(const struct tidy_world_options *options,
                       char *const argv[])
{
    char path[PATH_MAX], first[64], why[PATH_MAX + 256];
    const char *preload[2] = { first, find_library() };
    const char *trouble;

    TIDY_REQUIRE(argv && argv[0], "tidy_world_run_program: no program");
    if (tidy__sim_world)
        return tidy__sim_report_not_run("%s",
                                        "a world cannot be run inside a world");
    if (!preload[1])
        return tidy__sim_report_not_run(
            "%s",
            "only libtidysock-sim.so can be preloaded, and this program "
            "was linked with something else");
    if (!find_program(argv[0], path))
        return tidy__sim_report_not_run("%s: no such program", argv[0]);
    trouble = tidy__sim_program_check(path, first);
    if (!trouble)
        return share_and_run(options, path, argv, preload);
    snprintf(why, sizeof(why), "%s %s", path, trouble);
    return tidy__sim_report_not_run("%s", why);
}
