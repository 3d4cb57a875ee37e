/* SPDX-License-Identifier: MIT */
/*
 * Pipes, as in Linux's fs/pipe.c: a ring of slots, each a page.
 *
 * A write begins in the last page, if what does not fill whole pages fits there
 * as a whole; the rest takes a page for each 4096 bytes, or less at the end. So
 * a pipe is full when its slots are, however little is in them, and a write of
 * up to PIPE_BUF (one page) goes in as a whole or not at all. A slot is free
 * again when all of it has been read. Pages are there while they are in use:
 * most pipes never hold anything.
 *
 * Readers are woken when something comes into an empty pipe, writers when a
 * full one has got a free slot; once anybody has polled the pipe, readers are
 * woken by each write, also by one that found no room.
 */
#include "sim/pipe.h"

#include "base/alloc.h"
#include "sim/calls.h"
#include "sim/fault.h"
#include "sim/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define PAGE 4096u
#define N_SLOTS 16u              /* PIPE_DEF_BUFFERS */
#define MAX_SIZE (1024u * 1024u) /* /proc/sys/fs/pipe-max-size */
#define TOO_LARGE (1u << 31)

struct slot {
    unsigned offset, len; /* of what is to be read */
    unsigned char *page;  /* owned, of a slot that is in use */
};

struct sim_pipe;

struct pipe_end {
    struct sim_file file; /* first */
    struct sim_pipe *pipe;
    bool is_open;
};

struct sim_pipe {
    struct pipe_end reader, writer;
    struct slot *slots; /* n_slots, a power of two: those here, or owned */
    unsigned n_slots;
    unsigned head, tail; /* counters: written to next, read from next */
    size_t n_bytes;
    bool is_polled; /* somebody has asked; pipe->poll_usage */
    struct slot first_slots[N_SLOTS];
};

static struct sim_pipe *pipe_of(const struct sim_file *file)
{
    return ((const struct pipe_end *)(const void *)file)->pipe;
}

static struct slot *slot_at(const struct sim_pipe *pipe, unsigned counter)
{
    return &pipe->slots[counter & (pipe->n_slots - 1)];
}

static bool is_full(const struct sim_pipe *pipe)
{
    return pipe->head - pipe->tail >= pipe->n_slots;
}

/* ------------------------------------------------------------------- reading */

/* Part of the first slot. */
static size_t
read_slot(struct sim_pipe *pipe, const struct sim_io *io, size_t n_done)
{
    struct slot *slot = slot_at(pipe, pipe->tail);
    size_t n = slot->len < io->len - n_done ? slot->len : io->len - n_done;

    tidy__sim_io_put(io, n_done, slot->page + slot->offset, n);
    slot->offset += (unsigned)n;
    slot->len -= (unsigned)n;
    pipe->n_bytes -= n;
    if (slot->len == 0) {
        tidy__dealloc(slot->page);
        pipe->tail++;
    }
    return n;
}

static ssize_t pipe_read(struct sim_file *file, const struct sim_io *io)
{
    struct sim_pipe *pipe = pipe_of(file);
    bool was_full = is_full(pipe);
    size_t n_done = 0;

    while (n_done < io->len && pipe->head != pipe->tail)
        n_done += read_slot(pipe, io, n_done);
    if (was_full && !is_full(pipe))
        tidy__sim_file_wake(&pipe->writer.file, EPOLLOUT | EPOLLWRNORM);
    if (n_done == 0 && io->len > 0 && pipe->writer.is_open)
        return -EAGAIN;
    return (ssize_t)n_done;
}

/* ------------------------------------------------------------------- writing */

/* Into the last page: what does not fill whole ones, if all of that fits. */
static size_t merge(struct sim_pipe *pipe, const struct sim_io *io)
{
    unsigned n = (unsigned)(io->len % PAGE);
    struct slot *slot;

    if (n == 0 || pipe->head == pipe->tail || SIM_FAULT(PIPE_NO_MERGE))
        return 0;
    slot = slot_at(pipe, pipe->head - 1);
    if (slot->offset + slot->len + n > PAGE)
        return 0;
    tidy__sim_io_get(io, 0, slot->page + slot->offset + slot->len, n);
    slot->len += n;
    return n;
}

