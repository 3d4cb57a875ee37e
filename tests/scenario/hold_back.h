/* SPDX-License-Identifier: MIT */
/*
 * Holding back accepts: while they are, the kernel seems to have no connection
 * to hand to any listener of this process. Clients are connected as ever, which
 * is what one operating system did in one run in ten.
 */
#ifndef TIDY_TESTS_HOLD_BACK_H
#define TIDY_TESTS_HOLD_BACK_H

#include <stdbool.h>

/* Hold accepts back from here on, or let them come. */
void hold_back_accepts(bool is_on);

#endif
