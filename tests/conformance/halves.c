/* SPDX-License-Identifier: MIT */
/*
 * The kernel's half has a network of its own, if it may, so that nobody else
 * takes its ports; and a new one after some hundred programs, because ports are
 * kept for a minute (TIME_WAIT).
 */
#include "conformance/halves.h"

#include "conformance/network.h"
#include "conformance/run.h"
#include <tidysock/sim.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_PROGRAMS_PER_NETWORK 300
#define PATIENCE_MS 30000
/* Another one for each program, below those that the kernel gives out. */
#define NOBODYS_PORT_MIN 10000
#define N_NOBODYS_PORTS 20000

struct shared {
    struct setting setting;
    struct program program;
    struct results results;
};

struct half {
    struct shared *shared; /* owned */
    char reason[REASON_MAX];
    struct tidy_world_runner *runner; /* owned; NULL: it is the kernel */

    /* The kernel's. */
    pid_t pid; /* 0: none */
    int fd;
    unsigned n_run; /* by this process */
    unsigned n_all;
};

static struct half *new_half(const char *dir, bool is_kernel)
{
    struct half *half = calloc(1, sizeof(*half));

    if (!half)
        return NULL;
    half->shared = mmap(NULL,
                        sizeof(*half->shared),
                        PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS,
                        -1,
                        0);
    if (half->shared == MAP_FAILED) {
        free(half);
        return NULL;
    }
    half->shared->setting.dir = dir;
    half->shared->setting.is_kernel = is_kernel;
    return half;
}

static void run_shared(struct shared *shared)
{
    run_program(&shared->setting, &shared->program, &shared->results);
}

/* ---------------------------------------------------------------- the kernel */

static _Noreturn void serve(struct shared *shared, int fd)
{
    char byte;

    network_leave();
    if (fd != STDERR_FILENO + 1)
        dup2(fd, STDERR_FILENO + 1);
    fd = STDERR_FILENO + 1;
    close_range((unsigned)fd + 1, ~0u, 0);
    while (read(fd, &byte, 1) == 1) {
        run_shared(shared);
        if (write(fd, &byte, 1) != 1)
            break;
    }
    _exit(0);
}

static bool start(struct half *half)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return false;
    fflush(NULL);
    half->pid = fork();
    if (half->pid == 0)
        serve(half->shared, fds[1]);
    close(fds[1]);
    half->fd = fds[0];
    half->n_run = 0;
    if (half->pid > 0)
        return true;
    half->pid = 0;
    close(half->fd);
    return false;
}

static void stop(struct half *half)
{
    if (half->pid == 0)
        return;
    close(half->fd);
    kill(half->pid, SIGKILL);
    waitpid(half->pid, NULL, 0);
    half->pid = 0;
}

static bool run_on_kernel(struct half *half)
{
    struct pollfd pollfd = { .events = POLLIN };
    char byte = 0;

    if (half->pid != 0 && half->n_run >= N_PROGRAMS_PER_NETWORK)
        stop(half);
    if (half->pid == 0 && !start(half)) {
        snprintf(half->reason, REASON_MAX, "no process: %s", strerror(errno));
        return false;
    }
    pollfd.fd = half->fd;
    half->n_run++;
    if (send(half->fd, &byte, 1, MSG_NOSIGNAL) == 1 &&
        poll(&pollfd, 1, PATIENCE_MS) == 1 && read(half->fd, &byte, 1) == 1)
        return true;
    snprintf(half->reason,
             REASON_MAX,
             "the kernel's process has ended, or hangs at step %u",
             half->shared->results.n_done);
    stop(half);
    return false;
}

struct half *kernel_new(const char *dir)
{
    return new_half(dir, true);
}

bool kernel_has_own_network(void)
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0)
        _exit(network_leave() ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

bool kernel_has_ipv6(void)
{
    const struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                          .sin6_addr = in6addr_loopback };
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has_ipv6;

    if (fd < 0)
        return false;
    has_ipv6 =
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return has_ipv6;
}

/* ------------------------------------------------------------------- a world */

/* What libraries would make once in a process, this body has none of. */
static void body(void *arg)
{
    if (tidy_world_is_inside())
        run_shared(arg);
}

struct half *world_new(const char *dir)
{
    struct half *half = new_half(dir, false);

    if (!half)
        return NULL;
    half->runner =
        tidy_world_runner_new(body, half->shared, TIDY_WARM_UP_OUTSIDE);
    return half->runner ? half : half_free(half);
}

static bool run_in_world(struct half *half)
{
    struct tidy_world_report *report =
        tidy_world_runner_run(half->runner, NULL);
    enum tidy_outcome outcome = tidy_world_report_outcome(report);

    if (outcome != TIDY_OUTCOME_PASSED)
        snprintf(half->reason,
                 REASON_MAX,
                 "at step %u: %s: %s",
                 half->shared->results.n_done,
                 tidy_outcome_name(outcome),
                 tidy_world_report_text(report));
    tidy_world_report_free(report);
    return outcome == TIDY_OUTCOME_PASSED;
}

/* -------------------------------------------------------------------- either */

bool half_run(struct half *half,
              const struct program *program,
              unsigned pause_us)
{
    half->reason[0] = '\0';
    half->shared->program = *program;
    half->shared->results.n_done = 0;
    half->shared->setting.pause_us = pause_us;
    half->shared->setting.nobodys_port =
        (in_port_t)(NOBODYS_PORT_MIN + half->n_all++ % N_NOBODYS_PORTS);
    return half->runner ? run_in_world(half) : run_on_kernel(half);
}

void half_set_same_sizes(struct half *half, bool has_same_sizes)
{
    half->shared->setting.has_same_sizes = has_same_sizes;
}

const struct results *half_results(const struct half *half)
{
    return &half->shared->results;
}

const char *half_reason(const struct half *half)
{
    return half->reason;
}

struct half *half_free(struct half *half)
{
    if (!half)
        return NULL;
    tidy_world_runner_free(half->runner);
    stop(half);
    munmap(half->shared, sizeof(*half->shared));
    free(half);
    return NULL;
}
