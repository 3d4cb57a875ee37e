/* SPDX-License-Identifier: MIT */
/*
 * The world of a test, and calls on it.
 */
#include "support/world_probe.h"

#include "support/oom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_ANSWERS_MAX 64
#define N_LATER_MAX 64
#define N_EVENTS_MAX 16

struct sim_world world;

/* ------------------------------------------------------------------ choices */

static struct {
    enum tidy_choice kind;
    size_t n, choice;
} answers[N_ANSWERS_MAX];
static size_t n_answers, n_asked;
static size_t n_offered[TIDY_N_CHOICES];

static size_t choose(struct sim_chooser *chooser,
                     enum tidy_choice kind,
                     unsigned actor,
                     size_t n)
{
    (void)chooser;
    (void)actor;
    n_offered[kind]++;
    if (n_asked == n_answers || answers[n_asked].kind != kind)
        return 0;
    assert_int_equal(n, answers[n_asked].n);
    return answers[n_asked++].choice;
}

void world_answer(enum tidy_choice kind, size_t n, size_t choice)
{
    assert_in_range(n_answers, 0, N_ANSWERS_MAX - 1);
    answers[n_answers].kind = kind;
    answers[n_answers].n = n;
    answers[n_answers++].choice = choice;
}

size_t world_n_offered(enum tidy_choice kind)
{
    return n_offered[kind];
}

/* -------------------------------------------------------------------- later */

static struct later {
    struct sim_timer timer;
    void (*fn)(int arg);
    int arg;
} laters[N_LATER_MAX];
static size_t n_laters;

static void on_later(struct sim_timer *timer)
{
    struct later *later = tidy_container_of(timer, struct later, timer);

    later->fn(later->arg);
}

void world_after(uint64_t delay_ns, void (*fn)(int arg), int arg)
{
    struct later *later = &laters[n_laters++];

    assert_in_range(n_laters, 1, N_LATER_MAX);
    *later = (struct later){ .timer.fire = on_later, .fn = fn, .arg = arg };
    tidy__sim_timer_set(&world, &later->timer, world.now_ns + delay_ns);
}

/* ------------------------------------------------------------------ fixture */

int world_set_up(void **state)
{
    static struct sim_chooser chooser = { .choose = choose };
    const struct tidy_world_options options = { .kinds = TIDY_CHOICES_ALL,
                                                .has_trace = true };

    n_answers = n_asked = n_laters = 0;
    memset(n_offered, 0, sizeof(n_offered));
    if (oom_set_up(state))
        return -1;
    return tidy__sim_world_init(&world, &options, &chooser);
}

int world_tear_down(void **state)
{
    tidy__sim_world_deinit(&world);
    if (n_asked != n_answers) {
        print_error("an answer was not asked for: %s\n",
                    tidy_choice_name(answers[n_asked].kind));
        oom_tear_down(state);
        return -1;
    }
    return oom_tear_down(state);
}

/* -------------------------------------------------------------------- calls */

ssize_t world_read(int fd, void *data, size_t len)
{
    struct iovec iov = { .iov_base = data, .iov_len = len };

    return tidy__sim_readv(&world, "read", fd, &iov, 1, 0);
}

ssize_t world_write(int fd, const void *data, size_t len)
{
    struct iovec iov = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };

    return tidy__sim_writev(&world, "write", fd, &iov, 1, 0);
}

int64_t world_read_u64(int fd)
{
    uint64_t value = 0;
    ssize_t result = world_read(fd, &value, sizeof(value));

    return result < 0 ? result : (int64_t)value;
}

ssize_t world_write_u64(int fd, uint64_t value)
{
    return world_write(fd, &value, sizeof(value));
}

int world_poll(int fd, int events)
{
    struct pollfd pollfd = { .fd = fd, .events = (short)events };
    int n = tidy__sim_poll(&world, &pollfd, 1, 0);

    assert_int_equal(n, pollfd.revents != 0);
    return pollfd.revents;
}

int world_watch(int epfd, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    return tidy__sim_epoll_ctl(&world, epfd, EPOLL_CTL_ADD, fd, &event);
}

const char *world_ready(int epfd, int n_max)
{
    static char text[N_EVENTS_MAX * 24];
    struct epoll_event events[N_EVENTS_MAX];
    int n = tidy__sim_epoll_wait(&world, epfd, events, n_max, 0), idx;
    size_t len = 0;

    assert_in_range(n, 0, N_EVENTS_MAX);
    text[0] = '\0';
    for (idx = 0; idx < n; idx++)
        len += (size_t)sprintf(text + len,
                               idx ? " %d:%x" : "%d:%x",
                               events[idx].data.fd,
                               events[idx].events);
    return text;
}

const char *world_describe(int fd)
{
    static char text[256];
    struct sim_file *file = tidy__sim_fd_file(&world, fd);
    FILE *out = fmemopen(text, sizeof(text), "w");

    assert_non_null(out);
    file->ops->describe(file, out);
    fclose(out);
    return text;
}
