/* SPDX-License-Identifier: MIT */
/*
 * The kernel is not always calm: a segment or an acknowledgement may come late
 * on a busy machine. So when a world disagrees, the kernel is asked again, with
 * more and more time between the steps; a world is right if the kernel has given
 * the same answers once. A result in which the kernel's own answers differ is
 * not counted as compared exactly.
 */
#include "conformance/trial.h"

#include <string.h>
#include <sys/socket.h>

static const unsigned pauses_us[] = { 0, 0, 500, 45000 };
#define N_ATTEMPTS (sizeof(pauses_us) / sizeof(*pauses_us))
#define N_HASTY_ATTEMPTS 3
/* After a second connects are tried again, which happens to nobody in a hurry. */
#define MAX_ALL_US 800000

static unsigned pause_us(const struct program *program, size_t attempt)
{
    unsigned max_us = MAX_ALL_US / program->n_steps;

    return pauses_us[attempt] < max_us ? pauses_us[attempt] : max_us;
}

/* Pieces of these lengths are as large on both? Kernels differ in that. */
static bool do_sizes_agree(struct trial *trial)
{
    static const uint32_t lens[] = { 1, 200, 3000, 4096, 10000, 36544, 60000 };
    struct program program = { .seed = 0 };
    struct tally ignored = { 0 };
    struct step *step = program.steps;
    size_t idx;

    *step++ = (struct step){ .op = OP_SOCKETPAIR,
                             .slot2 = 1,
                             .a = SOCK_NONBLOCK,
                             .where.domain = DOMAIN_UNIX };
    for (idx = 0; idx < sizeof(lens) / sizeof(*lens); idx++) {
        *step++ = (struct step){ .op = OP_WRITE, .a = lens[idx] };
        *step++ = (struct step){ .op = OP_COUNT_UNSENT };
        *step++ = (struct step){ .op = OP_READ, .slot = 1, .a = LEN_MAX };
    }
    program.n_steps = (uint32_t)(step - program.steps);
    return half_run(trial->kernel, &program, 0) &&
           half_run(trial->world, &program, 0) &&
           results_compare(&program,
                           half_results(trial->kernel),
                           half_results(trial->world),
                           &ignored) == program.n_steps;
}

bool trial_init(struct trial *trial, const char *dir, struct machine *machine)
{
    *trial =
        (struct trial){ .kernel = kernel_new(dir), .world = world_new(dir) };
    if (!trial->kernel || !trial->world)
        return false;
    half_set_same_sizes(trial->kernel, true);
    half_set_same_sizes(trial->world, true);
    machine->has_own_network = kernel_has_own_network();
    machine->has_ipv6 = kernel_has_ipv6();
    machine->has_same_sizes = do_sizes_agree(trial);
    half_set_same_sizes(trial->kernel, machine->has_same_sizes);
    half_set_same_sizes(trial->world, machine->has_same_sizes);
    return true;
}

void trial_deinit(struct trial *trial)
{
    half_free(trial->kernel);
    half_free(trial->world);
}

/* Results that are not as they were the first time. */
static uint64_t count_changes(const struct program *program,
                              const struct results *first,
                              const struct results *last)
{
    struct tally ignored = { 0 };
    uint64_t n_changes = 0;
    uint32_t idx;

    for (idx = 0; idx < program->n_steps; idx++)
        n_changes += !result_agrees(&program->steps[idx],
                                    &first->steps[idx],
                                    &last->steps[idx],
                                    &ignored);
    return n_changes;
}

static void
count(struct trial *trial, const struct tally *tally, uint64_t n_changes)
{
    if (n_changes > tally->n_exact)
        n_changes = tally->n_exact;
    trial->tally.n_exact += tally->n_exact - n_changes;
    trial->tally.n_loose += tally->n_loose + n_changes;
    trial->tally.n_skipped += tally->n_skipped;
}

