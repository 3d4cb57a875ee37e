/* SPDX-License-Identifier: MIT */
/*
 * What a world does not model ends the run, by its name.
 */
#include "sim/body.h"

#include <aio.h>
#include <dirent.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <mqueue.h>
#include <net/if.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <termios.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

/* ------------------------------------------------------ of a descriptor: fd */

/* clang-format off */
#define OF_DESCRIPTOR(X)                                                       \
    X(pread, pread(fd, buffer, 1, 0))                                          \
    X(preadv, preadv(fd, &iov, 1, 0))                                          \
    X(preadv2, preadv2(fd, &iov, 1, 0, 0))                                     \
    X(pwrite, pwrite(fd, buffer, 1, 0))                                        \
    X(pwritev, pwritev(fd, &iov, 1, 0))                                        \
    X(pwritev2, pwritev2(fd, &iov, 1, 0, 0))                                   \
    X(lseek, lseek(fd, 0, SEEK_CUR))                                           \
    X(sockatmark, sockatmark(fd))                                              \
    X(ftruncate, ftruncate(fd, 0))                                             \
    X(fsync, fsync(fd))                                                        \
    X(fdatasync, fdatasync(fd))                                                \
    X(syncfs, syncfs(fd))                                                      \
    X(fallocate, fallocate(fd, 0, 0, 1))                                       \
    X(posix_fallocate, posix_fallocate(fd, 0, 1))                              \
    X(flock, flock(fd, LOCK_EX))                                               \
    X(lockf, lockf(fd, F_TEST, 0))                                             \
    X(fchmod, fchmod(fd, 0600))                                                \
    X(fchown, fchown(fd, 0, 0))                                                \
    X(fchdir, fchdir(fd))                                                      \
    X(fstatfs, fstatfs(fd, (struct statfs *)buffer))                           \
    X(fstatvfs, fstatvfs(fd, (struct statvfs *)buffer))                        \
    X(futimens, futimens(fd, NULL))                                            \
    X(futimes, futimes(fd, NULL))                                              \
    X(fpathconf, (int)fpathconf(fd, _PC_PIPE_BUF))                             \
    X(posix_fadvise, posix_fadvise(fd, 0, 0, POSIX_FADV_NORMAL))               \
    X(readahead, readahead(fd, 0, 1))                                          \
    X(sync_file_range, sync_file_range(fd, 0, 0, 0))                           \
    X(getdents64, getdents64(fd, buffer, sizeof(buffer)))                      \
    X(fgetxattr, fgetxattr(fd, "user.x", buffer, 1))                           \
    X(fsetxattr, fsetxattr(fd, "user.x", buffer, 1, 0))                        \
    X(flistxattr, flistxattr(fd, buffer, 1))                                   \
    X(fremovexattr, fremovexattr(fd, "user.x"))                                \
    X(isfdtype, isfdtype(fd, S_IFSOCK))                                        \
    X(fdopendir, fdopendir(fd) != NULL)                                        \
    X(fdopen, fdopen(fd, "r") != NULL)                                         \
    X(sendfile, sendfile(0, fd, NULL, 1))                                      \
    X(splice, splice(fd, NULL, 0, NULL, 1, 0))                                 \
    X(tee, tee(fd, 0, 1, 0))                                                   \
    X(vmsplice, vmsplice(fd, &iov, 1, 0))                                      \
    X(copy_file_range, copy_file_range(0, NULL, fd, NULL, 1, 0))               \
    X(mmap, mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0) != NULL)               \
    X(openat, openat(fd, "file", O_RDONLY))                                    \
    X(unlinkat, unlinkat(fd, "file", 0))                                       \
    X(dup2, dup2(fd, 0))                                                       \
    X(dup3, dup3(0, fd, 0))

