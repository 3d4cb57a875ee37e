/* SPDX-License-Identifier: MIT */
/*
 * Limits of the process: in a world, that of descriptors is the world's. Its hard
 * limit is what a world has numbers for.
 */
#include "sim/seam.h"

/* Of a size only, on the machines that we know. */
_Static_assert(sizeof(struct rlimit) == sizeof(struct rlimit64),
               "the two limits are one");

static void get(const struct sim_world *world, struct rlimit *ret_limit)
{
    ret_limit->rlim_cur = world->fd_limit;
    ret_limit->rlim_max = SIM_FD_MAX + 1;
}

/* What is open beyond a new limit stays open. */
static int set(struct sim_world *world, const struct rlimit *limit)
{
    if (limit->rlim_cur > limit->rlim_max)
        return -EINVAL;
    if (limit->rlim_max > SIM_FD_MAX + 1)
        return -EPERM;
    world->fd_limit = (int)limit->rlim_cur;
    SIM_TRACE(world, "setrlimit(RLIMIT_NOFILE, %d) = 0", world->fd_limit);
    return 0;
}

/* The parameters' types are glibc's own, which are enumerations in C. */
SEAM(int, getrlimit, (__rlimit_resource_t resource, struct rlimit *limit))
{
    if (!tidy__sim_world || resource != RLIMIT_NOFILE)
        return REAL(getrlimit)(resource, limit);
    get(tidy__sim_world, limit);
    return 0;
}
SEAM_ALIAS(getrlimit, getrlimit64)

SEAM(int, setrlimit, (__rlimit_resource_t resource, const struct rlimit *limit))
{
    if (!tidy__sim_world || resource != RLIMIT_NOFILE)
        return REAL(setrlimit)(resource, limit);
    return tidy__seam_int(set(tidy__sim_world, limit));
}
SEAM_ALIAS(setrlimit, setrlimit64)

SEAM(int,
     prlimit,
     (pid_t pid,
      enum __rlimit_resource resource,
      const struct rlimit *limit,
      struct rlimit *old))
{
    if (!tidy__sim_world || resource != RLIMIT_NOFILE ||
        (pid != 0 && pid != getpid()))
        return REAL(prlimit)(pid, resource, limit, old);
    if (old)
        get(tidy__sim_world, old);
    return limit ? tidy__seam_int(set(tidy__sim_world, limit)) : 0;
}
SEAM_ALIAS(prlimit, prlimit64)
