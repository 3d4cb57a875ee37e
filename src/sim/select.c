/* SPDX-License-Identifier: MIT */
/*
 * select(2): its three sets are made a list of questions first, one for each
 * number that is in any of them; what is ready goes back into the sets.
 *
 * By choice only some of those that are ready are reported, as if the others
 * became so an instant later.
 */
#include "sim/calls.h"
#include "sim/progress.h"
#include "sim/readiness.h"

#include <errno.h>

/* What select(2) calls readable, writable and exceptional (fs/select.c). */
#define IN_SET (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR)
#define OUT_SET (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR)
#define EXCEPT_SET EPOLLPRI

struct question {
    struct sim_file *file; /* borrowed */
    int fd;
    uint32_t wanted; /* POLLIN, POLLOUT and POLLPRI stand for the sets */
    uint32_t found;
};

struct select_call {
    struct sim_world *world;
    fd_set *in, *out, *except; /* borrowed; NULL: none */
    size_t n_questions;
    struct question questions[SIM_N_FDS];
};

/* ------------------------------------------------------------------- questions */

static uint32_t wanted_of(const struct select_call *call, int fd)
{
    uint32_t wanted = 0;

    if (call->in && FD_ISSET(fd, call->in))
        wanted |= EPOLLIN;
    if (call->out && FD_ISSET(fd, call->out))
        wanted |= EPOLLOUT;
    if (call->except && FD_ISSET(fd, call->except))
        wanted |= EPOLLPRI;
    return wanted;
}

/* Any of the numbers of one word of the sets? */
static bool has_any(const struct select_call *call, size_t word)
{
    return (call->in && __FDS_BITS(call->in)[word]) ||
           (call->out && __FDS_BITS(call->out)[word]) ||
           (call->except && __FDS_BITS(call->except)[word]);
}

/* 0, or -EBADF if it is not open. */
static int ask_one(struct select_call *call, int fd)
{
    struct question *question = &call->questions[call->n_questions];
    uint32_t wanted = wanted_of(call, fd);
    struct sim_file *file;

    if (!wanted)
        return 0;
    file = tidy__sim_fd_file(call->world, fd);
    if (!file)
        return -EBADF;
    *question = (struct question){ .file = file, .fd = fd, .wanted = wanted };
    call->n_questions++;
    return 0;
}

static int ask(struct select_call *call, int n_fds)
{
    int fd = 0;

    n_fds = n_fds < FD_SETSIZE ? n_fds : FD_SETSIZE;
    while (fd < n_fds) {
        if (fd % NFDBITS == 0 && !has_any(call, (size_t)fd / NFDBITS)) {
            fd += NFDBITS;
            continue;
        }
        if (ask_one(call, fd++) < 0)
            return -EBADF;
    }
    return 0;
}

static uint32_t answer(const struct question *question)
{
    uint32_t mask = tidy__sim_poll_or_rumour(question->file);

    return question->wanted &
           ((mask & IN_SET ? EPOLLIN : 0u) | (mask & OUT_SET ? EPOLLOUT : 0u) |
            (mask & EXCEPT_SET ? EPOLLPRI : 0u));
}

static bool is_any_ready(void *arg)
{
    const struct select_call *call = arg;
    size_t idx;

    for (idx = 0; idx < call->n_questions; idx++) {
        if (answer(&call->questions[idx]))
            return true;
    }
    return false;
}

static struct sim_file *nth_input(void *arg, size_t n)
{
    const struct select_call *call = arg;
    size_t idx;

    for (idx = 0; idx < call->n_questions; idx++) {
        const struct question *question = &call->questions[idx];

        if (question->file->ops->is_socket && (question->wanted & EPOLLIN) &&
            n-- == 0)
            return question->file;
    }
    return NULL;
}

/* --------------------------------------------------------------------- answers */

static size_t answer_all(struct select_call *call)
{
    size_t idx, n_ready = 0;

    for (idx = 0; idx < call->n_questions; idx++) {
        call->questions[idx].found = answer(&call->questions[idx]);
        n_ready += call->questions[idx].found != 0;
    }
    return n_ready;
}

/* Forget those that are not to be told of. */
static void leave_some(struct select_call *call, size_t n_ready)
{
    struct sim_pick pick;
    size_t idx;

    tidy__sim_pick_init(&pick, call->world, n_ready);
    for (idx = 0; idx < call->n_questions; idx++) {
        if (call->questions[idx].found && !tidy__sim_pick_next(&pick))
            call->questions[idx].found = 0;
    }
}

static int put(fd_set *set, const struct question *question, uint32_t event)
{
    if (!set || !(question->wanted & event))
        return 0;
    if (question->found & event)
        return 1;
    FD_CLR(question->fd, set);
    return 0;
}

/* Returns how many are in the sets. */
static int give_back(struct select_call *call)
{
    size_t idx;
    int n = 0;

    for (idx = 0; idx < call->n_questions; idx++) {
        const struct question *question = &call->questions[idx];

        n += put(call->in, question, EPOLLIN);
        n += put(call->out, question, EPOLLOUT);
        n += put(call->except, question, EPOLLPRI);
        tidy__sim_trace_ready(call->world, question->fd, question->found);
    }
    return n;
}

static int wait_and_report(struct select_call *call, uint64_t timeout_ns)
{
    const struct sim_readiness readiness = {
        .call = "select",
        .fd = -1,
        .is_ready = is_any_ready,
        .nth_input = nth_input,
        .arg = call,
    };
    int result = tidy__sim_await_ready(call->world, &readiness, timeout_ns);

    if (result < 0)
        return result; /* and the sets are as they were */
    if (result > 0)
        leave_some(call, answer_all(call));
    call->world->rumour = NULL;
    return give_back(call);
}

int tidy__sim_select(struct sim_world *world,
                     int n_fds,
                     fd_set *in,
                     fd_set *out,
                     fd_set *except,
                     uint64_t timeout_ns)
{
    struct select_call call;
    int result;

    call.world = world;
    call.in = in;
    call.out = out;
    call.except = except;
    call.n_questions = 0;
    tidy__sim_call(world);
    result = n_fds < 0 ? -EINVAL : ask(&call, n_fds);
    if (result == 0)
        result = wait_and_report(&call, timeout_ns);
    SIM_CALL(world, -1, result, "select", "%d", n_fds);
    return result;
}
