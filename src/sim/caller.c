/* SPDX-License-Identifier: MIT */
/*
 * Who has made a system call, as far as the dynamic linker's symbols and the
 * tables for unwinding say. Nothing is guessed: a frame without a name has none.
 */
#include "sim/caller.h"

#include <dlfcn.h>
#include <execinfo.h>
#include <stdio.h>
#include <string.h>

#define MAX_FRAMES 32

static bool is_of_libc(const Dl_info *info)
{
    Dl_info libc;

    return dladdr(dlsym(RTLD_DEFAULT, "gnu_get_libc_version"), &libc) != 0 &&
           libc.dli_fbase == info->dli_fbase;
}

/* On the way up, the last function of the C library's. */
static void climb(const void *address, Dl_info *caller)
{
    void *frames[MAX_FRAMES];
    int n = backtrace(frames, MAX_FRAMES), idx = 0;
    Dl_info info;

    while (idx < n && frames[idx] != address)
        idx++; /* the handler's own */
    for (; idx < n; idx++) {
        if (dladdr(frames[idx], &info) == 0 ||
            info.dli_fbase != caller->dli_fbase)
            break;
        if (info.dli_sname)
            *caller = info;
    }
}

void tidy__sim_describe_caller(const void *address, char *text, size_t size)
{
    const char *object, *name;
    Dl_info caller;

    text[0] = '\0';
    if (dladdr(address, &caller) == 0)
        return;
    object = strrchr(caller.dli_fname, '/');
    object = object ? object + 1 : caller.dli_fname;
    if (is_of_libc(&caller))
        climb(address, &caller);
    name = caller.dli_sname;
    while (name && name[0] == '_')
        name++; /* of two names for one function, this is the known one */
    if (name)
        snprintf(text, size, " by %s (%s)", name, object);
    else
        snprintf(text, size, " by %s", object);
}

bool tidy__sim_is_called_inside_libc(const void *address)
{
    Dl_info call, caller;

    if (dladdr(address, &call) == 0 || !is_of_libc(&call))
        return false;
    caller = call;
    climb(address, &caller);
    return caller.dli_saddr != call.dli_saddr;
}
