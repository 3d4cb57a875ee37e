/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Exploration: a body is run in worlds (sim.h), schedule after schedule, until
 * one does not pass; that one is made as simple as it can be, told, and kept, so
 * that it can be run again.
 *
 * @code
 *     static void body(void *arg) { ... server and clients, in one loop ... }
 *
 *     struct tidy_exploration *found = tidy_explore(NULL, body, NULL);
 *
 *     tidy_exploration_print(found, stdout);
 *     code = tidy_exploration_verdict(found);
 *     tidy_exploration_free(found);
 * @endcode
 *
 * What bodies write to standard output and error is thrown away, but for that of
 * a replay. Nothing of the body is run in the caller's process. Its runs share processes,
 * one for each worker, as a runner's do (tidy_world_runner_new()): a body must
 * leave nothing behind in memory that another run could see, and one run in a
 * hundred is made twice to see whether that is so. docs/EXPLORE.md says how to
 * write a body that can be explored, docs/REPORTS.md how to read what was found.
 *
 * If the environment has TIDYSOCK_SCHEDULE, the path of a schedule's file or the
 * schedule itself, only that is run: the line that a report ends with. If it has
 * TIDYSOCK_EXPLORE, that overrides options: "schedules=100000 seed=7", and so on
 * (tidysock-explore(1)).
 */
#ifndef TIDYSOCK_EXPLORE_H
#define TIDYSOCK_EXPLORE_H

#include <tidysock/common.h>
#include <tidysock/sim.h>

#include <stdio.h>

TIDY_BEGIN_DECLS

/** How far a search has come: for a line on a terminal. */
struct tidy_explore_progress {
    uint64_t n_schedules;
    uint64_t max_schedules; /**< 0: any number */
    uint64_t n_traces;      /**< of them that differ */
    uint64_t n_failed;
    uint64_t elapsed_ns; /**< real time */
};

/** What is wanted. Zero means the default everywhere. */
struct tidy_explore_options {
    /** sizeof(struct tidy_explore_options), or 0; lets us grow it. */
    size_t size;
    /** Of the test, for reports; NULL: "body". Borrowed until the exploration is
     *  freed. */
    const char *name;
    /** The command line that runs the test again, for reports; NULL: that of this
     *  process. Borrowed as the name is. */
    const char *command;
    /** What worlds are to be like: profile, kinds, limits. Which kinds may depart
     *  from calm: TIDY_CHOICES_NO_FAULTS, if 0. The schedule's members (seed,
     *  choices), has_trace and is_checked are to be zero. */
    struct tidy_world_options world;
    /** "portfolio", which is the default, or another that
     *  tidy_explore_strategy_name() knows. */
    const char *strategy;
    /** Of what is drawn at random; another seed, other runs. */
    uint64_t seed;
    /** No more schedules than so many; 0: 10,000, or any number if max_ns or
     *  is_until_complete is there. */
    uint64_t max_schedules;
    /** No longer than so much real time; 0: any time. */
    uint64_t max_ns;
    /** Until every schedule of the bounds below is done: strategy "depth". */
    bool is_until_complete;
    /** Of "depth" and the portfolio: departures from calm that are no faults,
     *  and faults, in one schedule. 0: 2, and 1 if kinds has faults. More than 12
     *  together are refused. */
    unsigned max_departures, max_faults;
    /** No departures, or no faults, at all: for who wants the calm run alone. */
    bool has_no_departures, has_no_faults;
    /** Processes at the same time, at most 64; 0: one for each processor. */
    unsigned n_workers;
    /** Go on after the first that does not pass, and find all that are not alike:
     *  up to 32. */
    bool goes_on;
    /** Keep what was found as it was, as simple as it may be made or not. */
    bool is_not_shrunk;
    /** A directory of schedules that have failed once. They are run first, and
     *  what is found is put there. Made if it is not there; NULL: none. */
    const char *corpus;
    /** A directory to which each failure is written, as text, HTML, packets
     *  (pcapng) and events (JSON lines), with its schedule. Made if it is not
     *  there; NULL: none. */
    const char *reports;
    /** More options, as text: what TIDYSOCK_EXPLORE may have, which overrides it
     *  as it overrides the members. NULL: none. */
    const char *words;
    /** As for tidy_world_runner_new(). */
    enum tidy_warm_up warm_up;
    /** Called about ten times a second, in the caller's process; NULL: not. */
    void (*progress)(const struct tidy_explore_progress *progress, void *arg);
    void *progress_arg; /**< borrowed */
};

/** What came of it; also the exit code of programs that explore. */
enum tidy_verdict {
    TIDY_VERDICT_PASSED = 0,   /**< all schedules that were run have passed */
    TIDY_VERDICT_FOUND = 1,    /**< one has not */
    TIDY_VERDICT_NOT_RUN = 125 /**< nothing could be run; the text says why */
};

/** A search that is over. */
struct tidy_exploration;

/** One failure that was found, as simple as it was made. */
struct tidy_found;

/**
 * Explore a body.
 *
 * @param options  Copied, but for what is borrowed; NULL: all defaults.
 * @param body     Called once in each run, inside a world.
 * @param arg      The body's; borrowed until this returns.
 * @return         Owned: end it with tidy_exploration_free(). NULL: out of
 *                 memory. Options that contradict each other, or ask for what
 *                 there is not, give TIDY_VERDICT_NOT_RUN, and a text.
 */
TIDY_API struct tidy_exploration *
tidy_explore(const struct tidy_explore_options *options,
             tidy_world_body_cb body,
             void *arg);

