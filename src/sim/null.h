/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_NULL_H
#define TIDY_SIM_NULL_H

#include "sim/file.h"

#define SIM_NULL_PATH "/dev/null"

bool tidy__sim_is_null(const struct sim_file *file);

#endif
