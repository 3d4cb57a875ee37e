/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The case: one test, its loop, its deadline, its clean-ups, its leak check.
 *
 * Mostly an adapter (tidysock/adapters/) makes and ends the case, and a test
 * only uses it. The order of a case:
 *
 *     begin, baseline, set_up, BODY, tear_down, clean-ups (last in, first out),
 *     patches undone, leak check, verdict
 *
 * set_up, body, tear_down and clean-ups may await. Functions here that "fail
 * the test" do not return: they record the failure and end the body. Inside a
 * callback they end that callback; the loop is left at the end of its turn, and
 * then the body ends. What follows the body runs in any case.
 *
 * Clean-up comes after the body has returned: what your callbacks use then
 * (connection_lost comes last) must not lie on the body's stack. Protocols,
 * statics and what set_up allocated are fine.
 *
 * After each test the case says what was left behind: descriptors, libuv
 * handles (yours too), timers, threads, child processes, temporary paths,
 * deferreds that never fired, failures that nobody handled. What existed before
 * the case began never appears.
 */
#ifndef TIDYSOCK_CASE_H
#define TIDYSOCK_CASE_H

#include <tidysock/client.h>
#include <tidysock/common.h>
#include <tidysock/deferred.h>
#include <tidysock/loop.h>
#include <tidysock/server.h>

TIDY_BEGIN_DECLS

/** The time a test may take in all, unless set; see also
 *  TIDYSOCK_TIMEOUT_MULTIPLIER in the environment, a whole number. */
#define TIDY_CASE_DEADLINE_NS TIDY_S(5)

struct tidy_case;
struct tidy_explore_options;
struct tidy_test;

/** What the core needs of a test framework. Constant; one per adapter. */
struct tidy_host {
    /** sizeof(struct tidy_host) at the adapter, or 0; lets us grow it. */
    size_t size;

    /**
     * Fail the running test at a place. Called when a call fails in code of the
     * test that tidy_case_run() did not start (else the failure is kept for
     * tidy_case_end()); never under a callback. Must not return.
     *
     * @param file  With @p line: of the call that failed.
     * @param text  One or more lines without a final newline.
     */
    void (*fail)(const char *file, int line, const char *text);
};

/** The transports on which a test is run: flags of struct tidy_test. */
enum tidy_transports {
    TIDY_NO_SERVER = 0, /**< once, without a server (or with get_server's) */
    TIDY_TCP = 1,       /**< once on TCP */
    TIDY_UNIX = 2,      /**< once on Unix sockets */
};

/** The simulated worlds (tidysock/sim.h) in which a test can be run. */
enum tidy_worlds {
    TIDY_WORLDS_ALL,
    /** Not with the darwin profile: it says what Linux does. */
    TIDY_WORLDS_LINUX,
    /** Only calm ones: it says what happens when nothing is late. */
    TIDY_WORLDS_CALM,
    /** It needs other processes, threads, or what else no world has. */
    TIDY_WORLDS_NONE,
};

/** A part of a test: set-up, body or tear-down. */
typedef void (*tidy_body_cb)(struct tidy_case *t);

/** One test. Zero means the default everywhere. */
struct tidy_test {
    /** Borrowed for ever. */
    const char *name;
    tidy_body_cb body;
    /** enum tidy_transports; run once for each. */
    unsigned transports;
    /** Where the test is listed, borrowed for ever; NULL: not known. A failure
     *  without a place of its own, e.g. a leftover, is reported there. */
    const char *file;
    int line;
    /** Before the body; may await and may fail the test. */
    tidy_body_cb set_up;
    /** After the body, also after a failed one if set_up passed. */
    tidy_body_cb tear_down;
    /** Makes the case's server, owned by the case, instead of TCP or Unix;
     *  called before set_up, and may fail the test as set_up may. NULL from it:
     *  the case has no server. */
    struct tidy_server *(*get_server)(struct tidy_case *t);
    /** For set_up, body and tear_down together; 0: TIDY_CASE_DEADLINE_NS. */
    uint64_t deadline_ns;
    /** A loop to adopt instead of making one; it must hold no handles. */
    struct uv_loop_s *(*get_loop)(void);
    /** Yours: tidy_case_user(). */
    void *user;
    /** Asked by who runs tests in worlds (adapters/cmocka_world.h). */
    enum tidy_worlds worlds;
    /** Borrowed: the test is run in many orders of events (explore.h); NULL: in
     *  one. Asked by adapters/cmocka_explore.h. */
    const struct tidy_explore_options *exploration;
};