/**
 * Explore a whole program, as tidy_world_run_program() runs one: every run is a
 * process, which is some hundred times as slow.
 *
 * @param argv  Borrowed until the exploration is freed.
 */
TIDY_API struct tidy_exploration *
tidy_explore_program(const struct tidy_explore_options *options,
                     char *const argv[]);

/**
 * Does a program explore by itself: is it linked with the shared library of the
 * simulator, and does it call tidy_explore()? TIDYSOCK_EXPLORE and TIDYSOCK_SCHEDULE are for it, then.
 *
 * @param name  Looked for as execvp(3) does.
 */
TIDY_API bool tidy_explore_does_program(const char *name);

/**
 * Run one schedule, and tell what became of it as if it had been
 * found: for TIDYSOCK_SCHEDULE, and `tidysock replay`. A schedule that is not
 * quite the body's any more is run as far as it is; the text says where it
 * diverged.
 *
 * @param path  Of a file that tidy_found_write_schedule() has written; or what
 *              such a file contains, with semicolons for ends of lines.
 * @param argv  A program; or NULL, and body is run.
 */
TIDY_API struct tidy_exploration *
tidy_explore_replay(const struct tidy_explore_options *options,
                    const char *path,
                    tidy_world_body_cb body,
                    void *arg,
                    char *const argv[]);

/** End it. Accepts NULL, returns NULL. */
TIDY_API struct tidy_exploration *
tidy_exploration_free(struct tidy_exploration *exploration);

/** The name of a strategy, from 0 on, and what it does; NULL: no more. */
TIDY_API const char *tidy_explore_strategy_name(size_t idx,
                                                const char **ret_what);

/* -------------------------------------------------------------- what came of it */

/** Whether all that was run has passed. */
TIDY_API enum tidy_verdict
tidy_exploration_verdict(const struct tidy_exploration *exploration);

/** Why nothing could be run, or where a schedule diverged; else "". Borrowed. */
TIDY_API const char *
tidy_exploration_text(const struct tidy_exploration *exploration);

/** Alternatives that depart from calm, of one kind. */
struct tidy_explore_share {
    uint64_t n_offered; /**< in any run, each counted once */
    uint64_t n_taken;   /**< of them, in some run */
};

/** Figures of a search. */
struct tidy_explore_summary {
    uint64_t n_schedules;
    uint64_t n_simple; /**< of them, by strategy "depth" */
    uint64_t n_traces; /**< told apart by what calls returned, and when */
    uint64_t n_failed;
    uint64_t elapsed_ns;
    /** Every schedule with at most so many departures and faults was run. */
    bool is_complete;
    unsigned max_departures, max_faults;
    /** If not: every one of up to so many of both; -1: not even the calm one. */
    int complete_depth;
    /** The chance, in millionths, that the next schedule shows a trace that was
     *  not seen: of those seen, how many were seen once (Good and Turing). 0 if
     *  all is done. */
    unsigned novelty_ppm;
    struct tidy_explore_share shares[TIDY_N_CHOICES];
};

/** @param ret_summary  Receives the figures. */
TIDY_API void
tidy_exploration_summary(const struct tidy_exploration *exploration,
                         struct tidy_explore_summary *ret_summary);

/** Write the figures in some lines of text; or as one line of JSON. */
TIDY_API void tidy_exploration_print(const struct tidy_exploration *exploration,
                                     FILE *out);
TIDY_API void
tidy_exploration_print_json(const struct tidy_exploration *exploration,
                            FILE *out);

/** The failures, simplest first, from 0 on; NULL: no more. Borrowed. */
TIDY_API const struct tidy_found *
tidy_exploration_found(const struct tidy_exploration *exploration, size_t idx);

/* ---------------------------------------------------------------- one failure */

/** How the run ended. */
TIDY_API enum tidy_outcome tidy_found_outcome(const struct tidy_found *found);
/** What the run says, in one or more lines. Borrowed. */
TIDY_API const char *tidy_found_text(const struct tidy_found *found);
/** Departures and faults of its schedule. */
TIDY_API size_t tidy_found_n_departures(const struct tidy_found *found);
/** Schedules that had been run when it was found; and how often it was. */
TIDY_API uint64_t tidy_found_n_schedules(const struct tidy_found *found);
TIDY_API uint64_t tidy_found_n_times(const struct tidy_found *found);

/** Forms of what is told of a failure: docs/REPORTS.md. */
enum tidy_report_format {
    TIDY_REPORT_TEXT,    /**< a table, one column for each actor */
    TIDY_REPORT_COLOURS, /**< the same for a terminal */
    TIDY_REPORT_HTML,    /**< a page with a chart, complete in itself */
    TIDY_REPORT_PCAPNG,  /**< packets, for Wireshark */
    TIDY_REPORT_JSON,    /**< events, one JSON object a line */
    TIDY_N_REPORT_FORMATS
};

/**
 * Write what happened in it.
 *
 * @retval 0       Written.
 * @retval -ENOMEM Out of memory: part of it may have been.
 * @retval -errno  As fflush(3) says.
 */
TIDY_API int tidy_found_write(const struct tidy_found *found,
                              enum tidy_report_format format,
                              FILE *out);

/**
 * Write its schedule: text, a line for each departure, by who departed and for
 * the how many-th time, so that it outlives small changes of the body.
 *
 * @retval 0       Written.
 * @retval -errno  As fflush(3) says.
 */
TIDY_API int tidy_found_write_schedule(const struct tidy_found *found,
                                       FILE *out);

TIDY_END_DECLS

#endif
