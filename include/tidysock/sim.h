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
 * named. So does, in the first run of a process, a system call that reaches the
 * real kernel past these names and that the world should have answered: on
 * x86-64, where the kernel can watch for it.
 *
 * Every run is in a process of its own, forked from the caller's: what ends a
 * run (a failed check, a deadlock, a crash) ends that process only.
 */
#ifndef TIDYSOCK_SIM_H
#define TIDYSOCK_SIM_H

#include <tidysock/common.h>
#include <tidysock/error.h>

#include <stdio.h>

TIDY_BEGIN_DECLS

/**
 * What the kernel leaves open: name, text. Alternative 0 of each is the calm
 * one: an idle Linux with its loopback interface. docs/WORLD.md has the others.
 */
/* clang-format off */
#define TIDY_CHOICE_TABLE(X)                                                   \
    X(ORDER, "order", "what is in flight, and what arrives next")              \
    X(READY, "ready", "which ready descriptors are reported, in which order")  \
    X(ACCEPT, "accept", "what reaches the backlog, and when")                  \
    X(TIMER, "timer", "a time limit passes before what is under way")          \
    X(READ_CUT, "read-cut", "a read returns less than there is")               \
    X(WRITE_CUT, "write-cut", "a write takes less than there is room for")     \
    X(REUSE, "reuse", "the number of a closed descriptor is not the next")     \
    X(WAKE, "wake", "a wait says that a socket is readable which is not")      \
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
/** All but the faults and short counts: what an idle machine may do. */
#define TIDY_CHOICES_ORDERS                                                    \
    (TIDY_CHOICE_BIT(TIDY_CHOICE_ORDER) | TIDY_CHOICE_BIT(TIDY_CHOICE_READY) | \
     TIDY_CHOICE_BIT(TIDY_CHOICE_ACCEPT) | TIDY_CHOICE_BIT(TIDY_CHOICE_TIMER))

/** Those and a call that does less than it could. */
#define TIDY_CHOICES_NO_FAULTS                                                 \
    (TIDY_CHOICES_ORDERS | TIDY_CHOICE_BIT(TIDY_CHOICE_READ_CUT) |             \
     TIDY_CHOICE_BIT(TIDY_CHOICE_WRITE_CUT) |                                  \
     TIDY_CHOICE_BIT(TIDY_CHOICE_WAKE))

/** What an idle machine does not show at all. */
#define TIDY_CHOICES_FAULTS                                                    \
    (TIDY_CHOICES_ALL & ~TIDY_CHOICES_NO_FAULTS &                              \
     ~TIDY_CHOICE_BIT(TIDY_CHOICE_REUSE))

/**
 * A set from its names: of kinds, or "orders", "no-faults" and "all", divided by
 * commas; e.g. "orders,eintr".
 *
 * @return  NULL; or where in the list is what is no name, and *ret_kinds stays
 *          as it was.
 */
TIDY_API const char *tidy_choices_parse(const char *list, uint32_t *ret_kinds);

/** How a run ended. */
enum tidy_outcome {
    TIDY_OUTCOME_PASSED,
    /** The body called tidy_world_fail(), or closed real descriptors that are
     *  not its own; or the program ended with another code than 0. */
    TIDY_OUTCOME_FAILED,
    TIDY_OUTCOME_DEADLOCK,     /**< it waits for what cannot come any more */
    TIDY_OUTCOME_LEFTOVER,     /**< descriptors, connections or paths stayed */
    TIDY_OUTCOME_LIMIT,        /**< too many steps, or too much time */
    TIDY_OUTCOME_UNMODELLED,   /**< a call that no world can answer */
    TIDY_OUTCOME_UNCONTROLLED, /**< the same schedule gave another trace */
    /** The schedule is not one of this body: an alternative that was not
     *  offered, or more choices than were asked for. */
    TIDY_OUTCOME_ASTRAY,
    TIDY_OUTCOME_CRASHED, /**< by a signal, or by exiting */
    TIDY_OUTCOME_NOT_RUN  /**< no process, no memory, no descriptors */
};

/** Whose kernel a world is like. */
enum tidy_profile {
    TIDY_PROFILE_LINUX,
    /** As Linux, but a connection that was reset before it was accepted is
     *  never returned by accept(), or gives ECONNABORTED. */
    TIDY_PROFILE_DARWIN
};

/** The name of a profile, e.g. "darwin"; borrowed for ever. */
TIDY_API const char *tidy_profile_name(enum tidy_profile profile);

/**
 * What a world is to be like. Zero means the default everywhere.
 *
 * Options that contradict each other, or ask for what there is not, are refused:
 * the outcome is TIDY_OUTCOME_NOT_RUN, and the text says what is wrong.
 */
