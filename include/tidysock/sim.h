/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Worlds: simulated kernels, for tests that run unmodified in them.
 *
 * A body is run in a world: its sockets, pipes, timers and clocks are the
 * world's, also those of libraries that it calls (libuv, libevent), and no
 * system call of that kind reaches the real kernel. Time is virtual. Where the
 * kernel leaves something open (when a segment arrives, which of several ready
 * descriptors is reported first) the world asks its schedule; the same schedule
 * gives the same run, byte for byte of its trace.
 *
 * Link with libtidysock-sim (`pkg-config tidysock-sim`), which answers the names
 * of libc that it needs: socket(), read(), epoll_wait(), clock_gettime() and so
 * on. Outside of a world they do what they always did. docs/WORLD.md says what
 * is modelled and what is not; a call that is not modelled ends the run and is
 * named.
 *
 * Every run is in a process of its own, forked from the caller's: what ends a
 * run (a failed check, a deadlock, a crash) ends that process only.
 */
#ifndef TIDYSOCK_SIM_H
#define TIDYSOCK_SIM_H

#include <tidysock/common.h>
#include <tidysock/error.h>

TIDY_BEGIN_DECLS

/**
 * What the kernel leaves open: name, text. Alternative 0 of each is the calm
 * one: an idle Linux with its loopback interface.
 */
/* clang-format off */
#define TIDY_CHOICE_TABLE(X)                                                   \
    X(ORDER, "order", "what is in flight, and what arrives next")              \
    X(READY, "ready", "which ready descriptors are reported, in which order")  \
    X(ACCEPT, "accept", "a connection reaches the backlog late")               \
    X(TIMER, "timer", "a time limit passes before what is under way")          \
    X(READ_CUT, "read-cut", "a read returns less than there is")               \
    X(WRITE_CUT, "write-cut", "a write takes less than there is room for")     \
    X(WAKE, "wake", "a wait ends although nothing is ready")                   \
    X(EINTR_FAULT, "eintr", "a blocking call is interrupted")                  \
    X(EMFILE_FAULT, "emfile", "no descriptor is left")                         \
    X(ENOBUFS_FAULT, "enobufs", "no memory is left for a socket")              \
    X(ABORT_FAULT, "abort", "accept gives ECONNABORTED")                       \
    X(REFUSE_FAULT, "refuse", "a connect is refused")                          \
    X(UNREACHED_FAULT, "unreached", "a connect is never answered")             \
    X(RESET_FAULT, "reset", "a connection is reset in the middle")
/* clang-format on */

/** Kinds of choices. */
enum tidy_choice {
#define TIDY__CHOICE_ENUM(name, text, what) TIDY_CHOICE_##name,
    TIDY_CHOICE_TABLE(TIDY__CHOICE_ENUM)
#undef TIDY__CHOICE_ENUM
    TIDY_N_CHOICES
};

/** The name of a kind, e.g. "read-cut"; borrowed for ever. */
TIDY_API const char *tidy_choice_name(enum tidy_choice kind);

/** A set of kinds, for tidy_world_options. */
#define TIDY_CHOICE_BIT(kind) (UINT32_C(1) << (kind))
#define TIDY_CHOICES_ALL ((UINT32_C(1) << TIDY_N_CHOICES) - 1)
/** All but the faults: what an idle machine may do. */
#define TIDY_CHOICES_ORDERS                                                    \
    (TIDY_CHOICE_BIT(TIDY_CHOICE_ORDER) | TIDY_CHOICE_BIT(TIDY_CHOICE_READY) | \
     TIDY_CHOICE_BIT(TIDY_CHOICE_ACCEPT) | TIDY_CHOICE_BIT(TIDY_CHOICE_TIMER))

/** How a run ended. */
enum tidy_outcome {
    TIDY_OUTCOME_PASSED,
    TIDY_OUTCOME_FAILED,       /**< the body called tidy_world_fail() */
    TIDY_OUTCOME_DEADLOCK,     /**< it waits for what cannot come any more */
    TIDY_OUTCOME_LEFTOVER,     /**< descriptors, connections or paths stayed */
    TIDY_OUTCOME_LIMIT,        /**< too many steps, or too much time */
    TIDY_OUTCOME_UNMODELLED,   /**< a call that no world can answer */
    TIDY_OUTCOME_UNCONTROLLED, /**< the same schedule gave another trace */
    TIDY_OUTCOME_ASTRAY,       /**< the schedule is not one of this body */
    TIDY_OUTCOME_CRASHED       /**< by a signal, or by exiting */
};

/** Whose kernel a world is like. */
enum tidy_profile {
    TIDY_PROFILE_LINUX,
    /** As Linux, but a connection that was reset before it was accepted is
     *  never returned by accept(), or gives ECONNABORTED. */
    TIDY_PROFILE_DARWIN
};

/** What a world is to be like. Zero means the default everywhere. */
struct tidy_world_options {
    /** sizeof(struct tidy_world_options), or 0; lets us grow it. */
    size_t size;
    enum tidy_profile profile;
    /** Kinds that may depart from calm (TIDY_CHOICE_BIT); 0: none. */
    uint32_t kinds;
    /** Departs at random, from this seed; 0: calm, or `choices`. */
    uint64_t seed;
    /** The alternatives to take, one after the other, and calm after the last.
     *  Borrowed for the run. NULL: `seed` decides. */
    const uint32_t *choices;
    size_t n_choices;
    /** Keep the text of the trace. */
    bool has_trace;
    /** The run is over after so many calls of the body's, or so much virtual
     *  time; 0: a million, and an hour. */
    uint64_t max_steps;
    uint64_t max_ns;
    /** How long a segment may be under way while time passes; 0: 100 ms. */
    uint64_t max_latency_ns;
};

TIDY_END_DECLS

#endif
