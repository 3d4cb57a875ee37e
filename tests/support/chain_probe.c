/* SPDX-License-Identifier: MIT */
/*
 * Steps keep no state of their own but in the probe, so a test reads as a list
 * of chains, what happens to them, and the notes that this must leave.
 */
#include "support/chain_probe.h"

#include "base/guard.h"
#include "support/oom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void chain_probe_init(struct chain_probe *probe)
{
    *probe = (struct chain_probe){ 0 };
    tidy__ledger_init(&probe->ledger);
    oom_begin();
}

static size_t complain_of_ledger(struct tidy_ledger *ledger)
{
    const struct tidy_deferred *pending = tidy__ledger_first_pending(ledger);
    struct tidy_failure *failure;
    const char *what, *file;
    size_t n_complaints = 0;
    int line;

    for (; pending; pending = tidy__ledger_next_pending(pending)) {
        print_error("pending: \"%s\"\n", tidy_deferred_what(pending));
        n_complaints++;
    }
    while (
        (failure = tidy__ledger_take_unhandled(ledger, &what, &file, &line))) {
        print_error("unhandled: %s\n", tidy_failure_text(failure));
        tidy_failure_unref(failure);
        n_complaints++;
    }
    return n_complaints;
}

int chain_probe_deinit(struct chain_probe *probe)
{
    size_t n_complaints = complain_of_ledger(&probe->ledger);
    size_t n_blocks;

    tidy__ledger_deinit(&probe->ledger);
    n_blocks = oom_end();
    if (n_blocks)
        print_error("%zu blocks are left\n", n_blocks);
    return n_blocks || n_complaints ? -1 : 0;
}

struct tidy_deferred *chain_probe_new(struct chain_probe *probe,
                                      const char *what)
{
    return tidy_deferred_new(&probe->ledger, what);
}

void chain_probe_note(struct chain_probe *probe, const char *fmt, ...)
{
    size_t len = strlen(probe->notes);
    va_list args;

    if (len && len < sizeof(probe->notes) - 1)
        probe->notes[len++] = ' ';
    va_start(args, fmt);
    vsnprintf(probe->notes + len, sizeof(probe->notes) - len, fmt, args);
    va_end(args);
}

static void note_result(struct chain_step *step, struct tidy_result *result)
{
    struct tidy_failure *failure = tidy_result_failure(result);
    const char *value = tidy_result_value(result);

    if (failure)
        chain_probe_note(step->probe,
                         "%s!%s",
                         step->name,
                         tidy_error_name(tidy_failure_code(failure)));
    else
        chain_probe_note(
            step->probe, "%s=%s", step->name, value ? value : "NULL");
}

static struct tidy_deferred *run_step(struct tidy_result *result, void *arg)
{
    struct chain_step *step = arg;

    note_result(step, result);
    if (step->calls)
        step->calls(step->arg);
    if (step->sets)
        tidy_result_set(result, (void *)(uintptr_t)step->sets, NULL);
    if (step->fails)
        tidy_result_fail(result, tidy_failure_new(step->fails, NULL));
    if (step->is_left)
        tidy__guard_leave();
    return step->returns;
}

void chain_probe_add(struct chain_probe *probe,
                     struct tidy_deferred *deferred,
                     struct chain_step step)
{
    struct chain_step *kept;

    assert_true(probe->n_steps < PROBE_STEPS_MAX);
    kept = &probe->steps[probe->n_steps++];
    *kept = step;
    kept->probe = probe;
    tidy_deferred_add_both(deferred, run_step, kept);
}

struct owned {
    char text[8]; /* for notes */
    struct chain_probe *probe;
};

void *chain_probe_owned(struct chain_probe *probe)
{
    struct owned *owned = malloc(sizeof(*owned));

    assert_non_null(owned);
    *owned = (struct owned){ .text = "owned", .probe = probe };
    return owned;
}

void chain_probe_free(void *value)
{
    struct owned *owned = value;

    owned->probe->n_freed++;
    free(owned);
}
