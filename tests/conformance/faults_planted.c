/* SPDX-License-Identifier: MIT */
/* The model with its faults: a build of its own (TIDY_SIM_HAS_FAULTS). */
#include "conformance/faults.h"
#include "sim/fault.h"

enum sim_fault tidy__sim_planted;

static const char *const names[] = {
#define NAME(name, text) [SIM_FAULT_##name] = (text),
    SIM_FAULT_TABLE(NAME)
#undef NAME
};

unsigned fault_count(void)
{
    return SIM_N_FAULTS - 1;
}

const char *fault_name(unsigned fault)
{
    return names[fault];
}

void fault_plant(unsigned fault)
{
    tidy__sim_planted = (enum sim_fault)fault;
}