/* The process's own. */
#define OF_PROCESS(X)                                                          \
    X(fork, fork())                                                            \
    X(_Fork, _Fork())                                                          \
    X(vfork, try_vfork())                                                      \
    X(clone, clone(NULL, NULL, 0, NULL))                                       \
    X(posix_spawn, posix_spawn(&pid, "/bin/true", NULL, NULL, none, none))     \
    X(posix_spawnp, posix_spawnp(&pid, "true", NULL, NULL, none, none))        \
    X(system, system("true"))                                                  \
    X(popen, popen("true", "r") != NULL)                                       \
    X(forkpty, forkpty(&pid, NULL, NULL, NULL))                                \
    X(daemon, daemon(0, 0))                                                    \
    X(pthread_create, pthread_create(&thread, NULL, run, NULL))                \
    X(thrd_create, thrd_create(&thread, run_thrd, NULL))                       \
    X(alarm, alarm(1))                                                         \
    X(ualarm, ualarm(1, 0))                                                    \
    X(setitimer, setitimer(ITIMER_REAL, &interval, NULL))                      \
    X(timer_create, timer_create(CLOCK_MONOTONIC, NULL, &timer))               \
    X(pause, pause())                                                          \
    X(sigsuspend, sigsuspend(&set))                                            \
    X(sigwait, sigwait(&set, &pid))                                            \
    X(sigwaitinfo, sigwaitinfo(&set, NULL))                                    \
    X(sigtimedwait, sigtimedwait(&set, NULL, NULL))                            \
    X(signalfd, signalfd(-1, &set, 0))                                         \
    X(inotify_init, inotify_init())                                            \
    X(inotify_init1, inotify_init1(0))                                         \
    X(aio_read, aio_read(&block))                                              \
    X(lio_listio, lio_listio(LIO_WAIT, blocks, 0, NULL))                         \
    X(clock_settime, clock_settime(CLOCK_REALTIME, &ts))                       \
    X(settimeofday, settimeofday(NULL, NULL))                                  \
    X(gethostbyname, gethostbyname("localhost") != NULL)                       \
    X(gethostbyaddr, gethostbyaddr(&pid, 4, AF_INET) != NULL)                  \
    X(getaddrinfo_a, getaddrinfo_a(GAI_WAIT, NULL, 0, NULL))                   \
    X(getifaddrs, getifaddrs(&interfaces))                                     \
    X(syslog, call_syslog())                                                   \
    X(execl, execl("/bin/true", "true", NULL))                                 \
    X(execle, execle("/bin/true", "true", NULL, none))                         \
    X(execlp, execlp("true", "true", NULL))                                    \
    X(execv, execv("/bin/true", none))                                         \
    X(execve, execve("/bin/true", none, none))                                 \
    X(execvp, execvp("true", none))                                            \
    X(execvpe, execvpe("true", none, none))                                    \
    X(execveat, execveat(AT_FDCWD, "/bin/true", none, none, 0))                \
    X(fexecve, fexecve(0, none, none))                                         \
    X(kill, kill(getppid(), 0))                                                \
    X(killpg, killpg(0, 0))                                                    \
    X(tgkill, tgkill(getppid(), getppid(), 0))                                 \
    X(sigqueue, sigqueue(getppid(), 0, (union sigval){ 0 }))                   \
    X(mq_open, mq_open("/tidysock", O_RDONLY))                                 \
    X(msgget, msgget(IPC_PRIVATE, 0600))                                       \
    X(semget, semget(IPC_PRIVATE, 1, 0600))                                    \
    X(semop, semop(0, NULL, 0))                                                \
    X(shmget, shmget(IPC_PRIVATE, 1, 0600))                                    \
    X(if_nametoindex, (int)if_nametoindex("lo"))                               \
    X(if_nameindex, if_nameindex() != NULL)

/* A wait for another thread. */
#define OF_THREADS(X)                                                          \
    X(pthread_cond_wait, pthread_cond_wait(&cond, &mutex))                     \
    X(pthread_cond_timedwait, pthread_cond_timedwait(&cond, &mutex, &ts))      \
    X(cnd_wait, cnd_wait(&cnd, &mtx))                                          \
    X(cnd_timedwait, cnd_timedwait(&cnd, &mtx, &ts))                           \
    X(pthread_join, pthread_join(pthread_self(), NULL))                        \
    X(thrd_join, thrd_join(thrd_current(), NULL))                              \
    X(pthread_barrier_wait, pthread_barrier_wait(&barrier))                    \
    X(sem_wait, sem_wait(&sem))                                                \
    X(sem_timedwait, sem_timedwait(&sem, &ts))                                 \
    X(pthread_mutex_timedlock, pthread_mutex_timedlock(&mutex, &ts))           \
    X(pthread_rwlock_timedrdlock, pthread_rwlock_timedrdlock(&lock, &ts))      \
    X(mtx_timedlock, mtx_timedlock(&mtx, &ts))

