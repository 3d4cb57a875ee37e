/* SPDX-License-Identifier: MIT */
/*
 * Callbacks that take notes, for tests of deferreds.
 *
 * A chain is made of steps. Each notes its name and what the chain carries when
 * it is called, e.g. "a=one" or "b!TIDY_ECANCELLED", separated by spaces, and
 * then does what it was told to.
 */
#ifndef TIDY_TESTS_CHAIN_PROBE_H
#define TIDY_TESTS_CHAIN_PROBE_H

#include "core/ledger.h"
#include <tidysock/deferred.h>

#define PROBE_STEPS_MAX 32

struct chain_probe;

/* What a step does, in this order, after it has taken its note. */
struct chain_step {
    const char *name;
    /* Called with arg, then */
    void (*calls)(void *arg);
    void *arg;
    /* a value to set: a text that lives for ever, or */
    const char *sets;
    /* a code to fail with, or 0. */
    int fails;
    /* A check in it fails: it does not come to its end. */
    bool is_left;
    /* What it returns; the reference moves. */
    struct tidy_deferred *returns;
    struct chain_probe *probe; /* set by chain_probe_add() */
};

struct chain_probe {
    struct tidy_ledger ledger;
    char notes[2048];
    size_t n_freed; /* values from chain_probe_owned() */
    size_t n_steps;
    struct chain_step steps[PROBE_STEPS_MAX];
};

/* Begin: counts memory too (oom.h). */
void chain_probe_init(struct chain_probe *probe);
/* End: fails the test if memory is left, or pending deferreds, or failures that
 * nobody handled. Returns 0 or -1, for cmocka's teardowns. */
int chain_probe_deinit(struct chain_probe *probe);

/* A deferred in the probe's ledger. */
struct tidy_deferred *chain_probe_new(struct chain_probe *probe,
                                      const char *what);

/* Add a step for values and failures; a copy of it is kept in the probe. */
void chain_probe_add(struct chain_probe *probe,
                     struct tidy_deferred *deferred,
                     struct chain_step step);

/* chain_probe_add(), for a step that may say more: name first. */
#define chain_probe_step(probe, deferred, ...)                                 \
    chain_probe_add((probe), (deferred), (struct chain_step){ __VA_ARGS__ })

void chain_probe_note(struct chain_probe *probe, const char *fmt, ...)
    TIDY_PRINTF(2, 3);

/* A value that counts in n_freed when chain_probe_free() frees it. */
void *chain_probe_owned(struct chain_probe *probe);
void chain_probe_free(void *value);

/* The notes taken so far are these; and forget them. */
#define assert_notes(probe, expected)                                          \
    do {                                                                       \
        assert_string_equal((probe)->notes, (expected));                       \
        (probe)->notes[0] = '\0';                                              \
    } while (0)

#endif
