/* SPDX-License-Identifier: MIT */
/*
 * An echo server and its clients linked with the simulated kernel: run outside
 * of a world, in a calm one, and in random orders, each seed twice.
 */
#include "sim/body.h"
#include "sim/echo.h"

#include <stdio.h>
#include <stdlib.h>

#define N_SEEDS 50

static void body(void *arg)
{
    int n_echoed = echo_run();

    (void)arg;
    if (n_echoed != ECHO_N_CLIENTS * ECHO_LEN && tidy_world_is_inside())
        tidy_world_fail("%d bytes echoed", n_echoed);
}

static struct tidy_world_report *run(struct tidy_world_runner *runner,
                                     uint64_t seed)
{
    const struct tidy_world_options options = { .kinds = TIDY_CHOICES_ORDERS,
                                                .seed = seed,
                                                .has_trace = true };
    struct tidy_world_report *report = tidy_world_runner_run(runner, &options);

    if (tidy_world_report_outcome(report) != TIDY_OUTCOME_PASSED) {
        fprintf(stderr,
                "seed %d: %s: %s\n%s",
                (int)seed,
                tidy_outcome_name(tidy_world_report_outcome(report)),
                tidy_world_report_text(report),
                tidy_world_report_trace(report));
        exit(1);
    }
    return report;
}

int main(void)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(body, NULL, TIDY_WARM_UP_OUTSIDE);
    uint64_t seed;

    if (echo_run() != ECHO_N_CLIENTS * ECHO_LEN)
        return 1;
    for (seed = 0; seed <= N_SEEDS; seed++) {
        struct tidy_world_report *first = run(runner, seed);
        struct tidy_world_report *second = run(runner, seed);

        if (strcmp(tidy_world_report_trace(first),
                   tidy_world_report_trace(second)) != 0) {
            fprintf(stderr, "seed %d: two traces\n", (int)seed);
            return 1;
        }
        tidy_world_report_free(first);
        tidy_world_report_free(second);
    }
    tidy_world_runner_free(runner);
    printf("%d seeds, each twice\n", N_SEEDS + 1);
    return 0;
}
