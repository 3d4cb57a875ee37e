/* SPDX-License-Identifier: MIT */
/* The model as it is shipped. */
#include "conformance/faults.h"

unsigned fault_count(void)
{
    return 0;
}

const char *fault_name(unsigned fault)
{
    (void)fault;
    return "";
}

void fault_plant(unsigned fault)
{
    (void)fault;
}