/* By number. */
#define OF_NUMBER(X)                                                           \
    X(SYS_clone3, syscall(SYS_clone3, NULL, 0))                                \
    X(SYS_clone, syscall(SYS_clone, 0, 0, 0, 0, 0))                            \
    X(SYS_inotify_init1, syscall(SYS_inotify_init1, 0))                        \
    X(SYS_signalfd4, syscall(SYS_signalfd4, -1, NULL, 8, 0))                   \
    X(SYS_execve, syscall(SYS_execve, "/bin/true", NULL, NULL))                \
    X(SYS_futex, syscall(SYS_futex, &pid, 0, 0, NULL))                         \
    X(SYS_fgetxattr, syscall(SYS_fgetxattr, 512, "x", NULL, 0))                \
    X(SYS_perf_event_open, syscall(SYS_perf_event_open, 0, 0, 0, 0, 0))
/* clang-format on */

static void *run(void *arg)
{
    return arg;
}

static int try_vfork(void)
{
    pid_t pid = vfork();

    if (pid == 0)
        _exit(1);
    return pid;
}

static int call_syslog(void)
{
    syslog(LOG_INFO, "%d", 1);
    return 0;
}

static int run_thrd(void *arg)
{
    (void)arg;
    return 0;
}

enum refused {
#define IDX(name, call) REFUSED_##name,
    OF_DESCRIPTOR(IDX) OF_PROCESS(IDX) OF_THREADS(IDX) OF_NUMBER(IDX) N_REFUSED
};

static const char *const names[] = {
#define NAME(name, call) #name,
    OF_DESCRIPTOR(NAME) OF_PROCESS(NAME) OF_THREADS(NAME) OF_NUMBER(NAME)
};

static long call_descriptor(enum refused which)
{
    char buffer[1024] __attribute__((aligned(16)));
    struct iovec iov = { .iov_base = buffer, .iov_len = 1 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

#define CASE(name, call)                                                       \
    case REFUSED_##name:                                                       \
        return call;
    switch ((int)which) {
        OF_DESCRIPTOR(CASE)
    default:
        return fd;
    }
}

static long call_process(enum refused which)
{
    struct itimerval interval = { .it_value = { .tv_sec = 1 } };
    struct timespec ts = { .tv_sec = 0 };
    struct aiocb block = { .aio_fildes = 0 }, *blocks[] = { NULL };
    struct ifaddrs *interfaces;
    char *none[] = { NULL };
    pthread_t thread;
    timer_t timer;
    sigset_t set;
    int pid = 0;

    sigemptyset(&set);
    switch ((int)which) {
        OF_PROCESS(CASE)
        OF_NUMBER(CASE)
    default:
        return 0;
    }
}

/* All are taken before. */
static long call_threads(enum refused which)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct timespec ts = { .tv_sec = 0 };
    pthread_barrier_t barrier;
    mtx_t mtx;
    cnd_t cnd;
    sem_t sem;

    CHECK(pthread_mutex_lock(&mutex) == 0);
    CHECK(pthread_rwlock_wrlock(&lock) == 0);
    CHECK(mtx_init(&mtx, mtx_timed) == thrd_success);
    CHECK(mtx_lock(&mtx) == thrd_success && cnd_init(&cnd) == thrd_success);
    CHECK(sem_init(&sem, 0, 0) == 0);
    CHECK(pthread_barrier_init(&barrier, NULL, 2) == 0);
    switch ((int)which) {
        OF_THREADS(CASE)
    default:
        return 0;
    }
}

