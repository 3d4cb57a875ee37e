/* SPDX-License-Identifier: MIT */
/*
 * Outside of a world: everything is what it always was, but for the numbers of
 * simulated descriptors, once they are reserved.
 */
#include "sim/body.h"
#include "support/death.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void nothing(void *arg)
{
    (void)arg;
}

#define CANNOT_BE_TRIED 77

/* In a process of its own: what it does to its limits and descriptors is gone
 * afterwards. The body returns whether all is well. */
static void assert_in_child(bool (*body)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(body() ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANNOT_BE_TRIED)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* valgrind has a hard limit of its own, which it lets nobody change. */
static void set_limit(rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = { .rlim_cur = soft, .rlim_max = hard };

    if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
        _exit(CANNOT_BE_TRIED);
}

static bool is_outcome(enum tidy_outcome outcome, const char *text)
{
    struct tidy_world_report *report = tidy_world_run(NULL, nothing, NULL);
    bool is_so = tidy_world_report_outcome(report) == outcome &&
                 strcmp(tidy_world_report_text(report), text) == 0;

    if (!is_so)
        fprintf(stderr, "%s\n", tidy_world_report_text(report));
    tidy_world_report_free(report);
    return is_so;
}

/* ------------------------------------------------------------- the reservation */

static bool use_one(void)
{
    return dup2(0, 600) == 600 &&
           is_outcome(TIDY_OUTCOME_NOT_RUN,
                      "the world has no descriptors: "
                      "descriptor 600 is in use by the program") &&
           fcntl(599, F_GETFD) < 0 && fcntl(600, F_GETFD) == 0 &&
           close(600) == 0 && is_outcome(TIDY_OUTCOME_PASSED, "");
}

/* A number of the program's own is named; nothing is reserved then. */
static void a_number_is_in_use(void **state)
{
    (void)state;
    assert_in_child(use_one);
}

static bool limit_hard(void)
{
    set_limit(512, 800);
    return is_outcome(TIDY_OUTCOME_NOT_RUN,
                      "the world has no descriptors: 1024 descriptors are "
                      "needed, and the hard limit is 800 (ulimit -Hn)");
}

static void the_hard_limit_is_too_low(void **state)
{
    (void)state;
    assert_in_child(limit_hard);
}

static bool limit_soft(void)
{
    struct rlimit raised;

    set_limit(64, 2048);
    return is_outcome(TIDY_OUTCOME_PASSED, "") &&
           getrlimit(RLIMIT_NOFILE, &raised) == 0 && raised.rlim_cur == 1024;
}

static void the_soft_limit_is_raised(void **state)
{
    (void)state;
    assert_in_child(limit_soft);
}

static bool close_all_others(void)
{
    if (!is_outcome(TIDY_OUTCOME_PASSED, ""))
        return false;
    closefrom(3);
    if (close_range(3, ~0U, 0) != 0 || dup(0) != 3)
        return false;
    return is_outcome(TIDY_OUTCOME_PASSED, "") &&
           fcntl(3, F_DUPFD, 512) == 1024;
}

/* As a daemon does: the reserved ones stay. */
static void all_descriptors_are_closed(void **state)
{
    (void)state;
    assert_in_child(close_all_others);
}

/* ------------------------------------------------------- the world's, outside */

static void read_one(void *arg)
{
    char byte;

    (void)arg;
    if (read(530, &byte, 1) >= 0)
        exit(0);
}

static void close_one(void *arg)
{
    (void)arg;
    close(512);
}

static void poll_one(void *arg)
{
    struct pollfd pollfd = { .fd = 1023 };

    (void)arg;
    poll(&pollfd, 1, 0);
}

static void select_one(void *arg)
{
    fd_set in;

    (void)arg;
    FD_ZERO(&in);
    FD_SET(700, &in);
    select(701, &in, NULL, NULL, NULL);
}

static void watch_one(void *arg)
{
    struct epoll_event event = { .events = EPOLLIN };

    (void)arg;
    epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, 513, &event);
}

static void replace_one(void *arg)
{
    (void)arg;
    dup2(0, 514);
}

static void map_one(void *arg)
{
    (void)arg;
    if (mmap(NULL, 1, PROT_READ, MAP_SHARED, 515, 0) != MAP_FAILED)
        exit(0);
}

static void close_by_number(void *arg)
{
    (void)arg;
    syscall(SYS_close, 516);
}

