/* SPDX-License-Identifier: MIT */
/*
 * What the files of the benchmark share.
 *
 * A row compares two sides, usually ours and plain libuv. A side is one
 * function that does some number of operations and brackets the part that
 * counts with bench_start() and bench_stop(). To add a row: write its two
 * functions, declare them in rows.h, and add one entry to the table in rows.c.
 */
#ifndef TIDYSOCK_BENCH_H
#define TIDYSOCK_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_MAX_LAPS 4
#define BENCH_MAX_ROUNDS 101
#define BENCH_MAX_TURNS 20
/* Operations, at most, in a run that counts allocations and connections. */
#define BENCH_N_COUNTED 200

/** What one run of one side measured. Fits into one atomic pipe write. */
struct bench_report {
    bool is_ok;
    uint64_t elapsed_ns;
    uint64_t cpu_ns;
    uint64_t n_allocs;    /* counted runs only */
    uint64_t n_time_wait; /* runs that note their connections only */
    uint64_t peak_kib;    /* of the process so far */
    size_t n_laps;
    uint64_t lap_ns[BENCH_MAX_LAPS]; /* each since bench_start() */
    char error[256];                 /* "" if is_ok */
};

/** One run of one side. The functions below take it; a side reads it. */
struct bench_run {
    size_t n;               /* operations to do */
    const char *dir;        /* where to make directories, borrowed */
    bool is_counting;       /* not timed: allocations, connections */
    bool is_traced;         /* not timed: another process counts our calls */
    bool wants_connections; /* bench_note_connection() has an effect */
    uint64_t start_ns, start_cpu_ns, start_allocs;
    struct bench_report report;
};

/** Does run->n operations, or ends the process by bench_fail(). */
typedef void (*bench_side_cb)(struct bench_run *run);

enum bench_kind {
    BENCH_RATE, /* operations a second: more is better */
    BENCH_TIME, /* microseconds an operation: less is better */
};

/** What a row must reach; a zero is no demand. */
struct bench_budget {
    double min_ratio;
    double max_ratio;
    double max_us;
    double min_rate; /* operations a second, whatever the other side does */
};

struct bench_row;
struct bench_result;
struct bench_options;

/** Fills in everything of a result but its row. */
typedef void (*bench_measure_cb)(const struct bench_options *options,
                                 struct bench_result *result);

struct bench_row {
    const char *name;
    const char *what;    /* one line for --list */
    const char *against; /* what the second number is */
    const char *unit;
    enum bench_kind kind;
    struct bench_budget budget;
    double min_ratio_on_tmpfs; /* instead, if directories are made there */
    size_t n;                  /* operations in a turn */
    size_t n_quick;            /* instead, under --quick; 0: the same */
    size_t n_turns;            /* of each side in a round */
    size_t n_times_ours;       /* so many times n in a turn of ours; 0: once */
    const char *dir;           /* NULL: the one of the options */
    bool makes_dirs;           /* the file system matters: name it */
    bench_measure_cb measure;  /* NULL: bench_measure_rounds() */
    bench_side_cb sides[2];    /* ours, theirs */
    bench_side_cb reference;   /* endurance: what runs beside both */

    /* Instead of sides: those of tidysock-bench-world, by name. */
    const char *world_sides[2];
};

struct bench_result {
    const struct bench_row *row;
    size_t n; /* operations in a turn */
    struct bench_budget budget;
    char against[160];
    double value[2]; /* in the row's unit */
    double ratio, min_ratio, max_ratio;
    double cpu_us[2];     /* an operation */
    double n_allocs[2];   /* an operation */
    double n_syscalls[2]; /* an operation; negative: not counted */
    uint64_t peak_kib[2];
    uint64_t n_time_wait[2]; /* left by the counted run */
    uint64_t n_counted;      /* operations of the counted run */
    bool has_total_time_wait;
    uint64_t total_time_wait; /* left by the timed runs */
    char note[768];           /* lines that go below the table; "" if none */
    char extra[1024];         /* further members of the JSON object */
    char error[512];          /* "" if the row could be run */
};

