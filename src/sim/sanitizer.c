/* SPDX-License-Identifier: MIT */
/*
 * Sanitizers in a program that is in a world.
 *
 * Their runtime calls the C library for itself: the allocator reads the clock,
 * locks yield, a report starts a process. That comes to the seam like the
 * program's own calls, which come through the runtime as well, and must not be
 * taken for one of these: time would pass in the world, and not at the same
 * point in each run. Where a call returns to tells them apart: of a function
 * that the runtime does not intercept, the program's calls do not come from
 * there; of clock_gettime(2), they come from one place in it, which one call
 * shows.
 *
 * This file has a mutable global: what was learned.
 */
#include "sim/sanitizer.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <time.h>

struct sim_sanitizer tidy__sim_sanitizer;

/* Every runtime has this, and LeakSanitizer's that. */
void __sanitizer_print_stack_trace(void) __attribute__((weak));
void __lsan_register_root_region(const void *data, size_t size)
    __attribute__((weak));

/* A loaded object, found by an address in it. */
struct object {
    uintptr_t address, begin, end;
    bool is_program;
};

static int compare_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct object *object = arg;
    uintptr_t begin = UINTPTR_MAX, end = 0;
    size_t idx;

    (void)size;
    for (idx = 0; idx < info->dlpi_phnum; idx++) {
        const ElfW(Phdr) *phdr = &info->dlpi_phdr[idx];
        uintptr_t from = info->dlpi_addr + phdr->p_vaddr;

        if (phdr->p_type != PT_LOAD)
            continue;
        begin = from < begin ? from : begin;
        end = from + phdr->p_memsz > end ? from + phdr->p_memsz : end;
    }
    if (object->address < begin || object->address >= end)
        return 0;
    object->begin = begin;
    object->end = end;
    object->is_program = info->dlpi_name[0] == '\0';
    return 1;
}

static struct object find_object(uintptr_t address)
{
    struct object object = { .address = address };

    dl_iterate_phdr(compare_object, &object);
    return object;
}

/* The runtime's function of that name, first of all or behind a program's own;
 * NULL: it does not intercept it. */
static void *find_function(const struct object *runtime, const char *name)
{
    void *handles[2] = { RTLD_DEFAULT, RTLD_NEXT };
    size_t idx;

    for (idx = 0; idx < 2; idx++) {
        void *function = dlsym(handles[idx], name);

        if ((uintptr_t)function >= runtime->begin &&
            (uintptr_t)function < runtime->end)
            return function;
    }
    return NULL;
}

static void learn_clock(void *function)
{
    int (*read_clock)(clockid_t clock, struct timespec * ts);
    struct timespec ts;

    memcpy(&read_clock, &function, sizeof(read_clock));
    tidy__sim_sanitizer.is_learning = true;
    read_clock(CLOCK_MONOTONIC, &ts);
    tidy__sim_sanitizer.is_learning = false;
}

void tidy__sim_sanitizer_learn(void)
{
    struct sim_sanitizer *learned = &tidy__sim_sanitizer;
    struct object runtime, self;
    void *clock;

    if (!__sanitizer_print_stack_trace)
        return;
    runtime = find_object((uintptr_t)__sanitizer_print_stack_trace);
    self = find_object((uintptr_t)tidy__sim_sanitizer_learn);
    if (self.begin == runtime.begin)
        return; /* it has found the C library behind the seam */
    clock = find_function(&runtime, "clock_gettime");
    if (clock)
        learn_clock(clock);
    learned->is_told_apart[SIM_SUSPECT_CLOCK_GETTIME] = clock;
    /* In the program itself its calls and the runtime's come from one object. */
    if (!runtime.is_program) {
        learned->is_told_apart[SIM_SUSPECT_SCHED_YIELD] =
            !find_function(&runtime, "sched_yield");
        learned->is_told_apart[SIM_SUSPECT_PIPE] =
            !find_function(&runtime, "pipe");
    }
    learned->is_of_program = runtime.is_program;
    learned->begin = runtime.begin;
    learned->size = runtime.end - runtime.begin;
}

void tidy__sim_sanitizer_finish(void)
{
    struct sim_sanitizer *learned = &tidy__sim_sanitizer;
    size_t idx;

    if (!__sanitizer_print_stack_trace)
        return;
    learned->begin = 0;
    learned->size = SIZE_MAX;
    for (idx = 0; idx < SIM_N_SUSPECTS; idx++)
        learned->is_told_apart[idx] = true;
}

void tidy__sim_sanitizer_keep(const void *data, size_t size)
{
    if (__lsan_register_root_region)
        __lsan_register_root_region(data, size);
}
