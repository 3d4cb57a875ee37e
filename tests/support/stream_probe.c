/* SPDX-License-Identifier: MIT */
#include "support/stream_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct stream_probe stream;
int stream_fd;

static ssize_t take_error(void)
{
    int error = stream.error;

    stream.error = 0;
    return -error;
}

static ssize_t stream_read(struct sim_file *file, const struct sim_io *io)
{
    size_t n = stream.n_in < io->len ? stream.n_in : io->len;

    (void)file;
    stream.n_attempts++;
    stream.flags = io->flags;
    if (n == 0 && stream.error)
        return take_error();
    if (n == 0)
        return stream.has_end ? 0 : -EAGAIN;
    tidy__sim_io_put(io, 0, stream.in, n);
    if (io->flags & MSG_PEEK)
        return (ssize_t)n;
    memmove(stream.in, stream.in + n, stream.n_in - n);
    stream.n_in -= n;
    return (ssize_t)n;
}

static ssize_t stream_write(struct sim_file *file, const struct sim_io *io)
{
    size_t n = stream.n_room < io->len ? stream.n_room : io->len;

    (void)file;
    stream.n_attempts++;
    stream.flags = io->flags;
    if (stream.error)
        return take_error();
    if (n == 0 && io->len > 0)
        return -EAGAIN;
    tidy__sim_io_get(io, 0, stream.out + stream.n_out, n);
    stream.n_out += n;
    stream.n_room -= n;
    return (ssize_t)n;
}

static uint32_t stream_poll(struct sim_file *file)
{
    (void)file;
    return (stream.n_in > 0 || stream.has_end ? EPOLLIN : 0u) |
           (stream.n_room > 0 ? EPOLLOUT : 0u) |
           (stream.has_end ? EPOLLRDHUP : 0u) | (stream.error ? EPOLLERR : 0u);
}

static int stream_n_readable(struct sim_file *file)
{
    (void)file;
    return (int)stream.n_in;
}

static uint64_t stream_patience_ns(const struct sim_file *file, bool is_write)
{
    (void)file;
    (void)is_write;
    return stream.patience_ns;
}

static void stream_release(struct sim_file *file)
{
    (void)file;
}

static const struct sim_file_ops stream_ops = {
    .kind = "stream",
    .is_socket = true,
    .patience_ns = stream_patience_ns,
    .read = stream_read,
    .write = stream_write,
    .poll = stream_poll,
    .n_readable = stream_n_readable,
    .release = stream_release,
};

int stream_set_up(void **state)
{
    if (world_set_up(state))
        return -1;
    memset(&stream, 0, sizeof(stream));
    tidy__sim_file_init(&stream.file, &world, &stream_ops, O_RDWR);
    stream.patience_ns = SIM_NEVER;
    stream.n_room = 16;
    stream_fd = tidy__sim_fd_open(&stream.file, 0);
    return 0;
}

void stream_be_nonblocking(void)
{
    stream.file.status |= O_NONBLOCK;
}

void stream_put_in(const char *text)
{
    memcpy(stream.in + stream.n_in, text, strlen(text));
    stream.n_in += strlen(text);
}

void stream_arrive(int n)
{
    while (n-- > 0)
        stream_put_in("x");
}

ssize_t stream_send(const char *text, int flags)
{
    struct iovec iov = { .iov_base = (void *)(uintptr_t)text,
                         .iov_len = strlen(text) };

    return tidy__sim_writev(&world, "send", stream_fd, &iov, 1, flags);
}
