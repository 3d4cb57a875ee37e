/* SPDX-License-Identifier: MIT */
#ifndef TIDY_SIM_SANITIZER_H
#define TIDY_SIM_SANITIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Functions that a runtime calls for itself, too. */
enum sim_suspect {
    SIM_SUSPECT_CLOCK_GETTIME,
    SIM_SUSPECT_SCHED_YIELD,
    SIM_SUSPECT_PIPE,
    SIM_N_SUSPECTS
};

/* Learn to know the runtime; once in a process, outside of any world. */
void tidy__sim_sanitizer_learn(void);

/* From now on the program does nothing more: what might be the runtime's is. */
void tidy__sim_sanitizer_finish(void);

/* Memory from which what was allocated can be reached, although no allocator
 * knows of it: nothing of that has leaked. */
void tidy__sim_sanitizer_keep(const void *data, size_t size);

/* What was learned. */
struct sim_sanitizer {
    uintptr_t begin;    /* where the runtime lies */
    size_t size;        /* 0: there is none, or it does not come to the seam */
    bool is_of_program; /* that is its program's place, too */
    bool is_told_apart[SIM_N_SUSPECTS];
    uintptr_t returns_to; /* the runtime's clock_gettime(): the program's */
    bool is_learning;
};
extern struct sim_sanitizer tidy__sim_sanitizer;

/* Does the runtime call a function for itself, and not the program through it?
 * Then the kernel answers, also in a world. */
static inline bool tidy__sim_is_sanitizers(enum sim_suspect suspect,
                                           const void *return_address)
{
    uintptr_t address = (uintptr_t)return_address;

    return address - tidy__sim_sanitizer.begin < tidy__sim_sanitizer.size &&
           tidy__sim_sanitizer.is_told_apart[suspect] &&
           address != tidy__sim_sanitizer.returns_to;
}

/* Does an address in code lie in the runtime, and in nothing else? */
static inline bool tidy__sim_is_of_runtime(const void *address)
{
    return (uintptr_t)address - tidy__sim_sanitizer.begin <
               tidy__sim_sanitizer.size &&
           !tidy__sim_sanitizer.is_of_program;
}

/* clock_gettime() is called outside of a world. */
static inline void tidy__sim_sanitizer_note(const void *return_address)
{
    if (__builtin_expect(tidy__sim_sanitizer.is_learning, 0))
        tidy__sim_sanitizer.returns_to = (uintptr_t)return_address;
}

#endif