static bool do_agree(struct trial *trial, const struct program *program)
{
    static struct results first;
    size_t n_attempts = trial->is_slow ? N_ATTEMPTS : N_HASTY_ATTEMPTS;
    size_t attempt;

    if (!half_run(trial->world, program, 0))
        return false;
    for (attempt = 0; attempt < n_attempts; attempt++) {
        const struct results *kernel = half_results(trial->kernel);
        struct tally tally = { 0 };

        if (!half_run(trial->kernel, program, pause_us(program, attempt)))
            return false;
        if (attempt == 0)
            first = *kernel;
        trial->n_repeated += attempt == 1;
        if (results_compare(
                program, kernel, half_results(trial->world), &tally) <
            program->n_steps)
            continue;
        count(trial,
              &tally,
              attempt ? count_changes(program, &first, kernel) : 0);
        return true;
    }
    return false;
}

/* ----------------------------------------------------------------- shrinking */

static void remove_steps(const struct program *from,
                         struct program *to,
                         uint32_t first,
                         uint32_t n)
{
    *to = *from;
    memmove(&to->steps[first],
            &from->steps[first + n],
            (from->n_steps - first - n) * sizeof(*to->steps));
    to->n_steps = from->n_steps - n;
}

/* Parts of this length, from the end: true if any was not needed. */
static bool
remove_parts(struct trial *trial, struct program *program, uint32_t n)
{
    struct program smaller;
    uint32_t end = program->n_steps;
    bool has_removed = false;

    for (; end >= n; end = end > n ? end - n : 0) {
        remove_steps(program, &smaller, end - n, n);
        if (smaller.n_steps == 0 || do_agree(trial, &smaller))
            continue;
        *program = smaller;
        has_removed = true;
    }
    return has_removed;
}

static void shrink(struct trial *trial, struct program *program)
{
    const struct trial before = *trial;
    uint32_t n = program->n_steps / 2;

    for (; n > 1; n /= 2)
        remove_parts(trial, program, n);
    while (remove_parts(trial, program, 1))
        ;
    *trial = before;
}

/* A small program that disagrees if the kernel is in a hurry is shown to disagree
 * if it is not, before its word is taken. */
bool trial_agrees(struct trial *trial, struct program *program)
{
    struct program smaller = *program;
    bool do_they;

    if (do_agree(trial, program))
        return true;
    shrink(trial, &smaller);
    trial->is_slow = true;
    if (do_agree(trial, &smaller)) {
        do_they = do_agree(trial, program);
    } else {
        *program = smaller;
        do_they = false;
    }
    trial->is_slow = false;
    return do_they;
}

/* ------------------------------------------------------------------- showing */

static void print_step(const struct trial *trial,
                       const struct step *step,
                       uint32_t idx,
                       FILE *out)
{
    const struct results *kernel = half_results(trial->kernel);
    const struct results *world = half_results(trial->world);
    struct tally ignored = { 0 };
    bool is_done = idx < world->n_done && idx < kernel->n_done;

    fprintf(out, "%3u  ", idx);
    step_print(step, out);
    fputs("\n            ", out);
    if (idx < kernel->n_done)
        result_print(step, &kernel->steps[idx], out);
    if (is_done &&
        result_agrees(
            step, &kernel->steps[idx], &world->steps[idx], &ignored)) {
        fputc('\n', out);
        return;
    }
    fputs("\n  WORLD     ", out);
    if (idx < world->n_done)
        result_print(step, &world->steps[idx], out);
    fputc('\n', out);
}

void trial_print(struct trial *trial, const struct program *program, FILE *out)
{
    bool has_kernel =
        half_run(trial->kernel, program, pause_us(program, N_ATTEMPTS - 1));
    bool has_world = half_run(trial->world, program, 0);
    uint32_t idx;

    for (idx = 0; idx < program->n_steps; idx++)
        print_step(trial, &program->steps[idx], idx, out);
    if (!has_kernel)
        fprintf(out, "  the kernel: %s\n", half_reason(trial->kernel));
    if (!has_world)
        fprintf(out, "  the world: %s\n", half_reason(trial->world));
    if (half_results(trial->world)->is_spoilt)
        fputs("  the world: bytes were read that nobody had written\n", out);
}