struct bench_options {
    const char *only; /* NULL: all */
    const char *json_path;
    const char *dir;
    size_t n_rounds;
    bool is_quick;
    bool counts_syscalls;
};

/* clock.c: for the sides */
void bench_start(struct bench_run *run);
void bench_stop(struct bench_run *run);
void bench_lap(struct bench_run *run);
double bench_value(const struct bench_row *row, size_t n, uint64_t elapsed_ns);

/* child.c: sides run in processes of their own */
struct bench_child {
    int pid;
    int orders_fd, reports_fd;
};
struct bench_order {
    size_t n;
    bool is_counting;
    bool wants_connections;
};
int bench_child_start(bench_side_cb side,
                      const char *dir,
                      struct bench_child *ret_child);
/* The same for a side of tidysock-bench-world. */
int bench_child_start_world(const char *side,
                            const char *dir,
                            struct bench_child *ret_child);
/* In the child: obey until the parent has had enough. */
void bench_child_obey(bench_side_cb side,
                      const char *dir,
                      int orders_fd,
                      int reports_fd) __attribute__((noreturn));
int bench_child_run(struct bench_child *child,
                    const struct bench_order *order,
                    struct bench_report *ret_report);
void bench_child_end(struct bench_child *child);

/** End this side's process with a sentence; the row could not run. */
void bench_fail(const char *fmt, ...)
    __attribute__((noreturn, format(printf, 1, 2)));

/** bench_fail() if a code is negative. */
void bench_check(int code, const char *call);

/* allocations.c */
void bench_count_allocations(void);
uint64_t bench_n_allocations(void);
void *bench_malloc(size_t size);
void bench_free(void *ptr);

/* connections.c: what stays in TIME_WAIT */
void bench_reserve_connections(struct bench_run *run, size_t n);
void bench_note_connection(struct bench_run *run,
                           uint16_t client_port,
                           uint16_t server_port);
uint64_t bench_count_time_wait(void);

/* machine.c */
size_t bench_backlog(void);
void bench_raise_descriptors(size_t n_needed);
void bench_file_system(const char *dir, char *buf, size_t size);
int bench_make_dirs(const char *dir);

/* syscalls.c: one run of one side, every system call counted */
#define BENCH_MAX_SYSCALLS 512
struct bench_syscalls {
    size_t n; /* operations */
    uint64_t n_calls[BENCH_MAX_SYSCALLS];
};
#define BENCH_MARK_START 100001 /* system calls that do not exist */
#define BENCH_MARK_STOP 100002
int bench_count_syscalls(const struct bench_row *row,
                         size_t side,
                         const char *dir,
                         size_t n,
                         struct bench_syscalls *ret_syscalls);
void bench_print_syscalls(const struct bench_row *row,
                          const struct bench_syscalls *ours,
                          const struct bench_syscalls *theirs);
double bench_syscalls_each(const struct bench_syscalls *syscalls);

/* rounds.c, endurance.c; a row that is only timed has no costs: its sides work
 * in processes of their own. */
void bench_measure_time(const struct bench_options *options,
                        struct bench_result *result);
void bench_measure_rounds(const struct bench_options *options,
                          struct bench_result *result);
void bench_measure_endurance(const struct bench_options *options,
                             struct bench_result *result);
double bench_median(double *values, size_t n);
void bench_set_error(struct bench_result *result,
                     const char *who,
                     const struct bench_report *report);
const char *bench_row_dir(const struct bench_options *options,
                          const struct bench_row *row);

/* rows.c */
extern const struct bench_row bench_rows[];
extern const size_t bench_n_rows;

/* table.c */
void bench_table_head(const struct bench_options *options);
void bench_table_row(const struct bench_result *result);
void bench_table_notes(const struct bench_result *results, size_t n_results);
void bench_table_costs(const struct bench_result *results, size_t n_results);
bool bench_is_met(const struct bench_result *result);
/* Is it known what an operation costs beside its time? */
bool bench_has_costs(const struct bench_result *result);

/* json.c */
int bench_json_write(const char *path,
                     const struct bench_result *results,
                     size_t n_results);

#endif