/**
 * A test on some transports, with further members of struct tidy_test:
 * TIDY_TEST_ON(flags, fn, ...).
 *
 * The comma at the end gives `...` an argument always, as the standard wants.
 */
#define TIDY_TEST_ON(transport_flags, ...)                                     \
    TIDY__TEST(transport_flags, __VA_ARGS__, )
#define TIDY__TEST(transport_flags, fn, ...)                                   \
    {                                                                          \
        .name = #fn, .body = (fn), .transports = (transport_flags),            \
        .file = __FILE__, .line = __LINE__, __VA_ARGS__                        \
    }

/** A test on TCP and on Unix sockets: TIDY_TEST(fn, ...). */
#define TIDY_TEST(...) TIDY_TEST_ON(TIDY_TCP | TIDY_UNIX, __VA_ARGS__)

/* ------------------------------------------------------- for a test's body */

/** The test's name with its transport, e.g. "test_echo[tcp]". Borrowed. */
TIDY_API const char *tidy_case_name(const struct tidy_case *t);

/** The case's loop; tidy_loop_uv() of it for your own libuv code. */
TIDY_API struct tidy_loop *tidy_case_loop(const struct tidy_case *t);

/** The libuv loop, for your own libuv code. */
TIDY_API struct uv_loop_s *tidy_case_uv(const struct tidy_case *t);

/** The case's server, borrowed; NULL if it has none. */
TIDY_API struct tidy_server *tidy_case_server(const struct tidy_case *t);

/** TIDY_TCP, TIDY_UNIX or TIDY_NO_SERVER. */
TIDY_API unsigned tidy_case_transport(const struct tidy_case *t);

/** struct tidy_test's user, or what tidy_case_set_user() put there. */
TIDY_API void *tidy_case_user(const struct tidy_case *t);
TIDY_API void tidy_case_set_user(struct tidy_case *t, void *user);

/** A server of the same transport beside the first, owned by the case and
 *  cleaned up with it. Fails the test if it cannot be made. */
TIDY_API struct tidy_server *
tidy_case_new_server_at(struct tidy_case *t, const char *file, int line);
#define tidy_case_new_server(t) tidy_case_new_server_at((t), TIDY_HERE)

/** Hand a server of your making to the case, which cleans it up and frees it. */
TIDY_API void tidy_case_adopt_server(struct tidy_case *t,
                                     struct tidy_server *server);

/**
 * Run the loop until a deferred has fired.
 *
 * Fails the test if the deferred fails, if the case's deadline passes (with a
 * list of what it was waiting for), if nothing is left that could fire it, or
 * if called inside a callback.
 *
 * @param deferred  Its reference moves here.
 * @return          The value. What the deferred owns, e.g. a struct
 *                  tidy_gathered, is borrowed until the case ends.
 */
TIDY_API void *tidy_case_await_at(struct tidy_case *t,
                                  struct tidy_deferred *deferred,
                                  const char *file,
                                  int line);
#define tidy_case_await(t, deferred)                                           \
    tidy_case_await_at((t), (deferred), TIDY_HERE)

/**
 * As tidy_case_await(), for a deferred that is meant to fail.
 *
 * Fails the test if the deferred fires with a value.
 *
 * @param code  The code that its failure must have; 0: any.
 * @return      The failure's sentence, borrowed until the case ends.
 */
TIDY_API const char *tidy_case_await_failure_at(struct tidy_case *t,
                                                struct tidy_deferred *deferred,
                                                int code,
                                                const char *file,
                                                int line);
#define tidy_case_await_failure(t, deferred, code)                             \
    tidy_case_await_failure_at((t), (deferred), (code), TIDY_HERE)

/** Run the loop for one turn without blocking. */
TIDY_API void
tidy_case_turn_at(struct tidy_case *t, const char *file, int line);
#define tidy_case_turn(t) tidy_case_turn_at((t), TIDY_HERE)

/** Asked between turns: is what we wait for there? */
typedef bool (*tidy_until_cb)(void *arg);

/** Run the loop until @p is_done says so; the deadline as for await. */
TIDY_API void tidy_case_run_until_at(struct tidy_case *t,
                                     tidy_until_cb is_done,
                                     void *arg,
                                     const char *file,
                                     int line);
#define tidy_case_run_until(t, is_done, arg)                                   \
    tidy_case_run_until_at((t), (is_done), (arg), TIDY_HERE)

/** Listen on a server (usually tidy_case_server()) and wait for it. */
TIDY_API void tidy_case_listen_at(struct tidy_case *t,
                                  struct tidy_server *server,
                                  struct tidy_factory factory,
                                  const char *file,
                                  int line);