struct tidy_world_options {
    /** sizeof(struct tidy_world_options), or 0; lets us grow it. */
    size_t size;
    enum tidy_profile profile;
    /** Kinds that may depart from calm (TIDY_CHOICE_BIT); 0: none. */
    uint32_t kinds;
    /** Departs at random, from this seed; 0: calm, or `choices`. Needs `kinds`.
     */
    uint64_t seed;
    /** The alternatives to take, one after the other, and calm after the last.
     *  Borrowed for the run. NULL: `seed` decides. Needs `kinds`, those with
     *  which the list came about. A run that passes without having asked for
     *  all of them is astray. */
    const uint32_t *choices;
    size_t n_choices;
    /** Keep the text of the trace. */
    bool has_trace;
    /**
     * Run it again, to see whether the schedule alone decides what happens: in
     * a fresh process, where memory lies elsewhere and contains something else,
     * and, if runs share a process, once more in that one before. If any of the
     * traces differs, the outcome is TIDY_OUTCOME_UNCONTROLLED, and the text
     * shows the first differing event of both.
     *
     * It finds bodies that go by addresses, by memory that they did not
     * initialize, by what earlier runs left behind, by the time-stamp counter
     * or the process's number, as soon as these change a call or the bytes that
     * it writes; not always the first time, as two layouts may happen to have
     * one effect: each checked run of a runner tries another. The code itself
     * lies where it did: order by the addresses of functions or static variables
     * differs only in a new program, which tidy_world_run_program() starts.
     *
     * The trace is kept. Costs two to three runs, and a process.
     */
    bool is_checked;
    /** The run is over after so many calls of the body's, or so much virtual
     *  time; 0: a million, and an hour. */
    uint64_t max_steps;
    uint64_t max_ns;
    /** How long a segment may be under way while time passes; 0: 100 ms. */
    uint64_t max_latency_ns;
    /** Keep what happened as single events, from which reports of failures are
     *  written (tidysock/explore.h); 65,536 of them. Such a run is slower. */
    bool has_events;
};

/** A body: what is to run in a world. It returns if all is well. */
typedef void (*tidy_world_body_cb)(void *arg);

/* --------------------------------------------------------- running a body */

/** What became of a run. */
struct tidy_world_report;

/**
 * Run a body once in a world, in a process forked for it.
 *
 * The body sees the caller's memory as it is now; what it changes is gone when
 * it is over.
 *
 * @param options  Copied; NULL: all defaults.
 * @param body     Called once, inside the world.
 * @param arg      The body's.
 * @return         What became of it, owned: end it with
 *                 tidy_world_report_free(). Never NULL: if nothing could be
 *                 run, the outcome is TIDY_OUTCOME_NOT_RUN, and the text says
 *                 why.
 */
TIDY_API struct tidy_world_report *
tidy_world_run(const struct tidy_world_options *options,
               tidy_world_body_cb body,
               void *arg);

/**
 * Many runs of one body. They share a process as long as they pass, which is
 * some ten times as fast; the body must then leave nothing behind in the
 * process's memory that another run could see.
 */
struct tidy_world_runner;

/** How a runner's process is made ready. */
enum tidy_warm_up {
    /** Run the body once outside of any world, and forget the outcome: for what
     *  libraries make once in a process. */
    TIDY_WARM_UP_OUTSIDE,
    /** The body cannot run outside: each run has a process of its own. */
    TIDY_WARM_UP_NONE
};

/**
 * Make a runner. No process is forked before the first run.
 *
 * @param body  Borrowed, with @p arg, until the runner is freed.
 * @return      Owned: end it with tidy_world_runner_free(). NULL: out of memory.
 */
TIDY_API struct tidy_world_runner *
tidy_world_runner_new(tidy_world_body_cb body,
                      void *arg,
                      enum tidy_warm_up warm_up);

/**
 * Run the body once more; as tidy_world_run().
 *
 * A run that does not pass ends its process, and is run again in a fresh one:
 * only what happens there, too, is reported as it is. Else the outcome is
 * TIDY_OUTCOME_UNCONTROLLED: "state leaks between runs", and from then on each
 * run has a process of its own.
 *
 * What is left in the process counts: after a run, the real descriptors must be
 * those that were open after the warm-up. One more is a leftover, and named; one
 * less has been closed and was not the body's. (Simulated descriptors are looked
 * at in any case; without a warm-up, real ones that are opened are not, since
 * some are opened once, by libraries.) A process that has grown by 256 MiB is
 * replaced by a fresh one, with a warm-up: memory that grows is no failure here.
 *
 * A process that makes no call for 10 s is killed.
 */
TIDY_API struct tidy_world_report *
tidy_world_runner_run(struct tidy_world_runner *runner,
                      const struct tidy_world_options *options);

/** End the runner and its process. Accepts NULL, returns NULL. */
TIDY_API struct tidy_world_runner *
tidy_world_runner_free(struct tidy_world_runner *runner);

/**
 * Run a whole program in a world, from before its main() to its end: the
 * library is preloaded into it.
 *
 * It must be linked dynamically, and be server and client in one. Its
 * descriptors 0, 1 and 2 are real. Like a body it is to leave nothing behind,
 * and a program that ends with another code than 0 has failed. A checked one is
 * executed twice, with all that it does to files.
 *
 * @param options  Copied; NULL: all defaults.
 * @param argv     The program, looked for as execvp(3) does, and its arguments.
 * @return         As tidy_world_run().
 */
