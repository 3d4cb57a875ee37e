/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_INTERPOSE_PATH_H
#define TIDY_SIM_INTERPOSE_PATH_H

struct sim_world;

/* The world that answers for a path, which is one of its Unix sockets'; NULL:
 * the real file system does. Ends the run if the path is to be looked for below
 * a simulated descriptor. */
struct sim_world *
tidy__seam_path_world(const char *call, int dir_fd, const char *path);

#endif