#define tidy_case_listen(t, server, factory)                                   \
    tidy_case_listen_at((t), (server), (factory), TIDY_HERE)

/** Start a server of your own on the case's server, and wait for it.
 *  @return  tidy_case_server(t). */
TIDY_API struct tidy_server *
tidy_case_start_at(struct tidy_case *t,
                   const struct tidy_server_ops *ops,
                   const char *file,
                   int line);
#define tidy_case_start(t, ops) tidy_case_start_at((t), (ops), TIDY_HERE)

/** Connect a client for the test's body (client.h), owned by the case. */
TIDY_API struct tidy_client *tidy_case_connect_at(struct tidy_case *t,
                                                  struct tidy_server *server,
                                                  const char *file,
                                                  int line);
#define tidy_case_connect(t, server)                                           \
    tidy_case_connect_at((t), (server), TIDY_HERE)

/** Connect a protocol of your own, and wait for it. Borrowed until clean-up. */
TIDY_API struct tidy_protocol *
tidy_case_connect_protocol_at(struct tidy_case *t,
                              struct tidy_server *server,
                              struct tidy_factory factory,
                              const char *file,
                              int line);
#define tidy_case_connect_protocol(t, server, factory)                         \
    tidy_case_connect_protocol_at((t), (server), (factory), TIDY_HERE)

/** Clean up a server now, and wait for it. */
TIDY_API void tidy_case_clean_up_at(struct tidy_case *t,
                                    struct tidy_server *server,
                                    const char *file,
                                    int line);
#define tidy_case_clean_up(t, server)                                          \
    tidy_case_clean_up_at((t), (server), TIDY_HERE)

/** A pending deferred of the case; one reference, owned. Never NULL: the test
 *  fails when memory is short. */
TIDY_API struct tidy_deferred *tidy_case_deferred_at(struct tidy_case *t,
                                                     const char *what,
                                                     const char *file,
                                                     int line);
#define tidy_case_deferred(t, what)                                            \
    tidy_case_deferred_at((t), (what), TIDY_HERE)

/**
 * Run a callback once, after a delay; tidy_call_later() on the case's loop.
 * What is not due or cancelled when the case ends is left behind.
 *
 * @return  The call, borrowed until it has run or was cancelled.
 */
TIDY_API struct tidy_call *tidy_case_call_later_at(struct tidy_case *t,
                                                   uint64_t delay_ns,
                                                   tidy_call_cb cb,
                                                   void *arg,
                                                   const char *file,
                                                   int line);
#define tidy_case_call_later(t, delay_ns, cb, arg)                             \
    tidy_case_call_later_at((t), (delay_ns), (cb), (arg), TIDY_HERE)

/** A clean-up. @return NULL, or a deferred that is awaited; it may fail. */
typedef struct tidy_deferred *(*tidy_clean_up_cb)(void *arg);

/**
 * Add a clean-up. They run last in, first out when the case ends, all of them,
 * even if one fails; each that returns a deferred has a deadline of its own, as
 * long as the case's.
 *
 * @param arg  Borrowed until @p fn's deferred has fired.
 */
TIDY_API void tidy_case_add_clean_up_at(struct tidy_case *t,
                                        tidy_clean_up_cb fn,
                                        void *arg,
                                        const char *file,
                                        int line);
#define tidy_case_add_clean_up(t, fn, arg)                                     \
    tidy_case_add_clean_up_at((t), (fn), (arg), TIDY_HERE)

/**
 * Replace the bytes at a place until the case ends; for function pointers and
 * other values. Patches are undone last in, first out.
 *
 * @param target  Borrowed until the case ends.
 * @param value   Copied.
 * @param size    Bytes, at least 1.
 */
TIDY_API void tidy_case_patch_bytes_at(struct tidy_case *t,
                                       void *target,
                                       const void *value,
                                       size_t size,
                                       const char *file,
                                       int line);

/** Patch a variable or a member: tidy_case_patch(t, &ops.connect, my_connect). */
#define tidy_case_patch(t, target, value)                                      \
    do {                                                                       \
        __typeof__(*(target)) tidy__patch_value = (value);                     \
        tidy_case_patch_bytes_at((t),                                          \
                                 (void *)(target),                             \
                                 &tidy__patch_value,                           \
                                 sizeof(tidy__patch_value),                    \
                                 TIDY_HERE);                                   \
    } while (0)

/** The case's temporary directory, made at the first call, mode 0700, removed
 *  with all in it when the case ends. Borrowed until then. */
TIDY_API const char *
tidy_case_temp_dir_at(struct tidy_case *t, const char *file, int line);
#define tidy_case_temp_dir(t) tidy_case_temp_dir_at((t), TIDY_HERE)

