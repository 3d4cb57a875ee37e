/* SPDX-License-Identifier: MIT */
/*
 * The C library's own functions.
 *
 * dlsym(3) finds the next definition after this library's, which is a
 * sanitizer's if one comes in between, and of a name with several versions the
 * current one. What it calls while it looks (an allocator of the program's own,
 * which may read a file) must not look again: that is answered by the kernel
 * itself. Nothing here allocates, locks, or needs a constructor to have run.
 *
 * This file has mutable globals: the functions found, the same for all threads.
 */
#include "sim/real.h"

#include "base/misuse.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

sim_function tidy__real_functions[SIM_N_REALS];

static const char *const names[SIM_N_REALS] = {
#define SIM_REAL_NAME(name) #name,
    SIM_REAL_TABLE(SIM_REAL_NAME)
#undef SIM_REAL_NAME
};

/* Is this thread inside dlsym(3) on our behalf? */
static _Thread_local bool is_looking __attribute__((tls_model("initial-exec")));

/* -------------------------------------------------------- without a C library */

static long trap(long number, const long args[6])
{
    long result;

#if defined(__x86_64__)
    register long a3 __asm__("r10") = args[3];
    register long a4 __asm__("r8") = args[4];
    register long a5 __asm__("r9") = args[5];

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number),
                       "D"(args[0]),
                       "S"(args[1]),
                       "d"(args[2]),
                       "r"(a3),
                       "r"(a4),
                       "r"(a5)
                     : "rcx", "r11", "memory");
#elif defined(__aarch64__)
    register long a0 __asm__("x0") = args[0];
    register long a1 __asm__("x1") = args[1];
    register long a2 __asm__("x2") = args[2];
    register long a3 __asm__("x3") = args[3];
    register long a4 __asm__("x4") = args[4];
    register long a5 __asm__("x5") = args[5];
    register long a8 __asm__("x8") = number;

    __asm__ volatile("svc 0"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a8)
                     : "memory");
    result = a0;
#else
#error "libtidysock-sim knows the system calls of x86-64 and aarch64 only"
#endif
    if (result >= -4095 && result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

/* What an allocator may need to begin: each takes as many arguments as it has,
 * and passes on what lies in the registers of the others. */
#define RAW_TABLE(X)                                                           \
    X(read, SYS_read)                                                          \
    X(write, SYS_write)                                                        \
    X(close, SYS_close)                                                        \
    X(openat, SYS_openat)                                                      \
    X(fcntl, SYS_fcntl)                                                        \
    X(lseek, SYS_lseek)                                                        \
    X(mmap, SYS_mmap)                                                          \
    X(getrandom, SYS_getrandom)                                                \
    X(clock_gettime, SYS_clock_gettime)

#define RAW_FUNCTION(name, number)                                             \
    static long raw_##name(long a, long b, long c, long d, long e, long f)     \
    {                                                                          \
        return trap(number, (const long[6]){ a, b, c, d, e, f });              \
    }
RAW_TABLE(RAW_FUNCTION)
#undef RAW_FUNCTION

static int raw_open(const char *path, int flags, unsigned mode)
{
    return (int)trap(SYS_openat,
                     (const long[6]){ AT_FDCWD, (long)path, flags, mode });
}

static long
raw_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    return trap(number, (const long[6]){ a, b, c, d, e, f });
}

static sim_function find_raw(enum sim_real which)
{
    switch (which) {
#define RAW_CASE(name, number)                                                 \
    case SIM_REAL_##name:                                                      \
        return (sim_function)raw_##name;
        RAW_TABLE(RAW_CASE)
#undef RAW_CASE
    case SIM_REAL_open:
        return (sim_function)raw_open;
    case SIM_REAL_syscall:
        return (sim_function)raw_syscall;
    default:
        return NULL;
    }
}

/* ------------------------------------------------------------------- with one */

static sim_function look_up(enum sim_real which)
{
    sim_function function = NULL;
    int error = errno;
    void *symbol;

    is_looking = true;
    symbol = dlsym(RTLD_NEXT, names[which]);
    is_looking = false;
    errno = error;
    /* ISO C has no cast from an object's address to a function's. */
    memcpy(&function, &symbol, sizeof(function));
    return function;
}

sim_function tidy__real_find(enum sim_real which)
{
    sim_function function = is_looking ? NULL : look_up(which);

    if (function) {
        __atomic_store_n(
            &tidy__real_functions[which], function, __ATOMIC_RELAXED);
        return function;
    }
    function = find_raw(which);
    if (!function)
        tidy__misuse("%s: the C library's own is not to be found",
                     names[which]);
    return function;
}

void tidy__real_exit(int code)
{
    for (;;)
        trap(SYS_exit_group, (const long[6]){ code });
}

/* A program without a dynamic linker has this library's functions and no
 * others: nothing in it could work, in a world or not. */
static __attribute__((constructor(101))) void require_dynamic_linker(void)
{
    static const char sentence[] =
        "tidysock: this program is linked statically, and libtidysock-sim "
        "cannot stand before the C library in it: link it dynamically\n";
    long args[6] = { STDERR_FILENO, (long)sentence, sizeof(sentence) - 1 };

    if (look_up(SIM_REAL_read))
        return;
    trap(SYS_write, args);
    tidy__real_exit(SIM_EXIT_STATIC);
}
