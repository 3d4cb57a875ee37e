/* SPDX-License-Identifier: MIT */
/*
 * From return addresses to names, once for each stack.
 *
 * On a stack there is first what keeps the record and the call that was made of
 * us, then whoever made it, up to what runs the body. Object files are told by
 * their names; what is linked into the program is told by the names of its
 * functions (symbols.h).
 */
#include "sim/callers.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "sim/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 100
#define MAX_SEAM 3 /* frames */

struct module {
    const struct sim_record_module *place; /* borrowed */
    struct sim_symbols *symbols;           /* owned; NULL: not read, or none */
    bool is_read, is_library;
};

/* What is known about a frame while its stack is looked at. */
struct frame {
    bool is_our_file, is_ours, is_library;
    char name[NAME_MAX_LEN]; /* "": none */
};

struct sim_callers {
    struct module modules[SIM_MAX_MODULES];
    size_t n_modules;
    struct tidy__buffer names; /* texts, each with its NUL */
    /* Owned: places in the names, (size_t)-1 behind the last of each stack; the
     * same as pointers; and where in the list each stack begins. */
    size_t *offsets;
    const char **list;
    size_t *begins;
    size_t n_list;
    bool is_direct[SIM_MAX_STACKS];
};

static const char *const no_callers[] = { NULL };

/* -------------------------------------------------------------------- modules */

static bool is_library_file(const char *path)
{
    static const char *const prefixes[] = {
        "libtidysock", "libuv",     "libevent", "libc.",      "libc-",
        "ld-linux",    "libgcc_s",  "libasan",  "libubsan",   "libtsan",
        "libpthread",  "libcmocka", "libcheck", "linux-vdso", "vgpreload",
    };
    const char *name = strrchr(path, '/');
    size_t idx;

    name = name ? name + 1 : path;
    for (idx = 0; idx < TIDY_COUNT(prefixes); idx++) {
        if (strncmp(name, prefixes[idx], strlen(prefixes[idx])) == 0)
            return true;
    }
    return false;
}

static bool is_our_file(const char *path)
{
    const char *name = strrchr(path, '/');

    return strncmp(name ? name + 1 : path, "libtidysock-sim", 15) == 0;
}

static void list_modules(struct sim_callers *callers,
                         const struct sim_record *record)
{
    size_t idx;

    for (idx = 0; idx < record->n_modules; idx++) {
        callers->modules[idx].place = &record->modules[idx];
        callers->modules[idx].is_library =
            !record->modules[idx].is_program &&
            is_library_file(record->modules[idx].path);
    }
    callers->n_modules = record->n_modules;
}

static struct module *find_module(struct sim_callers *callers,
                                  uintptr_t address)
{
    size_t idx;

    for (idx = 0; idx < callers->n_modules; idx++) {
        if (address >= callers->modules[idx].place->begin &&
            address < callers->modules[idx].place->end)
            return &callers->modules[idx];
    }
    return NULL;
}

static int read_symbols(struct module *module)
{
    if (module->is_read)
        return 0;
    module->is_read = true;
    return tidy__sim_symbols_new(module->place->path, &module->symbols) ==
                   -ENOMEM
               ? -ENOMEM
               : 0;
}

/* --------------------------------------------------------------------- frames */

/* Functions of the C library's that are answered by us. */
static bool is_answered(const char *name)
{
    static const char *const names[] = {
#include "sim/export_names.h"
    };
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(names); idx++) {
        if (strcmp(names[idx], name) == 0)
            return true;
    }
    return false;
}

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* 0 or -ENOMEM. The address is the one behind the call. */
static int
look_at(struct sim_callers *callers, uintptr_t address, struct frame *frame)
{
    struct module *module = find_module(callers, address - 1);
    const char *name;
    size_t len;

    *frame = (struct frame){ .is_library = true };
    if (!module)
        return 0;
    frame->is_our_file = is_our_file(module->place->path);
    frame->is_ours = frame->is_our_file;
    if (module->is_library)
        return 0;
    if (read_symbols(module) < 0)
        return -ENOMEM;
    name = module->symbols
               ? tidy__sim_symbols_find(module->symbols,
                                        address - 1 - module->place->base,
                                        &len,
                                        &frame->is_library)
               : NULL;
    if (!name)
        return 0;
    if (len >= sizeof(frame->name))
        len = sizeof(frame->name) - 1;
    memcpy(frame->name, name, len);
    frame->name[len] = '\0';
    frame->is_ours |= begins_with(frame->name, "tidy__sim_") ||
                      begins_with(frame->name, "tidy__seam_");
    return 0;
}

/* Behind the last that is ours, and the name that it answered to, which may have
 * a static function in front of it. */
