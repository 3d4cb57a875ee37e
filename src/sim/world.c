/* SPDX-License-Identifier: MIT */
/*
 * Worlds: their beginning and their end, and how a run ends that does not pass.
 *
 * This file has a mutable global: which world the thread is in.
 */
#include "sim/world.h"

#include "base/alloc.h"
#include "base/misuse.h"
#include "sim/actor.h"
#include "sim/path.h"
#include "sim/progress.h"
#include "sim/record.h"
#include "sim/socket.h"
#include "sim/tcp.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_MAX_STEPS 1000000
#define DEFAULT_MAX_NS TIDY_S(3600)
#define DEFAULT_MAX_LATENCY_NS TIDY_MS(100)
#define END_TEXT_MAX 8192

_Thread_local struct sim_world *tidy__sim_world;

static void set_defaults(struct tidy_world_options *options)
{
    if (options->max_steps == 0)
        options->max_steps = DEFAULT_MAX_STEPS;
    if (options->max_ns == 0)
        options->max_ns = DEFAULT_MAX_NS;
    if (options->max_latency_ns == 0)
        options->max_latency_ns = DEFAULT_MAX_LATENCY_NS;
}

int tidy__sim_world_init(struct sim_world *world,
                         const struct tidy_world_options *options,
                         struct sim_chooser *chooser)
{
    memset(world, 0, sizeof(*world));
    world->options = *options;
    set_defaults(&world->options);
    world->chooser = chooser;
    world->kinds = options->kinds;
    world->fd_limit = SIM_FD_MAX + 1;
    world->trace.is_on = options->has_trace;
    return 0;
}

void tidy__sim_world_deinit(struct sim_world *world)
{
    int fd;

    while ((fd = tidy__sim_fd_next(world, SIM_FD_MIN)) >= 0)
        tidy__sim_fd_close(world, fd);
    tidy__sim_sockets_deinit(world);
    tidy__sim_tcp_ports_deinit(world);
    tidy__sim_paths_deinit(world);
    tidy__sim_actors_deinit(world);
}

void tidy__sim_describe_files(struct sim_world *world, FILE *out)
{
    struct sim_file *file;
    const char *name;
    int fd = SIM_FD_MIN - 1;

    while ((fd = tidy__sim_fd_next(world, fd + 1)) >= 0) {
        file = tidy__sim_fd_file(world, fd);
        fprintf(out, "  %-4d %-12s ", fd, file->ops->kind);
        if (file->ops->describe)
            file->ops->describe(file, out);
        name = tidy__sim_actor_name(world, file->id);
        if (name)
            fprintf(out, "  (%s)", name);
        fputc('\n', out);
    }
}

void tidy_world_ended(enum tidy_outcome outcome, const char *text)
{
    /* Not to be optimized away, nor its arguments. */
    __asm__ volatile("" : : "r"(outcome), "r"(text) : "memory");
}

void tidy__sim_end(struct sim_world *world,
                   enum tidy_outcome outcome,
                   const char *fmt,
                   ...)
{
    char text[END_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    SIM_TRACE(world, "ends: %s", text);
    tidy_world_ended(outcome, text);
    if (world->record)
        tidy__sim_record_end(world, outcome, text);
    if (world->end)
        world->end(world, outcome, text);
    tidy__misuse("the run of a world ended outside of a runner: %s", text);
}

void tidy__sim_unmodelled(struct sim_world *world, const char *what)
{
    tidy__sim_end(
        world, TIDY_OUTCOME_UNMODELLED, "simulation does not model %s", what);
}
