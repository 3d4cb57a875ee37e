/* SPDX-License-Identifier: MIT */
/*
 * The library preloaded into a program that is to run in a world.
 *
 *   libraries are loaded, and initialize themselves      outside
 *   the program's own constructors, main(), exit()       inside
 *   libraries finish, and close what they had; a
 *   sanitizer looks for leaks                            inside
 *   what was left behind is looked for                   outside
 *
 * The C library's beginning of a program lies right after the first, and is
 * handed what does the third.
 *
 * A program that executes another (a script's last line, valgrind) hands the
 * world on, as the environment and the descriptor stay: it begins anew.
 *
 * This file has mutable globals: the memory shared with who runs the program,
 * and the dynamic linker's function.
 */
#include "base/misuse.h"
#include "sim/layout.h"
#include "sim/program.h"
#include "sim/seam.h"
#include "sim/shared.h"
#include "sim/tripwire.h"

static struct sim_shared *shared;
static void (*finish_libraries)(void);

static void enter(const char *number)
{
    char why[256];

    shared = tidy__sim_shared_map(atoi(number));
    TIDY_REQUIRE(shared, "the world's memory is not there");
    if (tidy__sim_reserve(why, sizeof(why)) < 0)
        tidy__misuse("the world has no descriptors: %s", why);
    tidy__sim_sanitizer_keep(&shared->world, sizeof(shared->world));
    if (shared->layout > 0)
        tidy__sim_layout_shuffle(shared->layout);
    tidy__sim_enter(shared);
    shared->world.is_program = true;
}

static void leave(void)
{
    tidy__sim_tripwire_disarm(); /* a sanitizer looks for leaks */
    tidy__sim_sanitizer_finish();
    if (finish_libraries)
        finish_libraries();
    fflush(NULL); /* a run that does not pass ends the process at once */
    if (tidy__sim_world == &shared->world)
        tidy__sim_leave(shared);
}

SEAM(int,
     __libc_start_main,
     (int (*main)(int, char **, char **),
      int argc,
      char **argv,
      void (*init)(void),
      void (*fini)(void),
      void (*rtld_fini)(void),
      void *stack_end))
{
    const char *number = getenv(SIM_PROGRAM_VARIABLE);

    if (number) {
        enter(number);
        finish_libraries = rtld_fini;
        rtld_fini = leave;
    }
    return REAL(__libc_start_main)(
        main, argc, argv, init, fini, rtld_fini, stack_end);
}
