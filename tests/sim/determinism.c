/* SPDX-License-Identifier: MIT */
/*
 * determinism [N_SEEDS]: the same schedule, the same run. An echo server and its
 * clients, with every kind of choice, on both profiles by turns:
 *
 *   as a checked run: in two processes, in which memory lies elsewhere
 *   in another program: this one, executed anew, with all addresses others,
 *   where most runs share a process; and there once more
 *
 * Outcomes, texts and traces must be the same, byte for byte. Prints how many
 * different traces there were.
 */
#include "sim/body.h"
#include "sim/echo.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEFAULT_N_SEEDS 1000
#define MAX_STEPS 1000 /* many more than a run has that does not spin */

static int n_of_outcomes[TIDY_OUTCOME_NOT_RUN + 1];

static _Noreturn void die(uint64_t seed, const char *what)
{
    fprintf(stderr, "seed %d: %s\n", (int)seed, what);
    exit(1);
}

/* A crash is an outcome like others here, and need not be explained. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "handle_segv=0:handle_abort=0:symbolize=0:print_legend=0";
}

/* How much comes back, with all those faults, is its own affair. */
static void body(void *arg)
{
    (void)arg;
    echo_run();
}

/* ---------------------------------------------------------------------- a run */

/* All that is to be the same. Owned. */
static char *tell(const struct tidy_world_report *report)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    fprintf(out,
            "%s: %s\n%s",
            tidy_outcome_name(tidy_world_report_outcome(report)),
            tidy_world_report_text(report),
            tidy_world_report_trace(report));
    fclose(out);
    return text;
}

static char *
run_seed(struct tidy_world_runner *runner, uint64_t seed, bool is_checked)
{
    const struct tidy_world_options options = {
        .kinds = TIDY_CHOICES_ALL,
        .seed = seed,
        .profile = seed % 2 ? TIDY_PROFILE_LINUX : TIDY_PROFILE_DARWIN,
        .max_steps = MAX_STEPS,
        .has_trace = true,
        .is_checked = is_checked,
    };
    struct tidy_world_report *report = tidy_world_runner_run(runner, &options);
    enum tidy_outcome outcome = tidy_world_report_outcome(report);
    char *text = tell(report);

    if (outcome == TIDY_OUTCOME_UNCONTROLLED || outcome == TIDY_OUTCOME_NOT_RUN)
        die(seed, text);
    n_of_outcomes[outcome]++;
    tidy_world_report_free(report);
    return text;
}

/* ------------------------------------------------------------- the other program */

static void
compare(uint64_t seed, const char *how, const char *first, char *text)
{
    if (strcmp(first, text) != 0) {
        fprintf(stderr, "---- first\n%s\n---- %s\n%s\n", first, how, text);
        die(seed, how);
    }
    free(text);
}

/* Each run's length, as eight bytes, and the run. */
static int print_runs(uint64_t n_seeds)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(body, NULL, TIDY_WARM_UP_OUTSIDE);
    uint64_t seed;

    for (seed = 1; seed <= n_seeds; seed++) {
        char *text = run_seed(runner, seed, false);
        uint64_t len = strlen(text);

        compare(seed, "again", text, run_seed(runner, seed, false));
        fwrite(&len, sizeof(len), 1, stdout);
        fwrite(text, len, 1, stdout);
        free(text);
    }
    tidy_world_runner_free(runner);
    return fflush(stdout) == 0 ? 0 : 1;
}

static FILE *start_other(char *program, uint64_t n_seeds, pid_t *ret_pid)
{
    char number[24];
    char *const argv[] = { program, number, (char *)(uintptr_t) "print", NULL };
    int fds[2];

    snprintf(number, sizeof(number), "%d", (int)n_seeds);
    if (pipe(fds) < 0)
        die(0, "no pipe");
    *ret_pid = fork();
    if (*ret_pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        close(fds[0]);
        close(fds[1]);
        execv(program, argv);
        _exit(127);
    }
    close(fds[1]);
    return fdopen(fds[0], "r");
}

static char *read_other(FILE *in, uint64_t seed)
{
    uint64_t len;
    char *text;

    if (fread(&len, sizeof(len), 1, in) != 1)
        die(seed, "the other program has ended");
    text = calloc(1, len + 1);
    if (!text || fread(text, len, 1, in) != 1)
        die(seed, "the other program has ended in the middle");
    return text;
}

/* ------------------------------------------------------------------- all runs */

static int compare_texts(const void *first, const void *second)
{
    return strcmp(*(char *const *)first, *(char *const *)second);
}

static size_t count_distinct(char **texts, size_t n)
{
    size_t idx, n_distinct = 1;

    qsort(texts, n, sizeof(*texts), compare_texts);
    for (idx = 1; idx < n; idx++)
        n_distinct += strcmp(texts[idx - 1], texts[idx]) != 0;
    return n_distinct;
}

static void print_summary(char **texts, uint64_t n_seeds)
{
    int outcome;

    printf("%d seeds, %d distinct traces; runs:",
           (int)n_seeds,
           (int)count_distinct(texts, n_seeds));
    for (outcome = 0; outcome <= TIDY_OUTCOME_NOT_RUN; outcome++) {
        if (n_of_outcomes[outcome] > 0)
            printf(" %d %s",
                   n_of_outcomes[outcome],
                   tidy_outcome_name((enum tidy_outcome)outcome));
    }
    putchar('\n');
}

static int compare_runs(char *program, uint64_t n_seeds)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(body, NULL, TIDY_WARM_UP_OUTSIDE);
    char **texts = calloc(n_seeds, sizeof(*texts));
    uint64_t seed;
    pid_t pid;
    FILE *other = start_other(program, n_seeds, &pid);

    for (seed = 1; seed <= n_seeds; seed++) {
        texts[seed - 1] = run_seed(runner, seed, true);
        compare(
            seed, "other program", texts[seed - 1], read_other(other, seed));
    }
    fclose(other);
    waitpid(pid, NULL, 0);
    tidy_world_runner_free(runner);
    print_summary(texts, n_seeds);
    for (seed = 0; seed < n_seeds; seed++)
        free(texts[seed]);
    free(texts);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t n_seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : DEFAULT_N_SEEDS;

    signal(SIGPIPE, SIG_IGN);
    return argc > 2 ? print_runs(n_seeds) : compare_runs(argv[0], n_seeds);
}
