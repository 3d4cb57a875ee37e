/* SPDX-License-Identifier: MIT */
/*
 * Random programs of calls on pipes, eventfds, epoll instances and what waits
 * for them, each run by the kernel and in a world: every result, every byte and
 * every event must be the same, also in which order events come.
 *
 * A program is a list of steps that are drawn before either runs. Descriptors
 * are named by the slots that they are kept in, for their numbers differ. What
 * a side has seen is text; the texts are compared.
 */
#include "support/both_calls.h"
#include "support/world_probe.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include <cmocka.h>

#define N_PROGRAMS 1000
#define N_STEPS 150
#define N_SLOTS 14
#define N_EVENTS_MAX 8
#define DATA_MAX 70000

/* ------------------------------------------------------------------- programs */

enum op {
    OP_PIPE,
    OP_EVENTFD,
    OP_EPOLL,
    OP_CLOSE,
    OP_DUP,
    OP_DUP2,
    OP_READ,
    OP_READ_AGAIN, /* more often than others */
    OP_WRITE,
    OP_WRITE_AGAIN,
    OP_CONTROL,
    OP_CONTROL_AGAIN,
    OP_WAIT,
    OP_WAIT_AGAIN,
    OP_POLL,
    OP_SELECT,
    OP_RESIZE,
    OP_COUNT,
    N_OPS
};

enum kind {
    KIND_NONE,
    KIND_PIPE,
    KIND_EVENTFD,
    KIND_EPOLL
};

/* What a step is about; its op says which of it. */
struct step {
    enum op op;
    size_t slots[2]; /* SIZE_MAX: there was none */
    enum kind kind;  /* of the first one */
    uint64_t number; /* a size, a value, a seed of data or of sets */
    int n_max, control;
    uint32_t events;
};

struct program {
    struct step steps[N_STEPS];
    size_t n_steps;
};

