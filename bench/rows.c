/* SPDX-License-Identifier: MIT */
/*
 * The rows of the benchmark, with what each must reach.
 *
 * A row is one entry here and its two functions (rows.h). The order is the
 * order of the table. The long run comes last, for what it might leave with the
 * kernel if it went wrong.
 */
#include "rows.h"

#include <tidysock/common.h>

const struct bench_row bench_rows[] = {
    {
        .name = "cycle.tcp",
        .what = "listen, connect, echo 16 bytes, clean up; loop reused",
        .against = "plain libuv",
        .unit = "cycles/s",
        .kind = BENCH_RATE,
        .budget.min_ratio = 0.95,
        .n = 100,
        .n_turns = 20,
        .sides = { ours_cycle_tcp, plain_cycle_tcp },
    },
    {
        .name = "cycle.tcp.case",
        .what = "the same in a case: loop per case, leak check",
        .against = "plain libuv, loop per cycle",
        .unit = "cycles/s",
        .kind = BENCH_RATE,
        .budget.min_ratio = 0.75,
        .n = 100,
        .n_turns = 20,
        .sides = { ours_cycle_case, plain_cycle_tcp_loop },
    },
    {
        .name = "cycle.unix",
        .what = "the cycle over Unix sockets; plain has a directory per cycle",
        .against = "plain libuv, mkdtemp per cycle",
        .unit = "cycles/s",
        .kind = BENCH_RATE,
        .budget.min_ratio = 2.5,
        .min_ratio_on_tmpfs = 0.95,
        .n = 50,
        .n_turns = 20,
        .makes_dirs = true,
        .sides = { ours_cycle_unix, plain_cycle_unix },
    },
    {
        .name = "cycle.unix.tmpfs",
        .what = "the same, with plain libuv's directories in memory",
        .against = "plain libuv, mkdtemp per cycle",
        .unit = "cycles/s",
        .kind = BENCH_RATE,
        .budget.min_ratio = 0.95,
        .n = 200,
        .n_turns = 20,
        .dir = "/dev/shm",
        .makes_dirs = true,
        .sides = { ours_cycle_unix, plain_cycle_unix },
    },
    {
        .name = "conns.1000",
        .what = "1,000 connections up at once, and cleaned up",
        .against = "plain libuv",
        .unit = "us/conn",
        .kind = BENCH_TIME,
        .budget.max_ratio = 1.15,
        .n = 1000,
        .n_turns = 3,
        .sides = { ours_conns, plain_conns },
    },
    {
        .name = "conns.9900",
        .what = "9,900 connections up at once, and cleaned up",
        .against = "plain libuv",
        .unit = "us/conn",
        .kind = BENCH_TIME,
        .budget.max_ratio = 1.15,
        .n = 9900,
        .n_turns = 2,
        .sides = { ours_conns, plain_conns },
    },
    {
        .name = "probe.connect",
        .what = "port detection through a connection",
        .against = "plain libuv, connect and reset",
        .unit = "us",
        .kind = BENCH_TIME,
        .budget.max_us = 30,
        .n = 200,
        .n_turns = 20,
        .sides = { ours_probe, plain_probe },
    },
    {
        .name = "cycle.tcp.100k",
        .what = "100,000 cycles in a row, client first and server first",
        .against = "the first tenth of the same run",
        .reference = plain_cycle_tcp,
        .unit = "cycles/s",
        .kind = BENCH_RATE,
        .budget.min_ratio = 0.9,
        .n = 100000,
        .n_quick = 30000,
        .measure = bench_measure_endurance,
        .sides = { ours_client_first, ours_server_first },
    },
};

const size_t bench_n_rows = TIDY_COUNT(bench_rows);
