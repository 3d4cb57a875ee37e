/* SPDX-License-Identifier: MIT */
/*
 * System calls made past the C library's names, in the first run of a process:
 * those that a world should have answered end the run, and are named.
 */
#include "sim/body.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <cmocka.h>

#if defined(__x86_64__)

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF 0
#define PR_SYS_DISPATCH_ON 1
#endif

/* The instruction itself, as no library can see it. */
static long call(long number, const long args[6])
{
    long a0 = args[0], a1 = args[1], a2 = args[2];
    long a3 = args[3], a4 = args[4], a5 = args[5];
    /* From here on no sanitizer looks at memory, and uses these. */
    register long r10 __asm__("r10") = a3;
    register long r8 __asm__("r8") = a4;
    register long r9 __asm__("r9") = a5;
    long result;

    __asm__ volatile(
        "syscall"
        : "=a"(result)
        : "a"(number), "D"(a0), "S"(a1), "d"(a2), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
    return result;
}

/* With as many arguments as it has, one at least. */
#define CALL(name, ...) call(SYS_##name, (const long[6]){ __VA_ARGS__ })

/* Neither an old kernel nor valgrind has it. */
static bool has_tripwire(void)
{
    static volatile char selector;

    if (dlsym(RTLD_DEFAULT, "_vgnU_freeres") ||
        prctl(
            PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) <
            0)
        return false;
    prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    return true;
}

/* ------------------------------------------------- by an instruction: refused */

/* clang-format off */
#define REFUSED(X)                                                             \
    X(socket, CALL(socket, AF_INET, SOCK_STREAM))                    \
    X(socketpair, CALL(socketpair, AF_UNIX, SOCK_STREAM, 0, (long)fds))    \
    X(pipe2, CALL(pipe2, (long)fds))                              \
    X(eventfd2, CALL(eventfd2, 0))                                \
    X(epoll_create1, CALL(epoll_create1, 0))                      \
    X(poll, CALL(poll, 0))                                        \
    X(read, CALL(read, fd, (long)buffer, 1))                            \
    X(write, CALL(write, fd, (long)buffer, 1))                          \
    X(close, CALL(close, fd))                                     \
    X(close_range, CALL(close_range, 3, ~0U))                        \
    X(fcntl, CALL(fcntl, fd, F_GETFL))                               \
    X(dup2, CALL(dup2, 0, fd))                                       \
    X(sendfile, CALL(sendfile, 1, fd, 0, 1))                               \
    X(splice, CALL(splice, 0, 0, fd))                                   \
    X(mmap, CALL(mmap, 0, 1, PROT_READ, MAP_SHARED, fd))                                                           \
    X(connect, CALL(connect, fd))                                 \
    X(openat, CALL(openat, fd, (long)"file", O_RDONLY))                 \
    X(stat, CALL(stat, (long)path, (long)buffer))                    \
    X(unlinkat, CALL(unlinkat, AT_FDCWD, (long)path))                \
    X(clock_gettime, CALL(clock_gettime, 1, (long)buffer))           \
    X(gettimeofday, CALL(gettimeofday, (long)buffer))             \
    X(time, CALL(time, 0))                                        \
    X(times, CALL(times, 0))                                      \
    X(getrusage, CALL(getrusage, 0, (long)buffer))                   \
    X(nanosleep, CALL(nanosleep, (long)&ts))                      \
    X(clock_nanosleep, CALL(clock_nanosleep, 1, 0, (long)&ts))          \
    X(alarm, CALL(alarm, 1))                                      \
    X(setitimer, CALL(setitimer, ITIMER_REAL))                    \
    X(timer_create, CALL(timer_create, 1, 0, (long)buffer))             \
    X(getrandom, CALL(getrandom, (long)buffer, 1))                   \
    X(fork, CALL(fork, 0))                                        \
    X(clone, CALL(clone, SIGCHLD))                                \
    X(clone3, CALL(clone3, 0))                                    \
    X(execve, CALL(execve, (long)"/bin/true"))                    \
    X(wait4, CALL(wait4, -1))                                     \
    X(kill, CALL(kill, getppid()))                                \
    X(tkill, CALL(tkill, getppid()))                              \
    X(pause, CALL(pause, 0))                                      \
    X(futex, CALL(futex, (long)buffer))                           \
    X(inotify_init1, CALL(inotify_init1, 0))                      \
    X(ptrace, CALL(ptrace, 0))                                    \
    X(prctl, CALL(prctl, PR_SET_SYSCALL_USER_DISPATCH))
/* clang-format on */

static const char path[] = "/tmp/tidysock-tripwire";

enum refused {
#define IDX(name, expression) REFUSED_##name,
    REFUSED(IDX) N_REFUSED
};

static const struct {
    const char *name;
    long number;
} refused[] = {
#define ENTRY(name, expression) { #name, SYS_##name },
    REFUSED(ENTRY)
};

static void make_the_call(void *arg)
{
    const enum refused *which = arg;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char buffer[256] __attribute__((aligned(16))) = "";
    struct timespec ts = { .tv_sec = 0 };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int fds[2];

    strcpy(address.sun_path, path);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
#define CASE(name, expression)                                                 \
    case REFUSED_##name:                                                       \
        (void)(expression);                                                    \
        break;
    switch (*which) {
        REFUSED(CASE)
    default:
        break;
    }
    tidy_world_fail("nobody has noticed");
}

static void calls_by_an_instruction(void **state)
{
    enum refused which;
    char text[128];

    (void)state;
    if (!has_tripwire())
        skip();
    for (which = 0; which < N_REFUSED; which++) {
        snprintf(text,
                 sizeof(text),
                 "simulation does not model the system call %s (%ld), made "
                 "past the C library's names by ",
                 refused[which].name,
                 refused[which].number);
        assert_ends(make_the_call, &which, TIDY_OUTCOME_UNMODELLED, text);
    }
}

static void call_nothing(void *arg)
{
    (void)arg;
    call(100000, (const long[6]){ 0 });
}

static void a_number_without_a_name(void **state)
{
    (void)state;
    if (!has_tripwire())
        skip();
    assert_ends(call_nothing,
                NULL,
                TIDY_OUTCOME_UNMODELLED,
                "the system call without a name (100000)");
}

/* ------------------------------------------------- inside the C library: refused */

static void ask_for_the_timer(void *arg)
{
    struct itimerval value;

    (void)arg;
    getitimer(ITIMER_REAL, &value);
}

/* As a program that has the C library's own function does. */
static void call_behind_the_seam(void *arg)
{
    int (*function)(int domain, int type, int protocol);
    void *libc = dlopen("libc.so.6", RTLD_LAZY);
    void *symbol = dlsym(libc, "socket");

    (void)arg;
    CHECK(symbol);
    memcpy(&function, &symbol, sizeof(function));
    function(AF_UNIX, SOCK_STREAM, 0);
}

static void lock_twice(void *arg)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

    (void)arg;
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&mutex);
}

