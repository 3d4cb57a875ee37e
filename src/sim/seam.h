/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_SEAM_H
#define TIDY_SIM_SEAM_H

#include "sim/calls.h"
#include "sim/real.h"
#include "sim/reserve.h"
#include "sim/sanitizer.h"

#include <errno.h>

/*
 * For the interpose_*.c files, which answer the C library's names.
 *
 * Each function has a name of ours in C and the C library's in the object file,
 * so that what headers say about the latter (fortified inline variants,
 * transparent unions, redirection to 64-bit ones) is out of the way. The names
 * that leave the library are listed in exports.list.
 */
#define SEAM(type, name, params)                                               \
    type tidy__seam_##name params __asm__(#name)                               \
        __attribute__((visibility("default")));                                \
    type tidy__seam_##name params

/* One more name for it. */
#define SEAM_ALIAS(name, alias_name)                                           \
    extern __typeof__(tidy__seam_##name) tidy__seam_##alias_name __asm__(      \
        #alias_name) __attribute__((alias(#name), visibility("default")));

/* Is the function called by a sanitizer's runtime for itself? */
#define SEAM_IS_SANITIZERS(NAME)                                               \
    tidy__sim_is_sanitizers(SIM_SUSPECT_##NAME, __builtin_return_address(0))

/* End the run if a call would be made on a real descriptor that is a socket. */
void tidy__seam_refuse_socket(struct sim_world *world,
                              const char *call,
                              int fd);

/* Ends the process. */
struct sim_world *tidy__seam_trespass(const char *call, int fd);

/* The world that answers for a descriptor; NULL: the kernel does. One of a
 * world's, used by a thread that is in none, ends the process. */
static inline struct sim_world *tidy__seam_world(const char *call, int fd)
{
    if ((unsigned)fd - SIM_FD_MIN >= SIM_N_FDS || !tidy__sim_is_reserved)
        return NULL;
    return tidy__sim_world ? tidy__sim_world : tidy__seam_trespass(call, fd);
}

/* For tidy__seam_refuse_real(): of a number that is not the world's. */
void tidy__seam_refuse_open(struct sim_world *world, const char *call, int fd);

/* End the run if a call would mix a real descriptor with simulated ones; one
 * that is not open is neither. */
static inline void
tidy__seam_refuse_real(struct sim_world *world, const char *call, int fd)
{
    if (!tidy__sim_is_fd(fd))
        tidy__seam_refuse_open(world, call, fd);
}

/* The same for a call that is of the network or of time: a thread in a world may
 * not make it on a real descriptor, and the run ends. */
static inline struct sim_world *tidy__seam_only_world(const char *call, int fd)
{
    struct sim_world *world = tidy__seam_world(call, fd);

    if (!world && tidy__sim_world)
        tidy__seam_refuse_real(tidy__sim_world, call, fd);
    return world;
}

/* The same for a call that is of sockets: on anything else it fails. */
static inline struct sim_world *tidy__seam_socket_world(const char *call,
                                                        int fd)
{
    struct sim_world *world = tidy__seam_world(call, fd);

    if (!world && tidy__sim_world)
        tidy__seam_refuse_socket(tidy__sim_world, call, fd);
    return world;
}

/* What the C library makes of a result: errno, and -1 in its place. */
static inline long tidy__seam_result(long result)
{
    if (tidy__sim_world)
        tidy__sim_digest(tidy__sim_world, (uint64_t)result);
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

/* The same for the many that return an int. */
static inline int tidy__seam_int(int result)
{
    return (int)tidy__seam_result(result);
}

/* End the run: a call of a simulated descriptor that is not modelled. */
_Noreturn void
tidy__seam_refuse(struct sim_world *world, const char *call, int fd);

#endif
