/* SPDX-License-Identifier: MIT */
/*
 * Waiting for another thread, and waking one. In a world there is none: what would
 * block ends the run, and what is free is taken.
 *
 * The calls without a time limit of mutexes and the like are not here, as they
 * are too many and too quick; one that blocks is a system call, which the first
 * run of a process sees (tripwire.h).
 */
#include "sim/seam.h"

static void refuse(const char *call)
{
    if (tidy__sim_world)
        tidy__sim_end(tidy__sim_world,
                      TIDY_OUTCOME_UNMODELLED,
                      "simulation does not model %s: there is no other thread",
                      call);
}

/* Does a thread wait? It was there before the world, as those of a library's pool
 * are, and what it is woken for would be done outside of it. */
static bool has_waiters(const pthread_cond_t *cond)
{
#ifdef __GLIBC__
    return cond->__data.__wrefs >> 3 != 0; /* its lowest bits are flags */
#else
    (void)cond;
    return false;
#endif
}

#define WAKES(name)                                                            \
    SEAM(int, name, (pthread_cond_t * cond))                                   \
    {                                                                          \
        if (tidy__sim_world && has_waiters(cond))                              \
            tidy__sim_end(tidy__sim_world,                                     \
                          TIDY_OUTCOME_UNMODELLED,                             \
                          "simulation does not model %s: it wakes another "    \
                          "thread",                                            \
                          #name);                                              \
        return REAL(name)(cond);                                               \
    }

#define BLOCKS(name, params, args)                                             \
    SEAM(int, name, params)                                                    \
    {                                                                          \
        refuse(#name);                                                         \
        return REAL(name) args;                                                \
    }

/* Unless a call that does not block has an end. */
#define MAY_BLOCK(name, params, args, attempt, is_busy)                        \
    SEAM(int, name, params)                                                    \
    {                                                                          \
        int result;                                                            \
                                                                               \
        if (!tidy__sim_world)                                                  \
            return REAL(name) args;                                            \
        result = (attempt);                                                    \
        if (is_busy)                                                           \
            refuse(#name);                                                     \
        return result;                                                         \
    }

WAKES(pthread_cond_signal)
WAKES(pthread_cond_broadcast)

/* clang-format off */

BLOCKS(pthread_cond_wait, (pthread_cond_t *cond, pthread_mutex_t *mutex),
       (cond, mutex))
BLOCKS(pthread_cond_timedwait,
       (pthread_cond_t *cond, pthread_mutex_t *mutex,
        const struct timespec *until),
       (cond, mutex, until))
BLOCKS(pthread_cond_clockwait,
       (pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
        const struct timespec *until),
       (cond, mutex, clock, until))
BLOCKS(cnd_wait, (cnd_t *cond, mtx_t *mutex), (cond, mutex))
BLOCKS(cnd_timedwait,
       (cnd_t *cond, mtx_t *mutex, const struct timespec *until),
       (cond, mutex, until))
BLOCKS(pthread_join, (pthread_t thread, void **ret_value), (thread, ret_value))
BLOCKS(pthread_timedjoin_np,
       (pthread_t thread, void **ret_value, const struct timespec *until),
       (thread, ret_value, until))
BLOCKS(pthread_clockjoin_np,
       (pthread_t thread, void **ret_value, clockid_t clock,
        const struct timespec *until),
       (thread, ret_value, clock, until))
BLOCKS(thrd_join, (thrd_t thread, int *ret_value), (thread, ret_value))
BLOCKS(pthread_barrier_wait, (pthread_barrier_t *barrier), (barrier))

#define IS_BUSY (result == EBUSY)
MAY_BLOCK(pthread_mutex_timedlock,
          (pthread_mutex_t *mutex, const struct timespec *until),
          (mutex, until), pthread_mutex_trylock(mutex), IS_BUSY)
MAY_BLOCK(pthread_mutex_clocklock,
          (pthread_mutex_t *mutex, clockid_t clock,
           const struct timespec *until),
          (mutex, clock, until), pthread_mutex_trylock(mutex), IS_BUSY)
MAY_BLOCK(mtx_timedlock, (mtx_t *mutex, const struct timespec *until),
          (mutex, until), mtx_trylock(mutex), result == thrd_busy)
MAY_BLOCK(pthread_rwlock_timedrdlock,
          (pthread_rwlock_t *lock, const struct timespec *until),
          (lock, until), pthread_rwlock_tryrdlock(lock), IS_BUSY)
MAY_BLOCK(pthread_rwlock_timedwrlock,
          (pthread_rwlock_t *lock, const struct timespec *until),
          (lock, until), pthread_rwlock_trywrlock(lock), IS_BUSY)
MAY_BLOCK(pthread_rwlock_clockrdlock,
          (pthread_rwlock_t *lock, clockid_t clock,
           const struct timespec *until),
          (lock, clock, until), pthread_rwlock_tryrdlock(lock), IS_BUSY)
MAY_BLOCK(pthread_rwlock_clockwrlock,
          (pthread_rwlock_t *lock, clockid_t clock,
           const struct timespec *until),
          (lock, clock, until), pthread_rwlock_trywrlock(lock), IS_BUSY)

#define IS_EMPTY (result < 0 && errno == EAGAIN)
MAY_BLOCK(sem_wait, (sem_t *sem), (sem), sem_trywait(sem), IS_EMPTY)
MAY_BLOCK(sem_timedwait, (sem_t *sem, const struct timespec *until),
          (sem, until), sem_trywait(sem), IS_EMPTY)
MAY_BLOCK(sem_clockwait,
          (sem_t *sem, clockid_t clock, const struct timespec *until),
          (sem, clock, until), sem_trywait(sem), IS_EMPTY)

/* clang-format on */