/* The C library's function is named that the program has called. */
static void calls_inside_the_c_library(void **state)
{
    (void)state;
    if (!has_tripwire())
        skip();
    assert_ends(ask_for_the_timer,
                NULL,
                TIDY_OUTCOME_UNMODELLED,
                "the system call getitimer (36), made past the C library's "
                "names by getitimer (libc.so.6)");
    assert_ends(call_behind_the_seam,
                NULL,
                TIDY_OUTCOME_UNMODELLED,
                "the system call socket (41), made past the C library's names "
                "by socket (libc.so.6)");
    assert_ends(lock_twice,
                NULL,
                TIDY_OUTCOME_UNMODELLED,
                "the system call futex (202), made past the C library's names "
                "by pthread_mutex_lock (libc.so.6)");
}

/* -------------------------------------------------------------- what passes */

static void make_harmless_calls(void *arg)
{
    char buffer[16];
    int fd;

    (void)arg;
    CHECK(CALL(getpid, 0) == getpid());
    CHECK(CALL(getcwd, 0) == -ERANGE);
    fd = (int)CALL(open, (long)"/dev/zero", O_RDONLY);
    CHECK(fd >= 0 && !is_simulated(fd));
    CHECK(CALL(read, fd, (long)buffer, sizeof(buffer)) == 16);
    CHECK(read(fd, buffer, sizeof(buffer)) == 16);
    CHECK(CALL(close, fd) == 0);
    CHECK(CALL(close, 400) == -EBADF);
    CHECK(CALL(accept, 400) == -EBADF);
    CHECK(CALL(getrandom, (long)buffer, 1, GRND_NONBLOCK) == 1);
    CHECK(CALL(wait4, -1, 0, WNOHANG) == -ECHILD);
    CHECK(CALL(io_uring_setup, 8) == -ENOSYS);
    CHECK(CALL(futex, (long)buffer, 1, 1) == 0);
}

