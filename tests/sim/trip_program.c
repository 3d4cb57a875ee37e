/* SPDX-License-Identifier: MIT */
/*
 * A program that reaches the kernel past the library, as it is told to by its
 * argument; "calls": only as it may, and then it says so. Outside of a world,
 * "probe" asks whether the kernel can watch it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#if defined(__x86_64__)
static long call(long number, long a, long b, long c)
{
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}
#else
#define call(number, a, b, c) syscall((number), (a), (b), (c))
#endif

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif

/* Its last act: it stays so until the program ends. */
static int probe(void)
{
    static char selector;

    return prctl(PR_SET_SYSCALL_USER_DISPATCH,
                 PR_SYS_DISPATCH_ON,
                 0,
                 0,
                 &selector) != 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "calls";
    struct itimerval value;

    if (strcmp(what, "probe") == 0)
        return probe();
    if (strcmp(what, "socket") == 0)
        call(SYS_socket, AF_INET, SOCK_STREAM, 0);
    else if (strcmp(what, "timer") == 0)
        getitimer(ITIMER_REAL, &value);
    else if (strcmp(what, "exec") == 0)
        execl(argv[0], argv[0], "calls", NULL);
    else if (strcmp(what, "exec-late") == 0 &&
             socket(AF_INET, SOCK_STREAM, 0) >= 0)
        execl(argv[0], argv[0], "calls", NULL);
    else if (call(SYS_getpid, 0, 0, 0) == getpid())
        puts("done");
    return 0;
}