static size_t
fill_slot(struct sim_pipe *pipe, const struct sim_io *io, size_t n_done)
{
    struct slot *slot = slot_at(pipe, pipe->head);
    size_t n = PAGE < io->len - n_done ? PAGE : io->len - n_done;

    slot->page = tidy__alloc(PAGE);
    if (!slot->page)
        tidy__sim_end(pipe->writer.file.world,
                      TIDY_OUTCOME_LIMIT,
                      "out of memory for what a pipe holds");
    pipe->head++;
    tidy__sim_io_get(io, n_done, slot->page, n);
    slot->offset = 0;
    slot->len = (unsigned)n;
    return n;
}

static ssize_t pipe_write(struct sim_file *file, const struct sim_io *io)
{
    struct sim_pipe *pipe = pipe_of(file);
    bool was_empty = pipe->head == pipe->tail;
    size_t n_done;

    if (io->len == 0)
        return 0;
    if (!pipe->reader.is_open)
        return SIM_FAULT(PIPE_NO_EPIPE) ? (ssize_t)io->len : -EPIPE;
    n_done = merge(pipe, io);
    while (n_done < io->len && !is_full(pipe))
        n_done += fill_slot(pipe, io, n_done);
    pipe->n_bytes += n_done;
    if (n_done > 0 && file->world->record)
        tidy__sim_record_transfer(
            file, &pipe->reader.file, "data", io, 0, n_done);
    if (was_empty || pipe->is_polled)
        tidy__sim_file_wake(&pipe->reader.file, EPOLLIN | EPOLLRDNORM);
    return n_done > 0 ? (ssize_t)n_done : -EAGAIN;
}

/* ------------------------------------------------------------------ readiness */

static uint32_t pipe_poll(struct sim_file *file)
{
    struct sim_pipe *pipe = pipe_of(file);
    uint32_t mask = 0;

    pipe->is_polled = true;
    if (file == &pipe->reader.file) {
        if (pipe->head != pipe->tail)
            mask |= EPOLLIN | EPOLLRDNORM;
        return pipe->writer.is_open || SIM_FAULT(PIPE_NO_HUP) ? mask
                                                              : mask | EPOLLHUP;
    }
    if (!is_full(pipe))
        mask |= EPOLLOUT | EPOLLWRNORM;
    return pipe->reader.is_open ? mask : mask | EPOLLERR;
}

/* Either end tells. */
static int pipe_n_readable(struct sim_file *file)
{
    return (int)pipe_of(file)->n_bytes;
}

static void pipe_describe(struct sim_file *file, FILE *out)
{
    const struct sim_pipe *pipe = pipe_of(file);
    bool is_reader = file == &pipe->reader.file;

    fputs(is_reader ? "reading end" : "writing end", out);
    if (pipe->n_bytes > 0)
        fprintf(out, ", %zu bytes unread", pipe->n_bytes);
    if (!(is_reader ? pipe->writer.is_open : pipe->reader.is_open))
        fputs(", the other end is closed", out);
}

/* ------------------------------------------------------- beginning and ending */

static void free_slots(struct sim_pipe *pipe)
{
    if (pipe->slots != pipe->first_slots)
        tidy__dealloc(pipe->slots);
}

static void free_pipe(struct sim_pipe *pipe)
{
    for (; pipe->tail != pipe->head; pipe->tail++)
        tidy__dealloc(slot_at(pipe, pipe->tail)->page);
    free_slots(pipe);
    tidy__dealloc(pipe);
}

static void pipe_release(struct sim_file *file)
{
    struct sim_pipe *pipe = pipe_of(file);
    bool is_reader = file == &pipe->reader.file;
    struct pipe_end *end = is_reader ? &pipe->reader : &pipe->writer;
    struct pipe_end *other = is_reader ? &pipe->writer : &pipe->reader;

    end->is_open = false;
    if (other->is_open && file->world->record)
        tidy__sim_record_transfer(file, &other->file, "end", NULL, 0, 0);
    if (other->is_open)
        tidy__sim_file_wake(&other->file, 0);
    else
        free_pipe(pipe);
}

static const struct sim_file_ops pipe_ops = {
    .kind = "pipe",
    .actors = SIM_ACTOR_PIPE,
    .read = pipe_read,
    .write = pipe_write,
    .poll = pipe_poll,
    .n_readable = pipe_n_readable,
    .release = pipe_release,
    .describe = pipe_describe,
};

static void init_end(struct pipe_end *end,
                     struct sim_pipe *pipe,
                     struct sim_world *world,
                     int status)
{
    tidy__sim_file_init(&end->file, world, &pipe_ops, status);
    end->pipe = pipe;
    end->is_open = true;
}

