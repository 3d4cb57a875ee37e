/* SPDX-License-Identifier: MIT */
/*
 * Who made a call: return addresses, and where object files lie, so that somebody
 * else can find the functions' names when the run is over. Equal stacks are kept
 * once.
 */
#include "sim/record.h"

#include <execinfo.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t hash_of(const struct sim_record_stack *stack)
{
    uint64_t hash = stack->n;
    unsigned idx;

    for (idx = 0; idx < stack->n; idx++)
        hash = (hash ^ stack->frames[idx]) * FNV_PRIME;
    return hash ^ hash >> 29;
}

static bool is_same(const struct sim_record_stack *a,
                    const struct sim_record_stack *b)
{
    return a->n == b->n &&
           memcmp(a->frames, b->frames, a->n * sizeof(*a->frames)) == 0;
}

uint32_t tidy__sim_record_stack(struct sim_record *record)
{
    struct sim_record_stack stack;
    void *frames[SIM_MAX_FRAMES];
    unsigned idx;
    size_t slot;

    stack.n = (unsigned)backtrace(frames, SIM_MAX_FRAMES);
    for (idx = 0; idx < stack.n; idx++)
        stack.frames[idx] = (uintptr_t)frames[idx];
    slot = hash_of(&stack) % TIDY_COUNT(record->stack_slots);
    while (record->stack_slots[slot]) {
        if (is_same(&record->stacks[record->stack_slots[slot] - 1], &stack))
            return record->stack_slots[slot];
        slot = (slot + 1) % TIDY_COUNT(record->stack_slots);
    }
    if (record->n_stacks == SIM_MAX_STACKS)
        return 0;
    record->stacks[record->n_stacks] = stack;
    record->stack_slots[slot] = (uint16_t)++record->n_stacks;
    return (uint32_t)record->n_stacks;
}

/* -------------------------------------------------------------------- modules */

static void set_path(struct sim_record_module *module, const char *name)
{
    ssize_t len;

    snprintf(module->path, sizeof(module->path), "%s", name);
    if (!module->is_program)
        return;
    len = readlink("/proc/self/exe", module->path, sizeof(module->path) - 1);
    module->path[len < 0 ? 0 : len] = '\0';
}

/* The program is the first. */
static int add_module(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct sim_record *record = arg;
    struct sim_record_module *module = &record->modules[record->n_modules];
    const ElfW(Phdr) * phdr;
    unsigned idx;

    (void)size;
    if (record->n_modules == SIM_MAX_MODULES)
        return 1;
    module->base = info->dlpi_addr;
    module->begin = UINTPTR_MAX;
    module->end = 0;
    for (idx = 0; idx < info->dlpi_phnum; idx++) {
        phdr = &info->dlpi_phdr[idx];
        if (phdr->p_type != PT_LOAD)
            continue;
        if (module->base + phdr->p_vaddr < module->begin)
            module->begin = module->base + phdr->p_vaddr;
        if (module->base + phdr->p_vaddr + phdr->p_memsz > module->end)
            module->end = module->base + phdr->p_vaddr + phdr->p_memsz;
    }
    module->is_program = record->n_modules == 0;
    set_path(module, info->dlpi_name ? info->dlpi_name : "");
    record->n_modules++;
    return 0;
}

/* backtrace(3) loads a library the first time, which is not to happen in a
 * world. */
void tidy__sim_record_modules(struct sim_record *record)
{
    void *frame;

    backtrace(&frame, 1);
    dl_iterate_phdr(add_module, record);
}
