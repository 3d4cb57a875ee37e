/* SPDX-License-Identifier: MIT */
/*
 * What the interposed functions say when they cannot answer.
 */
#include "sim/seam.h"

#include "base/misuse.h"

struct sim_world *tidy__seam_trespass(const char *call, int fd)
{
    tidy__misuse("%s: descriptor %d belongs to a simulated world", call, fd);
}

void tidy__seam_refuse(struct sim_world *world, const char *call, int fd)
{
    const struct sim_file *file = tidy__sim_fd_file(world, fd);

    tidy__sim_end(world,
                  TIDY_OUTCOME_UNMODELLED,
                  "simulation does not model %s of descriptor %d (%s)",
                  call,
                  fd,
                  file ? file->ops->kind : "not open");
}

void tidy__seam_refuse_open(struct sim_world *world, const char *call, int fd)
{
    if (fd < 0 || REAL(fcntl)(fd, F_GETFD) < 0)
        return;
    tidy__sim_end(
        world,
        TIDY_OUTCOME_UNMODELLED,
        "simulation does not model %s of a real descriptor: %d is one",
        call,
        fd);
}

void tidy__seam_refuse_socket(struct sim_world *world, const char *call, int fd)
{
    struct stat st;

    if (REAL(fstat)(fd, &st) == 0 && S_ISSOCK(st.st_mode))
        tidy__seam_refuse_real(world, call, fd);
}