/* As the C library makes them for a program. */
static void use_the_c_library(void *arg)
{
    char *large = malloc(8 << 20);
    FILE *file = tmpfile();
    char text[16];

    (void)arg;
    CHECK(large && file);
    large[0] = '\0';
    large = realloc(large, 16 << 20);
    CHECK(large && large[0] == '\0');
    CHECK(fprintf(file, "%d\n", 42) == 3 && fseek(file, 0, SEEK_SET) == 0);
    CHECK(fgets(text, sizeof(text), file) && strcmp(text, "42\n") == 0);
    CHECK(fclose(file) == 0);
    CHECK(access("/", X_OK) == 0 && sysconf(_SC_NPROCESSORS_ONLN) > 0);
    free(large);
}

/* The server that is asked first is none of the world's. */
static void look_up_a_user(void *arg)
{
    const struct passwd *user = getpwuid(0);

    (void)arg;
    CHECK(user && strcmp(user->pw_name, "root") == 0);
}

static void harmless_calls(void **state)
{
    (void)state;
    if (!has_tripwire())
        skip();
    assert_passes(make_harmless_calls, NULL);
    assert_passes(use_the_c_library, NULL);
    assert_passes(look_up_a_user, NULL);
}

/* ------------------------------------------------------------------- signals */

static volatile sig_atomic_t n_signals;

static void on_signal(int sig)
{
    n_signals += sig == SIGUSR1 && CALL(getpid, 0) == getpid();
}

static void set_handler(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    sigfillset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
}

static char set_handler_too[] = "";

static void use_signals(void *arg)
{
    sigset_t all, old, now;

    if (arg == set_handler_too)
        set_handler();
    n_signals = 0;
    CHECK(raise(SIGUSR1) == 0 && n_signals == 1);
    sigfillset(&all);
    CHECK(sigprocmask(SIG_SETMASK, &all, &old) == 0);
    CHECK(raise(SIGUSR1) == 0 && n_signals == 1);
    CHECK(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
    CHECK(sigismember(&now, SIGUSR1) == 1 && sigismember(&old, SIGUSR1) == 0);
    CHECK(sigprocmask(SIG_SETMASK, &old, NULL) == 0 && n_signals == 2);
    CHECK(kill(getpid(), SIGUSR1) == 0 && n_signals == 3);
    CHECK(signal(SIGSYS, SIG_IGN) != SIG_ERR);
    CHECK(CALL(getpid, 0) == getpid());
    CHECK_FAILS(sigprocmask(99, &all, NULL), EINVAL);
}

/* Set in the world and before it, with everything blocked. */
static void signals_of_the_programs_own(void **state)
{
    struct sigaction old;

    (void)state;
    assert_passes(use_signals, set_handler_too);
    sigaction(SIGUSR1, NULL, &old);
    set_handler();
    assert_passes(use_signals, NULL);
    sigaction(SIGUSR1, &old, NULL);
}

/* --------------------------------------------------------------------- stacks */

#define PAGE 4096

static ucontext_t outside, inside;
static long answers[2];

static void call_on_a_small_stack(void)
{
    answers[0] = CALL(getpid, 0);
    answers[1] = CALL(getuid, 0);
}

/* A page, and below it none. A signal's frame would not fit. */
static void use_a_small_stack(void *arg)
{
    char *pages = mmap(NULL,
                       2 * PAGE,
                       PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS,
                       -1,
                       0);

    (void)arg;
    CHECK(pages != MAP_FAILED && mprotect(pages, PAGE, PROT_NONE) == 0);
    CHECK(getcontext(&inside) == 0);
    inside.uc_stack.ss_sp = pages + PAGE + PAGE / 2;
    inside.uc_stack.ss_size = PAGE / 2;
    inside.uc_link = &outside;
    makecontext(&inside, call_on_a_small_stack, 0);
    CHECK(swapcontext(&outside, &inside) == 0);
    CHECK(answers[0] == getpid() && answers[1] == getuid());
    CHECK(munmap(pages, 2 * PAGE) == 0);
}

/* What lies under the stack pointer is the function's that makes the call. */
static void use_the_red_zone(void *arg)
{
    long result, near, far;

    (void)arg;
    __asm__ volatile("leaq -256(%%rsp), %%rsp\n\t"
                     "movq $42, -8(%%rsp)\n\t"
                     "movq $43, -128(%%rsp)\n\t"
                     "syscall\n\t"
                     "movq -8(%%rsp), %1\n\t"
                     "movq -128(%%rsp), %2\n\t"
                     "leaq 256(%%rsp), %%rsp"
                     : "=a"(result), "=&r"(near), "=&r"(far)
                     : "a"(SYS_getpid)
                     : "rcx", "r11", "memory");
    CHECK(result == getpid() && near == 42 && far == 43);
}

static void stacks_are_left_alone(void **state)
{
    (void)state;
    assert_passes(use_a_small_stack, NULL);
    assert_passes(use_the_red_zone, NULL);
}

/* ------------------------------------------------------------------ when it is */

static void read_the_time(void *arg)
{
    (void)arg;
    if (tidy_world_is_inside())
        CALL(time, 0);
}

/* In the second run inside. */
static void read_the_time_later(void *arg)
{
    static int n_runs;

    if (tidy_world_is_inside() && n_runs++ > 0)
        read_the_time(arg);
}

static enum tidy_outcome run(struct tidy_world_runner *runner,
                             const struct tidy_world_options *options)
{
    struct tidy_world_report *report = tidy_world_runner_run(runner, options);
    enum tidy_outcome outcome = tidy_world_report_outcome(report);

    tidy_world_report_free(report);
    return outcome;
}

static void assert_first_is_watched(enum tidy_warm_up warm_up)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(read_the_time, NULL, warm_up);

    assert_int_equal(run(runner, NULL), TIDY_OUTCOME_UNMODELLED);
    assert_int_equal(run(runner, NULL), TIDY_OUTCOME_UNMODELLED);
    tidy_world_runner_free(runner);
}

