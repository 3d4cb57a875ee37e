/* SPDX-License-Identifier: MIT */
/*
 * Faults planted in a model, to see that they are caught. Only the build of the
 * model that is made for it has them (sim/fault.h).
 */
#ifndef TIDY_CONFORMANCE_FAULTS_H
#define TIDY_CONFORMANCE_FAULTS_H

/* How many there are; 0: this build has none. */
unsigned fault_count(void);
/* From 1. */
const char *fault_name(unsigned fault);
/* Worlds have this fault from now on; 0: none. */
void fault_plant(unsigned fault);

#endif
