/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_REAL_H
#define TIDY_SIM_REAL_H

#include <aio.h>
#include <arpa/inet.h>
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
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/timeb.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <syslog.h>
#include <termios.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

/* In no header, or in some without a prototype. */
void __vsyslog_chk(int priority, int flag, const char *fmt, va_list args);
int __libc_start_main(int (*main)(int, char **, char **),
                      int argc,
                      char **argv,
                      void (*init)(void),
                      void (*fini)(void),
                      void (*rtld_fini)(void),
                      void *stack_end);

/*
 * The C library's own functions, under the names that the seam answers:
 * REAL(read)(fd, data, len) is what read() would be without this library.
 *
 * Each is looked up when it is first needed, which may be before any
 * constructor has run: sanitizers, allocators and other libraries call early.
 */
/* clang-format off */
#define SIM_REAL_TABLE(X)                                                      \
    /* interpose_io.c, interpose_message.c, interpose_socket.c */              \
    X(read) X(readv) X(write) X(writev) X(close) X(close_range) X(closefrom)   \
    X(vdprintf) X(eventfd_read) X(eventfd_write)                               \
    X(recv) X(recvfrom) X(recvmsg) X(recvmmsg)                                 \
    X(send) X(sendto) X(sendmsg) X(sendmmsg)                                   \
    X(socket) X(socketpair) X(bind) X(listen) X(accept) X(accept4) X(connect)  \
    X(shutdown) X(getsockname) X(getpeername) X(getsockopt) X(setsockopt)      \
    /* interpose_poll.c, interpose_file.c */                                   \
    X(epoll_create) X(epoll_create1) X(epoll_ctl) X(epoll_wait)                \
    X(epoll_pwait) X(epoll_pwait2) X(poll) X(ppoll) X(select) X(pselect)       \
    X(dup) X(dup2) X(dup3) X(fcntl) X(ioctl) X(pipe) X(pipe2) X(eventfd)       \
    X(timerfd_create) X(timerfd_settime) X(timerfd_gettime) X(fstat) X(fchmod) \
    X(isatty) X(tcgetattr) X(tcsetattr) X(fdopen)                              \
    X(tcdrain) X(tcflow) X(tcflush) X(tcsendbreak) X(tcgetpgrp) X(tcsetpgrp)   \
    X(tcgetsid) X(ttyname) X(ttyname_r)                                        \
    /* interpose_path.c, interpose_path_other.c */                             \
    X(unlink) X(unlinkat) X(remove) X(stat) X(lstat) X(fstatat) X(statx)       \
    X(access) X(faccessat) X(euidaccess) X(chmod) X(fchmodat) X(lchmod)        \
    X(open) X(openat) X(creat) X(fopen) X(freopen) X(opendir) X(mkdir)         \
    X(mkdirat) X(mknod) X(mknodat) X(mkfifo) X(mkfifoat) X(symlink)            \
    X(symlinkat) X(rmdir) X(chdir) X(readlink) X(readlinkat) X(rename)         \
    X(renameat) X(renameat2) X(link) X(linkat) X(chown) X(lchown) X(fchownat)  \
    X(utimensat) X(utimes) X(utime) X(truncate) X(realpath)                    \
    /* interpose_clock.c, interpose_chance.c, interpose_name.c */              \
    X(clock_gettime) X(gettimeofday) X(time) X(timespec_get) X(clock)          \
    X(times) X(getrusage) X(getrlimit) X(setrlimit) X(prlimit) X(nanosleep) X(clock_nanosleep) X(usleep) X(sleep)                \
    X(thrd_sleep) X(sched_yield) X(thrd_yield)                                 \
    X(getrandom) X(getentropy) X(arc4random) X(arc4random_buf)                 \
    X(arc4random_uniform) X(getaddrinfo) X(freeaddrinfo) X(getnameinfo)        \
    /* interpose_refuse.c: of descriptors */                                   \
    X(pread) X(preadv) X(preadv2) X(pwrite) X(pwritev) X(pwritev2) X(lseek)    \
    X(ftruncate) X(fsync) X(fdatasync) X(syncfs) X(fallocate)                  \
    X(posix_fallocate) X(flock) X(lockf) X(fchown) X(fchdir) X(fstatfs)        \
    X(fstatvfs) X(futimens) X(fdopendir) X(sendfile) X(splice) X(tee)          \
    X(vmsplice) X(copy_file_range) X(mmap) X(sockatmark) X(posix_fadvise)      \
    X(readahead) X(sync_file_range) X(getdents64) X(fgetxattr) X(fsetxattr)    \
    X(flistxattr) X(fremovexattr) X(fpathconf) X(futimes) X(isfdtype)          \
    /* interpose_process.c: of the process */                                  \
    X(fork) X(_Fork) X(vfork) X(clone) X(posix_spawn) X(posix_spawnp)          \
    X(system) X(popen) X(forkpty) X(daemon) X(pthread_create) X(thrd_create)   \
    X(alarm) X(ualarm) X(setitimer) X(timer_create) X(clock_settime)           \
    X(settimeofday) X(pause) X(sigsuspend) X(sigwait) X(sigwaitinfo)           \
    X(sigtimedwait) X(signalfd) X(inotify_init) X(inotify_init1)               \
    X(fanotify_init) X(aio_read) X(aio_write) X(lio_listio)                    \
    X(gethostbyname) X(gethostbyname2) X(gethostbyname_r) X(gethostbyname2_r)  \
    X(gethostbyaddr) X(gethostbyaddr_r) X(getaddrinfo_a) X(getifaddrs)         \
    X(if_nametoindex) X(if_indextoname) X(if_nameindex) X(vsyslog)             \
    X(__vsyslog_chk) X(mq_open) X(mq_send) X(mq_receive) X(mq_timedsend)       \
    X(mq_timedreceive) X(msgget) X(msgsnd) X(msgrcv) X(semget) X(semop)        \
    X(semtimedop) X(shmget)                                                    \
    /* interpose_other.c, interpose_thread.c: others */                        \
    X(execve) X(execvpe) X(execveat) X(fexecve) X(wait4) X(waitpid) X(waitid)  \
    X(kill) X(killpg) X(tgkill) X(sigqueue)                                    \
    X(pthread_cond_signal) X(pthread_cond_broadcast)                           \
    X(pthread_cond_wait) X(pthread_cond_timedwait) X(pthread_cond_clockwait)   \
    X(pthread_join) X(pthread_timedjoin_np) X(pthread_clockjoin_np)            \
    X(pthread_barrier_wait) X(cnd_wait) X(cnd_timedwait) X(thrd_join)          \
    X(sem_wait) X(sem_timedwait) X(sem_clockwait) X(pthread_mutex_timedlock)   \
    X(pthread_mutex_clocklock) X(pthread_rwlock_timedrdlock)                   \
    X(pthread_rwlock_timedwrlock) X(pthread_rwlock_clockrdlock)                \
    X(pthread_rwlock_clockwrlock) X(mtx_timedlock)                             \
    /* interpose_syscall.c, interpose_program.c */                             \
    X(syscall) X(__libc_start_main)
/* clang-format on */

enum sim_real {
#define SIM_REAL_ENUM(name) SIM_REAL_##name,
    SIM_REAL_TABLE(SIM_REAL_ENUM)
#undef SIM_REAL_ENUM
    SIM_N_REALS
};

typedef void (*sim_function)(void);

/* Those found so far. */
extern sim_function tidy__real_functions[SIM_N_REALS];

/* Find one, keep it, and return it: never NULL. */
sim_function tidy__real_find(enum sim_real which);

static inline sim_function tidy__real(enum sim_real which)
{
    sim_function function =
        __atomic_load_n(&tidy__real_functions[which], __ATOMIC_RELAXED);

    return __builtin_expect(!!function, 1) ? function : tidy__real_find(which);
}

#define REAL(name) ((__typeof__(&(name)))tidy__real(SIM_REAL_##name))

/* End the process with no last words of a sanitizer's: it would look at the
 * middle of a call, which is where a run ends that does not pass. */
_Noreturn void tidy__real_exit(int code);

/* The code with which a program ends that is linked statically. */
#define SIM_EXIT_STATIC 126

#endif