/* xorshift64*, by Sebastiano Vigna. */
static uint64_t next_number(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

static unsigned below(uint64_t *seed, unsigned n)
{
    return (unsigned)(next_number(seed) >> 33) % n;
}

/* A slot of a kind, or of any but none; SIZE_MAX: there is none. */
static size_t find_slot(const enum kind *kinds, uint64_t *seed, enum kind kind)
{
    size_t first = below(seed, N_SLOTS), n;

    for (n = 0; n < N_SLOTS; n++) {
        enum kind found = kinds[(first + n) % N_SLOTS];

        if (kind == KIND_PIPE ? found != KIND_NONE : found == kind)
            return (first + n) % N_SLOTS;
    }
    return SIZE_MAX;
}

static uint32_t draw_events(uint64_t *seed)
{
    static const uint32_t wanted[] = {
        EPOLLIN,     EPOLLOUT,    EPOLLIN | EPOLLOUT,   EPOLLIN,
        EPOLLRDNORM, EPOLLWRNORM, EPOLLIN | EPOLLRDHUP, EPOLLPRI,
        0,
    };
    uint32_t events = wanted[below(seed, TIDY_COUNT(wanted))];

    events |= below(seed, 3) == 0 ? EPOLLET : 0u;
    events |= below(seed, 6) == 0 ? EPOLLONESHOT : 0u;
    events |= below(seed, 8) == 0 ? EPOLLEXCLUSIVE : 0u;
    events |= below(seed, 12) == 0 ? EPOLLWAKEUP : 0u;
    return events;
}

/* A length that is near something that matters. */
static uint64_t draw_len(uint64_t *seed, enum kind kind)
{
    static const uint64_t lens[] = { 0,    1,    7,     8,     9,       100,
                                     4000, 4095, 4096,  4097,  5000,    8192,
                                     8193, 9000, 30000, 65536, DATA_MAX };

    return kind == KIND_EVENTFD && below(seed, 8)
               ? 8
               : lens[below(seed, TIDY_COUNT(lens))];
}

static bool makes_new(enum op op)
{
    return op == OP_PIPE || op == OP_EVENTFD || op == OP_EPOLL || op == OP_DUP;
}

/* What becomes of the slots; false: the step is not possible. */
static bool take_slots(struct step *step, enum kind *kinds, uint64_t *seed)
{
    bool is_epoll = step->op >= OP_CONTROL && step->op <= OP_WAIT_AGAIN;

    step->slots[0] =
        find_slot(kinds,
                  seed,
                  makes_new(step->op) && step->op != OP_DUP ? KIND_NONE
                  : is_epoll && below(seed, 20)             ? KIND_EPOLL
                                                            : KIND_PIPE);
    if (step->slots[0] == SIZE_MAX)
        return false;
    step->kind = kinds[step->slots[0]];
    if (step->op == OP_PIPE)
        kinds[step->slots[0]] = KIND_PIPE; /* not the same one twice */
    step->slots[1] = find_slot(
        kinds,
        seed,
        step->op == OP_PIPE || step->op == OP_DUP ? KIND_NONE : KIND_PIPE);
    if (step->slots[1] == SIZE_MAX &&
        (step->op == OP_PIPE || is_epoll || step->op == OP_DUP)) {
        if (step->op == OP_PIPE)
            kinds[step->slots[0]] = KIND_NONE;
        return false;
    }
    return true;
}

static void set_kinds(const struct step *step, enum kind *kinds)
{
    switch (step->op) {
    case OP_PIPE:
        kinds[step->slots[0]] = kinds[step->slots[1]] = KIND_PIPE;
        break;
    case OP_EVENTFD:
        kinds[step->slots[0]] = KIND_EVENTFD;
        break;
    case OP_EPOLL:
        kinds[step->slots[0]] = KIND_EPOLL;
        break;
    case OP_CLOSE:
        kinds[step->slots[0]] = KIND_NONE;
        break;
    case OP_DUP:
    case OP_DUP2:
        kinds[step->slots[1]] = step->kind;
        break;
    default:
        break;
    }
}

static void draw(struct program *program, uint64_t seed)
{
    enum kind kinds[N_SLOTS] = { KIND_NONE };

    program->n_steps = 0;
    while (program->n_steps < N_STEPS) {
        struct step *step = &program->steps[program->n_steps];

        step->op = (enum op)below(&seed, N_OPS);
        if ((step->op == OP_CLOSE || step->op == OP_DUP2) && below(&seed, 2))
            continue;
        if (!take_slots(step, kinds, &seed))
            continue;
        step->number = step->op == OP_POLL || step->op == OP_SELECT
                           ? next_number(&seed)
                           : draw_len(&seed, step->kind);
        step->n_max = 1 + (int)below(&seed, N_EVENTS_MAX);
        step->control =
            below(&seed, 2) ? EPOLL_CTL_ADD : (int)(1 + below(&seed, 3));
        step->events = draw_events(&seed);
        set_kinds(step, kinds);
        program->n_steps++;
    }
}

/* ----------------------------------------------------------------- running one */

/* One that runs a program. */
struct side {
    const struct both_calls *calls;
    int fds[N_SLOTS]; /* -1: empty */
    uint64_t seed;    /* of the data that is written */
    FILE *seen;
};

static char data[DATA_MAX];

static void run_new(struct side *side, const struct step *step)
{
    const struct both_calls *calls = side->calls;
    int *fd = &side->fds[step->slots[0]], fds[2];

    if (step->op == OP_EVENTFD) {
        *fd = (int)calls->eventfd((unsigned)step->n_max % 3,
                                  EFD_NONBLOCK |
                                      (step->n_max > 6 ? EFD_SEMAPHORE : 0));
    } else if (step->op == OP_EPOLL) {
        *fd = (int)calls->epoll();
    } else if (step->op == OP_DUP) {
        side->fds[step->slots[1]] = (int)calls->dup(*fd);
    } else if (calls->pipe(fds) == 0) {
        *fd = fds[0];
        side->fds[step->slots[1]] = fds[1];
    }
    fprintf(side->seen, "new %zu %zu\n", step->slots[0], step->slots[1]);
}

static void run_read(struct side *side, const struct step *step)
{
    long n = side->calls->read(
        side->fds[step->slots[0]], data, (size_t)step->number);
    uint64_t sum = 0;
    long idx;

    for (idx = 0; idx < n; idx++)
        sum = sum * 31 + (unsigned char)data[idx];
    fprintf(side->seen,
            "read %zu %llu = %ld: %llx\n",
            step->slots[0],
            (unsigned long long)step->number,
            n,
            (unsigned long long)sum);
}

static void run_write(struct side *side, const struct step *step)
{
    uint64_t value;
    size_t idx;

    for (idx = 0; idx < step->number; idx++)
        data[idx] = (char)next_number(&side->seed);
    value = below(&side->seed, 5) ? below(&side->seed, 3)
                                  : UINT64_MAX - below(&side->seed, 4);
    if (step->kind == KIND_EVENTFD && step->number >= sizeof(value))
        memcpy(data, &value, sizeof(value));
    fprintf(side->seen,
            "write %zu %llu = %ld\n",
            step->slots[0],
            (unsigned long long)step->number,
            side->calls->write(
                side->fds[step->slots[0]], data, (size_t)step->number));
}

static void run_control(struct side *side, const struct step *step)
{
    struct epoll_event event = { .events = step->events,
                                 .data.u64 = step->slots[1] };

    fprintf(side->seen,
            "control %zu %d %zu %x = %ld\n",
            step->slots[0],
            step->control,
            step->slots[1],
            step->events,
            side->calls->control(side->fds[step->slots[0]],
                                 step->control,
                                 side->fds[step->slots[1]],
                                 &event));
}

static void run_wait(struct side *side, const struct step *step)
{
    struct epoll_event events[N_EVENTS_MAX];
    long n = side->calls->wait(side->fds[step->slots[0]], events, step->n_max);
    long idx;

    fprintf(side->seen, "wait %zu %d = %ld:", step->slots[0], step->n_max, n);
    for (idx = 0; idx < n; idx++)
        fprintf(side->seen,
                " %d %x",
                (int)events[idx].data.u64,
                events[idx].events);
    fputc('\n', side->seen);
}

static void run_poll(struct side *side, const struct step *step)
{
    struct pollfd fds[N_SLOTS];
    uint64_t seed = step->number | 1;
    size_t n = below(&seed, N_SLOTS), idx;

    for (idx = 0; idx < n; idx++) {
        fds[idx].fd = side->fds[below(&seed, N_SLOTS)];
        fds[idx].events = (short)below(&seed, 0x800);
    }
    fprintf(side->seen, "poll %zu = %ld:", n, side->calls->poll(fds, n));
    for (idx = 0; idx < n; idx++)
        fprintf(side->seen, " %x", fds[idx].revents);
    fputc('\n', side->seen);
}

static void run_select(struct side *side, const struct step *step)
{
    uint64_t seed = step->number | 1;
    fd_set sets[3];
    size_t slot, set;

    for (set = 0; set < 3; set++)
        FD_ZERO(&sets[set]);
    for (slot = 0; slot < N_SLOTS; slot++) {
        set = below(&seed, 5);
        if (side->fds[slot] >= 0 && set < 3)
            FD_SET(side->fds[slot], &sets[set]);
    }
    fprintf(side->seen,
            "select = %ld:",
            side->calls->select(&sets[0], &sets[1], &sets[2]));
    for (slot = 0; slot < N_SLOTS; slot++) {
        for (set = 0; set < 3; set++)
            fputs(side->fds[slot] >= 0 && FD_ISSET(side->fds[slot], &sets[set])
                      ? " y"
                      : " -",
                  side->seen);
    }
    fputc('\n', side->seen);
}

static void run_other(struct side *side, const struct step *step)
{
    static const int sizes[] = { 1, 4096, 8192, 65536, 100000 };
    int fd = side->fds[step->slots[0]], n = 0;
    long result = 0;

    if (step->op == OP_CLOSE) {
        result = side->calls->close(fd);
        side->fds[step->slots[0]] = -1;
    } else if (step->op == OP_DUP2) {
        result = side->calls->dup2(fd, side->fds[step->slots[1]]);
        result = result == side->fds[step->slots[1]] ? 0 : result;
    } else if (step->op == OP_RESIZE) {
        result = side->calls->resize(
            fd, sizes[(size_t)step->n_max % TIDY_COUNT(sizes)]);
    } else {
        result = side->calls->count(fd, &n);
    }
    fprintf(side->seen,
            "%d %zu %zu = %ld: %d\n",
            (int)step->op,
            step->slots[0],
            step->slots[1],
            result,
            n);
}

static void run_step(struct side *side, const struct step *step)
{
    static void (*const runs[N_OPS])(struct side *, const struct step *) = {
        [OP_PIPE] = run_new,        [OP_EVENTFD] = run_new,
        [OP_EPOLL] = run_new,       [OP_CLOSE] = run_other,
        [OP_DUP] = run_new,         [OP_DUP2] = run_other,
        [OP_READ] = run_read,       [OP_READ_AGAIN] = run_read,
        [OP_WRITE] = run_write,     [OP_WRITE_AGAIN] = run_write,
        [OP_CONTROL] = run_control, [OP_CONTROL_AGAIN] = run_control,
        [OP_WAIT] = run_wait,       [OP_WAIT_AGAIN] = run_wait,
        [OP_POLL] = run_poll,       [OP_SELECT] = run_select,
        [OP_RESIZE] = run_other,    [OP_COUNT] = run_other,
    };

    runs[step->op](side, step);
}

/* What a side has seen, owned. */
static char *run(const struct both_calls *calls, const struct program *program)
{
    struct side side = { .calls = calls, .seed = 4711 };
    char *text = NULL;
    size_t len, idx;

    side.seen = open_memstream(&text, &len);
    assert_non_null(side.seen);
    for (idx = 0; idx < N_SLOTS; idx++)
        side.fds[idx] = -1;
    for (idx = 0; idx < program->n_steps; idx++)
        run_step(&side, &program->steps[idx]);
    for (idx = 0; idx < N_SLOTS; idx++) {
        if (side.fds[idx] >= 0)
            calls->close(side.fds[idx]);
    }
    fclose(side.seen);
    return text;
}

/* ------------------------------------------------------------------- the tests */

/* Up to the first line in which they differ. */
static void
print_difference(uint64_t seed, const char *kernel, const char *simulated)
{
    size_t len = 0;

    while (kernel[len] && kernel[len] == simulated[len])
        len++;
    while (len > 0 && kernel[len - 1] != '\n')
        len--;
    print_error("program %llu:\n%.*skernel: %.*s\nworld:  %.*s\n",
                (unsigned long long)seed,
                (int)len,
                kernel,
                (int)strcspn(kernel + len, "\n"),
                kernel + len,
                (int)strcspn(simulated + len, "\n"),
                simulated + len);
}

static bool is_same(uint64_t seed)
{
    static struct program program;
    char *kernel, *simulated;
    bool is_equal;

    draw(&program, seed);
    kernel = run(&both_calls_kernel, &program);
    simulated = run(&both_calls_world, &program);
    is_equal = strcmp(kernel, simulated) == 0;
    if (!is_equal)
        print_difference(seed, kernel, simulated);
    free(kernel);
    free(simulated);
    return is_equal;
}

/* TIDYSOCK_TEST_SEED=N begins elsewhere. */
static void world_is_like_the_kernel(void **state)
{
    const char *text = getenv("TIDYSOCK_TEST_SEED");
    uint64_t first = text ? strtoull(text, NULL, 0) : 1, seed;
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);

    (void)state;
    for (seed = first; seed < first + N_PROGRAMS; seed++)
        assert_true(is_same(seed));
    signal(SIGPIPE, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        world_unit_test(world_is_like_the_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