/* Of each process that a runner begins. */
static void first_runs_are_watched(void **state)
{
    (void)state;
    if (!has_tripwire())
        skip();
    assert_first_is_watched(TIDY_WARM_UP_OUTSIDE);
    assert_first_is_watched(TIDY_WARM_UP_NONE);
}

/* For nothing is slowed down that runs often. */
static void later_runs_are_not(void **state)
{
    struct tidy_world_runner *runner =
        tidy_world_runner_new(read_the_time_later, NULL, TIDY_WARM_UP_OUTSIDE);

    (void)state;
    assert_int_equal(run(runner, NULL), TIDY_OUTCOME_PASSED);
    assert_int_equal(run(runner, NULL), TIDY_OUTCOME_PASSED);
    tidy_world_runner_free(runner);
}

/* Only if less is read than there is. */
static void read_the_time_when_cut(void *arg)
{
    char bytes[2] = "ab";
    int fds[2];

    (void)arg;
    if (!tidy_world_is_inside())
        return;
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    CHECK(write(fds[0], bytes, 2) == 2);
    if (read(fds[1], bytes, 2) == 1) {
        CALL(time, 0);
        tidy_world_fail("it is over");
    }
    CHECK(close(fds[0]) == 0 && close(fds[1]) == 0);
}

/* What fails after others is looked at once more, and then it is watched. */
static void a_failure_is_watched(void **state)
{
    const uint32_t cut[] = { 1 };
    const struct tidy_world_options options = {
        .kinds = TIDY_CHOICE_BIT(TIDY_CHOICE_READ_CUT),
        .choices = cut,
        .n_choices = 1,
    };
    struct tidy_world_runner *runner;

    (void)state;
    if (!has_tripwire())
        skip();
    runner = tidy_world_runner_new(
        read_the_time_when_cut, NULL, TIDY_WARM_UP_OUTSIDE);
    assert_int_equal(run(runner, NULL), TIDY_OUTCOME_PASSED);
    assert_int_equal(run(runner, &options), TIDY_OUTCOME_UNMODELLED);
    tidy_world_runner_free(runner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_by_an_instruction),
        cmocka_unit_test(a_number_without_a_name),
        cmocka_unit_test(calls_inside_the_c_library),
        cmocka_unit_test(harmless_calls),
        cmocka_unit_test(signals_of_the_programs_own),
        cmocka_unit_test(stacks_are_left_alone),
        cmocka_unit_test(first_runs_are_watched),
        cmocka_unit_test(later_runs_are_not),
        cmocka_unit_test(a_failure_is_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

/* Elsewhere there is no tripwire. */
int main(void)
{
    return 0;
}

#endif
