/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_PIPE_H
#define TIDY_SIM_PIPE_H

#include "sim/file.h"

/* Is it an end of a pipe? The others want nothing else. */
bool tidy__sim_is_pipe(const struct sim_file *file);

/* What both ends have in common: the id of one of them. */
unsigned tidy__sim_pipe_id(const struct sim_file *file);

/* F_GETPIPE_SZ and F_SETPIPE_SZ: bytes, or -errno. */
int tidy__sim_pipe_size(const struct sim_file *file);
int tidy__sim_pipe_resize(struct sim_file *file, unsigned size);

#endif