static struct sim_pipe *new_pipe(struct sim_world *world, int status)
{
    struct sim_pipe *pipe = tidy__zalloc(sizeof(*pipe));

    if (!pipe)
        return NULL;
    pipe->n_slots = N_SLOTS;
    pipe->slots = pipe->first_slots;
    init_end(&pipe->reader, pipe, world, O_RDONLY | status);
    init_end(&pipe->writer, pipe, world, O_WRONLY | status);
    return pipe;
}

static int give_fds(struct sim_pipe *pipe, int fd_flags, int fds[2])
{
    int reader = tidy__sim_fd_open(&pipe->reader.file, fd_flags), writer;

    if (reader < 0) {
        free_pipe(pipe);
        return reader;
    }
    writer = tidy__sim_fd_open(&pipe->writer.file, fd_flags);
    if (writer < 0) {
        pipe->writer.is_open = false;
        tidy__sim_fd_close(pipe->reader.file.world, reader);
        return writer;
    }
    fds[0] = reader;
    fds[1] = writer;
    return 0;
}

static int create(struct sim_world *world, int fds[2], int flags)
{
    struct sim_pipe *pipe;

    if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
        return -EINVAL;
    if (flags & O_DIRECT)
        tidy__sim_unmodelled(world, "pipe2 with O_DIRECT");
    if (!fds)
        return -EFAULT;
    pipe = new_pipe(world, flags & O_NONBLOCK);
    if (!pipe)
        return -ENOMEM;
    return give_fds(pipe, flags & O_CLOEXEC ? FD_CLOEXEC : 0, fds);
}

static void trace_pipe(struct sim_world *world, int flags, const int fds[2])
{
    char args[16];

    SIM_TRACE(world, "pipe2(0x%x) = %d, %d", flags, fds[0], fds[1]);
    if (!world->record)
        return;
    snprintf(args, sizeof(args), "0x%x", (unsigned)flags);
    tidy__sim_record_call(world, -1, fds[0], "pipe2", args);
    tidy__sim_record_pair(world, fds[1]);
}

int tidy__sim_pipe2(struct sim_world *world, int fds[2], int flags)
{
    int result;

    tidy__sim_call(world);
    result = create(world, fds, flags);
    if (result == 0)
        trace_pipe(world, flags, fds);
    else
        SIM_CALL(world, -1, result, "pipe2", "0x%x", flags);
    return result;
}

/* ------------------------------------------------------------------- capacity */

bool tidy__sim_is_pipe(const struct sim_file *file)
{
    return file->ops == &pipe_ops;
}

unsigned tidy__sim_pipe_id(const struct sim_file *file)
{
    return pipe_of(file)->reader.file.id;
}

int tidy__sim_pipe_size(const struct sim_file *file)
{
    return (int)(pipe_of(file)->n_slots * PAGE);
}

static unsigned round_up(unsigned size)
{
    unsigned rounded = PAGE;

    while (rounded < size)
        rounded *= 2;
    return rounded;
}

/* pipe_resize_ring(): the slots that are in use begin the new ring. */
static int move_slots(struct sim_pipe *pipe, unsigned n_slots)
{
    unsigned n_used = pipe->head - pipe->tail, idx;
    struct slot *slots = tidy__alloc(n_slots * sizeof(*slots));

    if (!slots)
        return -ENOMEM;
    if (n_used > n_slots) {
        tidy__dealloc(slots);
        return -EBUSY;
    }
    for (idx = 0; idx < n_used; idx++)
        slots[idx] = *slot_at(pipe, pipe->tail + idx);
    free_slots(pipe);
    pipe->slots = slots;
    pipe->n_slots = n_slots;
    pipe->tail = 0;
    pipe->head = n_used;
    return 0;
}

int tidy__sim_pipe_resize(struct sim_file *file, unsigned size)
{
    struct sim_pipe *pipe = pipe_of(file);
    unsigned n_slots;
    int result;

    if (size > TOO_LARGE)
        return -EINVAL;
    size = round_up(size);
    n_slots = size / PAGE;
    if (n_slots > pipe->n_slots && size > MAX_SIZE)
        return -EPERM;
    result = move_slots(pipe, n_slots);
    if (result < 0)
        return result;
    tidy__sim_file_wake(&pipe->writer.file, 0);
    return (int)size;
}