TIDY_API struct tidy_world_report *
tidy_world_run_program(const struct tidy_world_options *options,
                       char *const argv[]);

/** How it ended. */
TIDY_API enum tidy_outcome
tidy_world_report_outcome(const struct tidy_world_report *report);

/** The name of an outcome, e.g. "deadlock"; borrowed for ever. */
TIDY_API const char *tidy_outcome_name(enum tidy_outcome outcome);

/** Why, in one or more lines; "" if it passed. Borrowed from the report. */
TIDY_API const char *
tidy_world_report_text(const struct tidy_world_report *report);

/** The trace, a line for each event, if it was asked for; else "". */
TIDY_API const char *
tidy_world_report_trace(const struct tidy_world_report *report);

/** The alternatives that were taken, which replay the run; borrowed. */
TIDY_API const uint32_t *
tidy_world_report_choices(const struct tidy_world_report *report,
                          size_t *ret_n_choices);

/** Calls of the body's, and virtual time from the first to the last. */
TIDY_API uint64_t
tidy_world_report_n_steps(const struct tidy_world_report *report);
TIDY_API uint64_t
tidy_world_report_duration_ns(const struct tidy_world_report *report);

/** The code with which a program ended by itself, or 128 and the number of the
 *  signal that ended it; -1: the world did, or the run was that of a body. */
TIDY_API int
tidy_world_report_exit_code(const struct tidy_world_report *report);

/** End a report. Accepts NULL, returns NULL. */
TIDY_API struct tidy_world_report *
tidy_world_report_free(struct tidy_world_report *report);

/* --------------------------------------------------------- inside a world */

/**
 * Called when a run ends that does not pass, inside the call that is its last:
 * a place for a debugger's breakpoint. It does nothing.
 *
 * @param text  Why; borrowed until it returns.
 */
TIDY_API __attribute__((noinline)) void
tidy_world_ended(enum tidy_outcome outcome, const char *text);

/**
 * Have something done when the process of the runs ends: because it is not
 * needed any more, or because a run in it did not pass; a program's, because the
 * world ended it. It is for what no world has, such as directories. Nothing is
 * done after a crash, nor by a process that is killed because it made no call.
 *
 * @param fn  Called once, outside of any world, the last one first. In other
 *            processes: never.
 * @return    0; -ENOMEM: there are 32 already.
 */
TIDY_API int tidy_world_at_end(void (*fn)(void *arg), void *arg);

/**
 * Have the report of a deadlock say more: what the body itself knows about what
 * is waited for. Misuse outside of a world.
 *
 * @param fn  Called in the world when it has a deadlock; it may ask the world
 *            what it likes but must not wait. NULL: nothing more. One for each
 *            world: the last that was given.
 */
TIDY_API void tidy_world_explain(void (*fn)(FILE *out, void *arg), void *arg);

/** Is the calling thread inside a world? */
TIDY_API bool tidy_world_is_inside(void);

/**
 * The numbers that the process has reserved for the descriptors of worlds, from
 * *ret_first on: for who lists the descriptors of a process. They are nobody's
 * outside of a world, and stay until the process ends.
 *
 * @return  How many; 0: no world has been run yet.
 */
TIDY_API size_t tidy_world_reserved_fds(int *ret_first);

/** Virtual time since the world began. Misuse outside of one. */
TIDY_API uint64_t tidy_world_now_ns(void);

/**
 * Give an actor a name, which traces and reports then have beside its number.
 *
 * @param fd    One of the world's descriptors: the actor is what it refers to.
 *              A connection that is accepted has its listener's name until it
 *              gets its own.
 * @param name  Copied, at most 39 bytes; e.g. "client 2".
 */
TIDY_API void tidy_world_name(int fd, const char *name);

/**
 * From now on only some kinds may depart from calm: those given that the run has
 * on. For set-up that is not what is tested: faults are off in it, or all kinds,
 * and on again behind it. Misuse outside of a world.
 *
 * @param kinds  TIDY_CHOICE_BIT of each; TIDY_CHOICES_ALL: all that the run has.
 */
TIDY_API void tidy_world_restrict(uint32_t kinds);

/** Choices so far that departed from calm. */
TIDY_API uint64_t tidy_world_n_departures(void);

/** TCP ports that are kept in TIME_WAIT now, each by a connection that this side
 *  was the first to close. */
TIDY_API size_t tidy_world_n_time_waits(void);

/** Let so much virtual time pass, with all that happens in it. */
TIDY_API void tidy_world_advance(uint64_t duration_ns);

/**
 * Fail the run: it ends here, with TIDY_OUTCOME_FAILED and this sentence.
 *
 * @param fmt  printf-like.
 */
TIDY_API __attribute__((noreturn)) void tidy_world_fail(const char *fmt, ...)
    TIDY_PRINTF(1, 2);

TIDY_END_DECLS

#endif
