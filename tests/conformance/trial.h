/* SPDX-License-Identifier: MIT */
/*
 * One program on both, as often as it takes to know whether they agree.
 */
#ifndef TIDY_CONFORMANCE_TRIAL_H
#define TIDY_CONFORMANCE_TRIAL_H

#include "conformance/generate.h"
#include "conformance/halves.h"

struct trial {
    struct half *kernel, *world; /* borrowed */
    struct tally tally;
    uint64_t n_repeated; /* programs that the kernel was asked more than once */
    bool is_slow;        /* give the kernel all the time that it may need */
};

/* Make both halves, and find out what they can. False: errno says why. */
bool trial_init(struct trial *trial, const char *dir, struct machine *machine);
void trial_deinit(struct trial *trial);

/* Do they agree on it? Counts what was compared if they do; else what is not
 * needed for them to disagree is removed from the program. */
bool trial_agrees(struct trial *trial, struct program *program);

/* Both answers, side by side. */
void trial_print(struct trial *trial, const struct program *program, FILE *out);

#endif
