/* SPDX-License-Identifier: MIT */
/*
 * conformance: worlds held against the real kernel.
 *
 *     conformance [--seed N] [--programs N] [--seconds S] [--keep-going]
 *                 [--faults] [--show]
 *
 * Random programs of system calls are executed by both, from a seed on; what is
 * determined must be the same, and MIN_EXACT_PERCENT of all results must have been
 * compared so. A disagreement is shrunk and shown with its seed, which replays
 * it: --seed N --programs 1.
 *
 * With --faults each fault that can be planted in the model is, and some program
 * must disagree then.
 */
#include "conformance/faults.h"
#include "conformance/run.h"
#include "conformance/trial.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MIN_EXACT_PERCENT 95.0
#define MAX_PROGRAMS_PER_FAULT 20000

struct options {
    uint64_t seed, n_programs, seconds;
    bool has_seed, is_going_on, has_faults, is_shown;
};

static char dir[] = "/tmp/tidysock-conformance-XXXXXX";
static struct machine machine;

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool begin(struct trial *trial)
{
    if (trial_init(trial, dir, &machine))
        return true;
    fprintf(stderr, "conformance: %s\n", strerror(errno));
    return false;
}

static void show_disagreement(struct trial *trial,
                              const struct program *program)
{
    printf("\nthe kernel and the world disagree: --seed %" PRIu64
           " --programs 1\n",
           program->seed);
    trial_print(trial, program, stdout);
    fflush(stdout);
}

static double percent_exact(const struct tally *tally)
{
    uint64_t n = tally->n_exact + tally->n_loose;

    return n ? 100.0 * (double)tally->n_exact / (double)n : 100.0;
}

static int compare_programs(const struct options *options)
{
    static struct program program;
    const double end_s = now_s() + (double)options->seconds;
    uint64_t n = 0, n_disagreements = 0;
    struct trial trial;

    if (!begin(&trial))
        return 2;
    while (n < options->n_programs && now_s() < end_s &&
           (n_disagreements == 0 || options->is_going_on)) {
        program_generate(&program, options->seed + n++, &machine);
        if (options->is_shown)
            trial_print(&trial, &program, stdout);
        if (trial_agrees(&trial, &program))
            continue;
        n_disagreements++;
        show_disagreement(&trial, &program);
    }
    printf("programs %" PRIu64 " from seed %" PRIu64 ", disagreements %" PRIu64
           "\n"
           "network %s\n"
           "results compared exactly %" PRIu64 " (%.2f %%), within limits "
           "%" PRIu64 ", calls left out %" PRIu64 "\n"
           "programs that the kernel was asked again %" PRIu64 "\n",
           n,
           options->seed,
           n_disagreements,
           machine.has_own_network ? "of its own" : "the machine's",
           trial.tally.n_exact,
           percent_exact(&trial.tally),
           trial.tally.n_loose,
           trial.tally.n_skipped,
           trial.n_repeated);
    trial_deinit(&trial);
    return n_disagreements > 0 || trial.tally.n_exact == 0 ||
           percent_exact(&trial.tally) < MIN_EXACT_PERCENT;
}

/* -------------------------------------------------------------- planted faults */

/* Programs that it took; 0: all of them agree. */
static uint64_t find_disagreement(const struct options *options,
                                  struct program *program)
{
    uint64_t n_max = options->n_programs < MAX_PROGRAMS_PER_FAULT
                         ? options->n_programs
                         : MAX_PROGRAMS_PER_FAULT;
    struct trial trial;
    uint64_t n = 0;
    bool do_agree = true;

    if (!begin(&trial))
        return 0;
    while (do_agree && n < n_max) {
        program_generate(program, options->seed + n++, &machine);
        do_agree = trial_agrees(&trial, program);
    }
    if (!do_agree && options->is_shown)
        show_disagreement(&trial, program);
    trial_deinit(&trial);
    return do_agree ? 0 : n;
}

/* Without a fault the same program agrees: it was the fault that was caught. */
static bool is_innocent(struct program *program)
{
    struct trial trial;
    bool do_agree;

    fault_plant(0);
    if (!begin(&trial))
        return false;
    do_agree = trial_agrees(&trial, program);
    trial_deinit(&trial);
    return do_agree;
}

static bool catch_fault(unsigned fault, const struct options *options)
{
    static struct program program;
    uint64_t n;
    bool is_caught;

    fault_plant(fault);
    n = find_disagreement(options, &program);
    is_caught = n > 0 && is_innocent(&program);
    printf("fault %2u  %-56s ", fault, fault_name(fault));
    if (is_caught)
        printf("caught by program %" PRIu64 ", of %u calls\n",
               n,
               (unsigned)program.n_steps);
    else
        puts(n > 0 ? "DISAGREES WITHOUT IT, TOO" : "NOT CAUGHT");
    fflush(stdout);
    return is_caught;
}

static int catch_faults(const struct options *options)
{
    unsigned fault, n_caught = 0;

    for (fault = 1; fault <= fault_count(); fault++)
        n_caught += catch_fault(fault, options);
    printf("planted faults caught: %u of %u\n", n_caught, fault_count());
    return n_caught != fault_count() || n_caught == 0;
}

/* -------------------------------------------------------------------- the rest */

static int usage(void)
{
    fputs("usage: conformance [--seed N] [--programs N] [--seconds S]\n"
          "                   [--keep-going] [--faults] [--show]\n",
          stderr);
    return 2;
}

static bool parse(struct options *options, int argc, char **argv)
{
    static const struct option names[] = {
        { "seed", required_argument, NULL, 's' },
        { "programs", required_argument, NULL, 'n' },
        { "seconds", required_argument, NULL, 't' },
        { "keep-going", no_argument, NULL, 'k' },
        { "faults", no_argument, NULL, 'f' },
        { "show", no_argument, NULL, 'v' },
        { 0 },
    };
    int letter;

    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (letter) {
        case 's':
            options->seed = strtoull(optarg, NULL, 10);
            options->has_seed = true;
            break;
        case 'n':
            options->n_programs = strtoull(optarg, NULL, 10);
            break;
        case 't':
            options->seconds = strtoull(optarg, NULL, 10);
            break;
        case 'k':
            options->is_going_on = true;
            break;
        case 'f':
            options->has_faults = true;
            break;
        case 'v':
            options->is_shown = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    struct options options = { .n_programs = UINT64_MAX, .seconds = 3600 };
    int result;

    if (!parse(&options, argc, argv))
        return usage();
    if (!options.has_seed)
        options.seed = (uint64_t)time(NULL) * 100000;
    if (!mkdtemp(dir)) {
        perror(dir);
        return 2;
    }
    run_init();
    result = options.has_faults ? catch_faults(&options)
                                : compare_programs(&options);
    rmdir(dir);
    return result;
}