static void make_the_call(void *arg)
{
    enum refused which = *(const enum refused *)arg;

    call_descriptor(which);
    call_process(which);
    call_threads(which);
    tidy_world_fail("it has returned");
}

/* Each is named, and nothing is done. */
static void calls_that_are_not_modelled(void **state)
{
    enum refused which;
    char text[128];

    (void)state;
    for (which = 0; which < N_REFUSED; which++) {
        snprintf(text,
                 sizeof(text),
                 strncmp(names[which], "SYS_", 4) == 0
                     ? "simulation does not model syscall(%s)"
                     : "simulation does not model %s",
                 names[which]);
        if (which == REFUSED_dup2 || which == REFUSED_dup3)
            strcpy(text, "simulation does not model a ");
        if (strncmp(names[which], "pthread_cond_", 13) == 0)
            strcpy(text, names[which]); /* a sanitizer goes past the seam */
        if (which == REFUSED_vfork)
            strcpy(text, "fork"); /* a sanitizer makes it one */
        assert_ends(make_the_call, &which, TIDY_OUTCOME_UNMODELLED, text);
    }
}

/* ------------------------------------------------------ real ones in the world's */

static void poll_stdin(void *arg)
{
    struct pollfd pollfd = { .fd = 0, .events = POLLIN };

    (void)arg;
    poll(&pollfd, 1, 0);
}

static void select_stdin(void *arg)
{
    struct timeval now = { .tv_sec = 0 };
    fd_set in;

    (void)arg;
    FD_ZERO(&in);
    FD_SET(0, &in);
    select(1, &in, NULL, NULL, &now);
}

static void epoll_stdin(void *arg)
{
    struct epoll_event event = { .events = EPOLLIN };

    (void)arg;
    epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, 0, &event);
}

/* Made outside: a socketpair, and an epoll instance. */
struct real {
    int fds[2], epfd;
};

static void send_really(void *arg)
{
    const struct real *real = arg;

    send(real->fds[0], "x", 1, 0);
}

static void accept_really(void *arg)
{
    const struct real *real = arg;

    accept(real->fds[0], NULL, NULL);
}

static void wait_really(void *arg)
{
    const struct real *real = arg;
    struct epoll_event event;

    epoll_wait(real->epfd, &event, 1, 0);
}

/* As files they may be used. */
static void write_really(void *arg)
{
    const struct real *real = arg;
    char byte;

    CHECK(write(real->fds[0], "x", 1) == 1 &&
          read(real->fds[1], &byte, 1) == 1);
    CHECK_FAILS(send(real->epfd, "x", 1, 0), ENOTSOCK);
    CHECK_FAILS(accept(400, NULL, NULL), EBADF);
}

static void real_sockets(void **state)
{
    struct real real;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, real.fds), 0);
    real.epfd = epoll_create1(0);
    assert_ends(send_really, &real, TIDY_OUTCOME_UNMODELLED, "send of a real");
    assert_ends(
        accept_really, &real, TIDY_OUTCOME_UNMODELLED, "accept of a real");
    assert_ends(
        wait_really, &real, TIDY_OUTCOME_UNMODELLED, "epoll_wait of a real");
    assert_passes(write_really, &real);
    close(real.fds[0]);
    close(real.fds[1]);
    close(real.epfd);
}

/* ----------------------------------------------------------- what is free to use */

static void lock_what_is_free(void *arg)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
    struct timespec ts = { .tv_sec = 0 };
    sem_t sem;

    (void)arg;
    CHECK(pthread_mutex_timedlock(&mutex, &ts) == 0);
    CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
    CHECK(pthread_mutex_lock(&mutex) == 0);
    CHECK(pthread_rwlock_timedwrlock(&lock, &ts) == 0);
    CHECK(sem_init(&sem, 0, 1) == 0);
    CHECK(sem_wait(&sem) == 0 && sem_post(&sem) == 0);
    CHECK(sem_timedwait(&sem, &ts) == 0);
    CHECK_FAILS(sem_trywait(&sem), EAGAIN);
}