/** Fail the test with a sentence, printf-like. Works in callbacks too. */
TIDY_API void tidy_case_fail_at(struct tidy_case *t,
                                const char *file,
                                int line,
                                const char *fmt,
                                ...) TIDY_PRINTF(4, 5);
#define tidy_case_fail(t, ...) tidy_case_fail_at((t), TIDY_HERE, __VA_ARGS__)

/**
 * A check for raw libuv callbacks, which no jump may leave: when @p condition
 * is false the failure is recorded, the loop stops, and the callback goes on.
 * Its value is that of the condition.
 */
#define TIDY_CHECK(t, condition)                                               \
    tidy_case_check_at((t), (condition), #condition, TIDY_HERE)

/** What TIDY_CHECK() calls. @return @p is_true. */
TIDY_API bool tidy_case_check_at(struct tidy_case *t,
                                 bool is_true,
                                 const char *condition,
                                 const char *file,
                                 int line);

/** Record a failure without leaving the callback; the test fails later. */
TIDY_API void tidy_case_note_failure_at(struct tidy_case *t,
                                        const char *file,
                                        int line,
                                        const char *fmt,
                                        ...) TIDY_PRINTF(4, 5);

/* ------------------------------------------------------------ for adapters */

/**
 * Begin a case. One at a time in a process: a second aborts.
 *
 * @param test         Borrowed until the case is freed.
 * @param transport    One of enum tidy_transports.
 * @param host         Borrowed until the case is freed.
 * @param ret_case     Receives it, owned: tidy_case_free().
 * @param ret_failure  If not NULL, receives on error a sentence, owned.
 * @retval 0                Begun; the baseline is taken.
 * @retval TIDY_ECONDEMNED  The loop to adopt is condemned.
 * @retval -EBUSY           The loop to adopt holds handles.
 * @retval negative         What went wrong making the loop or the server.
 */
TIDY_API int tidy_case_begin(const struct tidy_test *test,
                             unsigned transport,
                             const struct tidy_host *host,
                             struct tidy_case **ret_case,
                             struct tidy_failure **ret_failure);

/**
 * Run set_up, body and tear_down, each up to its end or its first failing
 * check. Returns in any case, unless a framework that nobody taught to use
 * tidy_case_leave() jumped away: then go on with tidy_case_end().
 */
TIDY_API void tidy_case_run(struct tidy_case *t);

/**
 * End the case: tear_down if it was skipped, clean-ups, patches, leak check.
 * Works after a jump out of the body; a second call changes nothing. Never
 * calls host->fail.
 *
 * @retval 0         Passed.
 * @retval negative  Failed: tidy_case_report() says why.
 */
TIDY_API int tidy_case_end(struct tidy_case *t);

/** What went wrong, one or more lines without a final newline, "" if nothing.
 *  Borrowed until tidy_case_free(). */
TIDY_API const char *tidy_case_report(const struct tidy_case *t);

/** End a case and free it. Accepts NULL, returns NULL. */
TIDY_API struct tidy_case *tidy_case_free(struct tidy_case *t);

/** The case that is running in this process, or NULL. */
TIDY_API struct tidy_case *tidy_case_current(void);

/** Where the first failure was, for the framework's own report. "" and 0 when
 *  the case has not failed, or only left something behind. */
TIDY_API const char *tidy_case_failure_file(const struct tidy_case *t);
TIDY_API int tidy_case_failure_line(const struct tidy_case *t);

/**
 * For an adapter's failing check: must it use tidy_case_leave() instead of the
 * framework's own jump? True inside tidy_case_run() and in every callback.
 */
TIDY_API bool tidy_case_can_leave(const struct tidy_case *t);

/** For an adapter's skip(): may the test be skipped here? In set_up and body,
 *  outside of callbacks, as long as nothing has failed. True with NULL. */
TIDY_API bool tidy_case_can_skip(const struct tidy_case *t);

/** Is the case's loop running: is this a callback, of ours or of libuv's own?
 *  False in a body, and with NULL. */
TIDY_API bool tidy_case_is_in_callback(const struct tidy_case *t);

/**
 * Record a failed check, and end the callback or body that it is in.
 *
 * @param file  With @p line: of the check. Borrowed until the case is freed.
 * @param text  A sentence for the report, or NULL if the framework has printed
 *              its own.
 */
TIDY_API void tidy_case_leave(struct tidy_case *t,
                              const char *file,
                              int line,
                              const char *text) __attribute__((noreturn));

TIDY_END_DECLS

#endif