static unsigned find_begin(const struct frame *frames, unsigned n)
{
    unsigned begin = 0, idx;

    for (idx = 0; idx < n; idx++) {
        if (frames[idx].is_ours)
            begin = idx + 1;
    }
    for (idx = begin; idx < n && idx < begin + MAX_SEAM; idx++) {
        if (is_answered(frames[idx].name))
            begin = idx + 1;
    }
    return begin;
}

static bool runs_bodies(const char *name)
{
    static const char *const names[] = { "tidy__sim_work",
                                         "tidy__sim_leave",
                                         "tidy_world_runner_run",
                                         "tidy_world_run" };
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(names); idx++) {
        if (strcmp(names[idx], name) == 0)
            return true;
    }
    return false;
}

/* What runs the body is not of it. */
static unsigned find_end(const struct frame *frames, unsigned n)
{
    unsigned idx;

    for (idx = 0; idx < n; idx++) {
        if (runs_bodies(frames[idx].name))
            return idx;
    }
    /* In the shared library, it has no name here: what is in there once more. A
     * program's main() is called from there, too. */
    for (idx = 0; idx < n && !frames[idx].is_our_file;)
        idx++;
    while (idx < n && frames[idx].is_our_file)
        idx++;
    while (idx < n && !frames[idx].is_our_file &&
           strcmp(frames[idx].name, "_start") != 0)
        idx++;
    return idx;
}

static int add_name(struct sim_callers *callers, const char *name)
{
    callers->offsets[callers->n_list++] = callers->names.len;
    return tidy__buffer_append(&callers->names, name, strlen(name) + 1);
}

static int add_stack(struct sim_callers *callers,
                     const struct sim_record_stack *stack,
                     bool *ret_is_direct)
{
    struct frame frames[SIM_MAX_FRAMES];
    unsigned idx, begin, end;
    int result = 0;

    for (idx = 0; idx < stack->n && result == 0; idx++)
        result = look_at(callers, stack->frames[idx], &frames[idx]);
    if (result < 0)
        return result;
    end = find_end(frames, stack->n);
    begin = find_begin(frames, end);
    *ret_is_direct =
        begin < end && !frames[begin].is_library && frames[begin].name[0];
    for (idx = begin; idx < end && result == 0; idx++) {
        if (!frames[idx].is_library && frames[idx].name[0])
            result = add_name(callers, frames[idx].name);
    }
    callers->offsets[callers->n_list++] = SIZE_MAX;
    return result;
}

static int make_list(struct sim_callers *callers,
                     const struct sim_record *record)
{
    const size_t n = record->n_stacks * (SIM_MAX_FRAMES + 1);
    size_t idx;
    int result = 0;

    callers->begins = tidy__alloc(record->n_stacks * sizeof(*callers->begins));
    callers->offsets = tidy__alloc(n * sizeof(*callers->offsets));
    callers->list = tidy__alloc(n * sizeof(*callers->list));
    if (!callers->begins || !callers->offsets || !callers->list)
        return -ENOMEM;
    for (idx = 0; idx < record->n_stacks && result == 0; idx++) {
        callers->begins[idx] = callers->n_list;
        result =
            add_stack(callers, &record->stacks[idx], &callers->is_direct[idx]);
    }
    for (idx = 0; idx < callers->n_list; idx++)
        callers->list[idx] =
            callers->offsets[idx] == SIZE_MAX
                ? NULL
                : (const char *)tidy__buffer_data(&callers->names) +
                      callers->offsets[idx];
    return result;
}

struct sim_callers *tidy__sim_callers_new(const struct sim_record *record)
{
    struct sim_callers *callers = tidy__zalloc(sizeof(*callers));

    if (!callers)
        return NULL;
    list_modules(callers, record);
    if (record->n_stacks > 0 && make_list(callers, record) < 0)
        return tidy__sim_callers_free(callers);
    return callers;
}

struct sim_callers *tidy__sim_callers_free(struct sim_callers *callers)
{
    size_t idx;

    if (!callers)
        return NULL;
    for (idx = 0; idx < callers->n_modules; idx++)
        tidy__sim_symbols_free(callers->modules[idx].symbols);
    tidy__buffer_deinit(&callers->names);
    tidy__dealloc(callers->offsets);
    tidy__dealloc(callers->list);
    tidy__dealloc(callers->begins);
    return tidy__dealloc(callers);
}

const char *const *tidy__sim_callers_of(const struct sim_callers *callers,
                                        uint32_t stack)
{
    return stack == 0 ? no_callers : callers->list + callers->begins[stack - 1];
}

bool tidy__sim_callers_are_direct(const struct sim_callers *callers,
                                  uint32_t stack)
{
    return stack > 0 && callers->is_direct[stack - 1];
}