static void ask_about_the_process(void *arg)
{
    int status;

    (void)arg;
    CHECK_FAILS(wait(&status), ECHILD);
    CHECK_FAILS(waitpid(-1, &status, WNOHANG), ECHILD);
    CHECK_FAILS(waitid(P_ALL, 0, NULL, WEXITED), ECHILD);
    CHECK_FAILS(syscall(SYS_wait4, -1, &status, 0, NULL), ECHILD);
    CHECK(kill(getpid(), 0) == 0);
}

static void ask_what_was_used(void *arg)
{
    struct rusage usage;

    (void)arg;
    tidy_world_advance(UINT64_C(2000000000));
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    CHECK(usage.ru_utime.tv_sec == 2 && usage.ru_maxrss == 0);
    CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);
    CHECK(usage.ru_utime.tv_sec == 0);
    CHECK_FAILS(getrusage((__rusage_who_t)99, &usage), EINVAL);
}

static void ask_about_a_terminal(void *arg)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char name[16];

    (void)arg;
    CHECK_FAILS(tcdrain(fd), ENOTTY);
    CHECK_FAILS(tcgetpgrp(fd), ENOTTY);
    CHECK(!ttyname(fd) && errno == ENOTTY);
    CHECK(ttyname_r(fd, name, sizeof(name)) == ENOTTY);
    CHECK(close(fd) == 0);
    CHECK_FAILS(tcflush(fd, TCIFLUSH), EBADF);
}

static void what_needs_nobody_else(void **state)
{
    (void)state;
    assert_passes(lock_what_is_free, NULL);
    assert_passes(ask_about_the_process, NULL);
    assert_passes(ask_what_was_used, NULL);
    assert_passes(ask_about_a_terminal, NULL);
}

static void real_descriptors(void **state)
{
    (void)state;
    assert_ends(poll_stdin,
                NULL,
                TIDY_OUTCOME_UNMODELLED,
                "simulation does not model poll of a real descriptor: 0");
    assert_ends(
        select_stdin, NULL, TIDY_OUTCOME_UNMODELLED, "select of a real");
    assert_ends(epoll_stdin, NULL, TIDY_OUTCOME_UNMODELLED, "epoll of a real");
}

static void poll_what_is_closed(void *arg)
{
    struct pollfd pollfd = { .fd = 400, .events = POLLIN };

    (void)arg;
    CHECK(poll(&pollfd, 1, 0) == 1 && pollfd.revents == POLLNVAL);
}

static void use_what_is_closed(void *arg)
{
    struct itimerspec value = { .it_value = { .tv_sec = 1 } };
    struct epoll_event event;

    (void)arg;
    CHECK_FAILS(epoll_wait(-1, &event, 1, 0), EBADF);
    CHECK_FAILS(epoll_wait(400, &event, 1, 0), EBADF);
    CHECK_FAILS(epoll_pwait(400, &event, 1, 0, NULL), EBADF);
    CHECK_FAILS(timerfd_settime(400, 0, &value, NULL), EBADF);
    CHECK_FAILS(timerfd_gettime(400, &value), EBADF);
    CHECK_FAILS(connect(400, NULL, 0), EBADF);
    CHECK_FAILS(fsync(400), EBADF);
}

/* One that is not open is nobody's. */
static void closed_descriptors(void **state)
{
    (void)state;
    assert_passes(poll_what_is_closed, NULL);
    assert_passes(use_what_is_closed, NULL);
}

static void open_netlink(void *arg)
{
    (void)arg;
    socket(AF_NETLINK, SOCK_RAW, 0);
}

static void try_io_uring(void *arg)
{
    (void)arg;
    CHECK_FAILS(syscall(SYS_io_uring_setup, 8, NULL), ENOSYS);
}

static void other_kernels(void **state)
{
    (void)state;
    assert_ends(open_netlink, NULL, TIDY_OUTCOME_UNMODELLED, "AF_NETLINK");
    assert_passes(try_io_uring, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_that_are_not_modelled),
        cmocka_unit_test(real_descriptors),
        cmocka_unit_test(real_sockets),
        cmocka_unit_test(what_needs_nobody_else),
        cmocka_unit_test(closed_descriptors),
        cmocka_unit_test(other_kernels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
