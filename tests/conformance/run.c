/* SPDX-License-Identifier: MIT */
/*
 * The frame of a run. On the kernel there is no calm by itself: what is sent
 * over the loopback interface arrives before send() returns, but may be
 * acknowledged only 40 ms later. So after each step all that is held back is
 * acknowledged (TCP_QUICKACK).
 */
#include "conformance/run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A prime, so that the streams are unlike each other. */
#define PATTERN_PERIOD 1000003
#define STREAM_DISTANCE 7919

static unsigned char pattern[PATTERN_PERIOD + LEN_MAX];
static volatile sig_atomic_t n_signals;

static void on_sigpipe(int number)
{
    (void)number;
    n_signals++;
}

void run_init(void)
{
    uint32_t state = 2463534242;
    size_t idx;

    for (idx = 0; idx < PATTERN_PERIOD; idx++) {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        pattern[idx] = (unsigned char)state;
    }
    memcpy(pattern + PATTERN_PERIOD, pattern, LEN_MAX);
    signal(SIGPIPE, on_sigpipe);
}

const unsigned char *stream_at(size_t object_idx, uint64_t position)
{
    return pattern + (object_idx * STREAM_DISTANCE + position) % PATTERN_PERIOD;
}

/* ------------------------------------------------------------------- results */

void keep(struct result *result, long value)
{
    result->value = (int32_t)value;
    result->error = value < 0 ? errno : 0;
}

void detail(struct result *result, int value)
{
    if (result->n_details < N_DETAILS_MAX)
        result->details[result->n_details++] = value;
}

int run_fd(const struct run *run, int slot)
{
    return slot == NO_SLOT ? -1 : run->fds[slot];
}

void run_put(struct run *run, int slot, int fd, enum object_kind kind)
{
    run->fds[slot] = fd;
    run->ports[slot] = 0;
    ledger_open(&run->ledger, fd, kind);
}

void keep_fd(struct run *run, int slot, struct result *result, int fd)
{
    keep(result, fd < 0 ? -1 : fd - run->base_fd);
    if (fd >= 0 && slot != NO_SLOT)
        run->fds[slot] = fd;
}

bool run_may_hang(int fd, short events)
{
    int status = fcntl(fd, F_GETFL);
    struct pollfd pollfd = { .fd = fd, .events = events };
    struct stat st;

    if (status < 0 || (status & O_NONBLOCK))
        return false;
    if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
        return false; /* it has time limits */
    return poll(&pollfd, 1, 0) == 0;
}

/* ----------------------------------------------------------------- addresses */

void run_path(const struct run *run, unsigned path, char *text, size_t size)
{
    snprintf(text, size, "%s/s%u", run->setting->dir, path);
}

static socklen_t unix_address(const struct run *run,
                              const struct where *where,
                              struct sockaddr_un *un)
{
    const char *dir = run->setting->dir;
    size_t size = sizeof(un->sun_path);
    size_t before = offsetof(struct sockaddr_un, sun_path);

    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    switch (where->host) {
    case HOST_ANY:
        snprintf(un->sun_path + 1, size - 1, "%s/%u", dir, where->path);
        return (socklen_t)(before + 1 + strlen(un->sun_path + 1));
    case HOST_OTHER:
        snprintf(un->sun_path, size, "%s/none/s%u", dir, where->path);
        break;
    case HOST_FOREIGN:
        snprintf(un->sun_path, size, "%s", dir);
        break;
    default:
        run_path(run, where->path, un->sun_path, size);
        break;
    }
    return (socklen_t)(before + strlen(un->sun_path) + 1);
}

static const char *const hosts4[] = {
    [HOST_LOOPBACK] = "127.0.0.1",
    [HOST_ANY] = "0.0.0.0",
    [HOST_OTHER] = "127.0.0.2",
    [HOST_FOREIGN] = "192.0.2.1",
};
static const char *const hosts6[] = {
    [HOST_LOOPBACK] = "::1",
    [HOST_ANY] = "::",
    [HOST_OTHER] = "::ffff:127.0.0.1",
    [HOST_FOREIGN] = "2001:db8::1",
};

socklen_t run_address(const struct run *run,
                      const struct where *where,
                      struct sockaddr_storage *address)
{
    struct sockaddr_in *in = (struct sockaddr_in *)(void *)address;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)address;
    in_port_t port = 0;
    socklen_t len;

    memset(address, 0, sizeof(*address));
    if (where->port_of != NO_SLOT)
        port = run->ports[where->port_of] ? run->ports[where->port_of]
                                          : htons(run->setting->nobodys_port);
    if (where->domain == DOMAIN_UNIX) {
        len = unix_address(run, where, (struct sockaddr_un *)(void *)address);
    } else if (where->domain == DOMAIN_NONE) {
        len = sizeof(*in); /* AF_UNSPEC is 0 */
    } else if (where->domain == DOMAIN_IPV4) {
        in->sin_family = AF_INET;
        in->sin_port = port;
        inet_pton(AF_INET, hosts4[where->host], &in->sin_addr);
        len = sizeof(*in);
    } else {
        in6->sin6_family = AF_INET6;
        in6->sin6_port = port;
        inet_pton(AF_INET6, hosts6[where->host], &in6->sin6_addr);
        len = sizeof(*in6);
    }
    return len - where->cut;
}

