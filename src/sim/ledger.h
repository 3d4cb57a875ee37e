/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_LEDGER_H
#define TIDY_SIM_LEDGER_H

#include "sim/shared.h"

/* Descriptors above those that were open at first, that are looked at after each
 * run. The kernel gives the lowest number that is free. */
#define SIM_LEDGER_WINDOW 32

/*
 * What a run's process has before the body is run, and is to have after it: real
 * descriptors, and about as much memory.
 */
struct sim_ledger {
    bool has_warmed_up; /* else what is opened once is not told from a leak */
    uint64_t open[SIM_FD_MIN / 64]; /* a bit for each real descriptor */
    unsigned n_watched;             /* the window's end */
    uint64_t n_runs;
    long base_kib; /* the most memory that was in use at first */
};

void tidy__sim_ledger_init(struct sim_ledger *ledger, bool has_warmed_up);

/* After a run that passed: ends the process, with a report, if the body has left
 * real descriptors open, or closed some that are not its own. */
void tidy__sim_ledger_check(struct sim_ledger *ledger,
                            struct sim_shared *shared);

/* Has the process taken so much memory that another should go on? */
bool tidy__sim_ledger_is_worn(const struct sim_ledger *ledger);

#endif