/* Whoever uses one has kept it from a run that is over, or is a thread of its
 * own. */
static void a_simulated_descriptor_is_used(void **state)
{
    (void)state;
    assert_true(is_outcome(TIDY_OUTCOME_PASSED, ""));
    assert_dies(
        read_one, NULL, "read: descriptor 530 belongs to a simulated world");
    assert_dies(
        close_one, NULL, "close: descriptor 512 belongs to a simulated world");
    assert_dies(poll_one, NULL, "poll: descriptor 1023 belongs to");
    assert_dies(select_one, NULL, "select: descriptor 700 belongs to");
    assert_dies(watch_one, NULL, "epoll_ctl: descriptor 513 belongs to");
    assert_dies(replace_one, NULL, "dup2: descriptor 514 belongs to");
    assert_dies(map_one, NULL, "mmap: descriptor 515 belongs to");
    assert_dies(close_by_number, NULL, "syscall: descriptor 516 belongs to");
}

/* ---------------------------------------------------------- everything else */

static void *add_one(void *arg)
{
    (*(int *)arg)++;
    return NULL;
}

/* The exit code of a child that executes sh: that of its last command. */
static int execute(int how)
{
    char *argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, NULL, NULL };
    char *envp[] = { (char[]){ "CODE=43" }, NULL };
    int status;
    pid_t pid = fork();

    argv[2] = (char[]){ "exit ${CODE:-42}" };
    if (pid == 0) {
        switch (how) {
        case 0:
            execl("/bin/sh", "sh", "-c", "exit 42", NULL);
            break;
        case 1:
            execlp("sh", "sh", "-c", "exit 42", NULL);
            break;
        case 2:
            execv("/bin/sh", argv);
            break;
        case 3:
            execvp("sh", argv);
            break;
        default:
            execle("/bin/sh", "sh", "-c", argv[2], NULL, envp);
        }
        _exit(1);
    }
    return wait(&status) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void programs_are_executed(void **state)
{
    int how;

    (void)state;
    for (how = 0; how < 4; how++)
        assert_int_equal(execute(how), 42);
    assert_int_equal(execute(how), 43);
}

/* What two threads tell each other. */
struct talk {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    sem_t sem;
    bool is_there;
};

static void *answer(void *arg)
{
    struct talk *talk = arg;

    if (sem_wait(&talk->sem) < 0)
        return NULL;
    pthread_mutex_lock(&talk->mutex);
    talk->is_there = true;
    pthread_cond_signal(&talk->cond);
    pthread_mutex_unlock(&talk->mutex);
    return talk;
}

static void threads_wait_for_each_other(void **state)
{
    struct talk talk = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                         .cond = PTHREAD_COND_INITIALIZER };
    pthread_t thread;
    void *result;

    (void)state;
    assert_int_equal(sem_init(&talk.sem, 0, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, answer, &talk), 0);
    assert_int_equal(sem_post(&talk.sem), 0);
    pthread_mutex_lock(&talk.mutex);
    while (!talk.is_there)
        pthread_cond_wait(&talk.cond, &talk.mutex);
    pthread_mutex_unlock(&talk.mutex);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &talk);
    sem_destroy(&talk.sem);
}

/* Also those that need an argument list or a stack of their own. */
static void the_rest_is_real(void **state)
{
    int fds[2], number = 1, status;
    char text[8] = "";
    pthread_t thread;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_true(fds[0] < 512);
    pid = vfork();
    if (pid == 0)
        _exit(42);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 42);
    assert_int_equal(dprintf(fds[1], "%d%c", 4, '2'), 2);
    assert_int_equal(read(fds[0], text, sizeof(text)), 2);
    assert_string_equal(text, "42");
    assert_int_equal(pthread_create(&thread, NULL, add_one, &number), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(number, 2);
    assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(syscall(SYS_read, fds[0], text, 1), -1);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        /* Before anything is reserved. */
        cmocka_unit_test(a_number_is_in_use),
        cmocka_unit_test(the_hard_limit_is_too_low),
        cmocka_unit_test(the_soft_limit_is_raised),
        cmocka_unit_test(all_descriptors_are_closed),
        cmocka_unit_test(the_rest_is_real),
        cmocka_unit_test(a_simulated_descriptor_is_used),
        cmocka_unit_test(programs_are_executed),
        cmocka_unit_test(threads_wait_for_each_other),
        cmocka_unit_test(the_rest_is_real),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