/* Ports are told by the order in which they came up, from 1. */
static int number_of_port(struct run *run, in_port_t port)
{
    size_t idx;

    if (port == 0 || port == htons(run->setting->nobodys_port))
        return port == 0 ? 0 : -1;
    for (idx = 0; idx < run->n_seen; idx++) {
        if (run->seen[idx] == port)
            return (int)idx + 1;
    }
    if (run->n_seen < N_PORTS_MAX)
        run->seen[run->n_seen++] = port;
    return (int)run->n_seen;
}

static int number_of_host(const char *text, const char *const *hosts)
{
    int idx;

    for (idx = 0; idx < N_HOSTS; idx++) {
        if (strcmp(text, hosts[idx]) == 0)
            return idx;
    }
    return -1;
}

static void
detail_unix(struct run *run, struct result *result, const char *path, int len)
{
    size_t n_dir = strlen(run->setting->dir);

    if (len <= 0) {
        detail(result, 0);
        return;
    }
    /* The length without that of the directory, which is any; and the number. */
    detail(result, len - (int)n_dir);
    detail(result, path[0] ? 'p' : '@');
    detail(result, path[(path[0] ? 0 : 1) + n_dir + (path[0] ? 2 : 1)]);
}

void detail_address(struct run *run,
                    struct result *result,
                    const struct sockaddr_storage *address,
                    socklen_t len)
{
    const struct sockaddr_in *in =
        (const struct sockaddr_in *)(const void *)address;
    const struct sockaddr_in6 *in6 =
        (const struct sockaddr_in6 *)(const void *)address;
    const struct sockaddr_un *un =
        (const struct sockaddr_un *)(const void *)address;
    char text[INET6_ADDRSTRLEN];

    if (len < sizeof(sa_family_t)) {
        detail(result, (int)len);
        return;
    }
    detail(result, address->ss_family);
    if (address->ss_family == AF_UNIX) {
        detail_unix(run,
                    result,
                    un->sun_path,
                    (int)len - (int)offsetof(struct sockaddr_un, sun_path));
        return;
    }
    detail(result, (int)len);
    if (address->ss_family == AF_INET) {
        inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
        detail(result, number_of_host(text, hosts4));
        detail(result, number_of_port(run, in->sin_port));
    } else if (address->ss_family == AF_INET6) {
        inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
        detail(result, number_of_host(text, hosts6));
        detail(result, number_of_port(run, in6->sin6_port));
    }
}

void run_learn_port(struct run *run, int slot)
{
    struct sockaddr_storage address;
    const struct sockaddr_in *in =
        (const struct sockaddr_in *)(const void *)&address;
    socklen_t len = sizeof(address);

    if (slot != NO_SLOT &&
        getsockname(run_fd(run, slot), (struct sockaddr *)&address, &len) ==
            0 &&
        (address.ss_family == AF_INET || address.ss_family == AF_INET6) &&
        in->sin_port != 0)
        run->ports[slot] = in->sin_port; /* at the same place in both */
}

/* ----------------------------------------------------------------- the frame */

/* What is held back is acknowledged now. */
static void settle(const struct run *run)
{
    const struct timespec pause = { .tv_nsec = run->setting->pause_us * 1000L };
    const int on = 1;
    int idx;

    for (idx = 0; idx < N_FDS; idx++) {
        int16_t object = run->ledger.by_fd[idx];

        if (object >= 0 && run->ledger.objects[object].kind == OBJECT_TCP)
            setsockopt(
                run->base_fd + idx, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
    }
    if (run->setting->pause_us)
        nanosleep(&pause, NULL);
}

static void clean_up(const struct run *run)
{
    const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
    char path[128];
    int idx;

    for (idx = 0; idx < N_FDS; idx++) {
        setsockopt(
            run->base_fd + idx, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
        close(run->base_fd + idx);
    }
    for (idx = 0; idx < N_PATHS; idx++) {
        run_path(run, (unsigned)idx, path, sizeof(path));
        unlink(path);
    }
}

static const op_cb ops[] = {
#define OP_FUNCTION(name, text) [OP_##name] = op_##text,
    OP_TABLE(OP_FUNCTION)
#undef OP_FUNCTION
};

static void
do_step(struct run *run, const struct step *step, struct result *result)
{
    sig_atomic_t n_before = n_signals;

    errno = 0;
    ops[step->op](run, step, result);
    result->n_signals = (uint32_t)(n_signals - n_before);
}

void run_program(const struct setting *setting,
                 const struct program *program,
                 struct results *results)
{
    struct run run = { .setting = setting };
    int idx;

    memset(results, 0, sizeof(*results));
    run.base_fd = eventfd(0, EFD_CLOEXEC); /* the lowest that is free */
    close(run.base_fd);
    ledger_init(&run.ledger, run.base_fd);
    for (idx = 0; idx < N_SLOTS; idx++)
        run.fds[idx] = -1;
    while (results->n_done < program->n_steps) {
        const struct step *step = &program->steps[results->n_done];

        do_step(&run, step, &results->steps[results->n_done]);
        results->n_done++;
        if (setting->is_kernel)
            settle(&run);
    }
    results->is_spoilt = run.is_spoilt;
    clean_up(&run);
}
