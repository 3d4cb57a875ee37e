/* SPDX-License-Identifier: MIT */
/*
 * One failure.
 */
#include "base/alloc.h"
#include "base/misuse.h"
#include "explore/exploration.h"

#include <errno.h>

enum tidy_outcome tidy_found_outcome(const struct tidy_found *found)
{
    TIDY_REQUIRE(found, "tidy_found_outcome: it is NULL");
    return found->outcome;
}

const char *tidy_found_text(const struct tidy_found *found)
{
    TIDY_REQUIRE(found, "tidy_found_text: it is NULL");
    return found->text;
}

size_t tidy_found_n_departures(const struct tidy_found *found)
{
    TIDY_REQUIRE(found, "tidy_found_n_departures: it is NULL");
    return found->schedule.n_turns;
}

uint64_t tidy_found_n_schedules(const struct tidy_found *found)
{
    TIDY_REQUIRE(found, "tidy_found_n_schedules: it is NULL");
    return found->n_schedules;
}

uint64_t tidy_found_n_times(const struct tidy_found *found)
{
    TIDY_REQUIRE(found, "tidy_found_n_times: it is NULL");
    return found->n_times;
}

int tidy_found_write_schedule(const struct tidy_found *found, FILE *out)
{
    char *note;

    TIDY_REQUIRE(found, "tidy_found_write_schedule: it is NULL");
    TIDY_REQUIRE(out, "tidy_found_write_schedule: there is no file");
    note = tidy__format("%s: %s\n%s",
                        found->exploration->options.name,
                        tidy_outcome_name(found->outcome),
                        found->text);
    if (!note)
        return -ENOMEM;
    tidy__explore_schedule_write(&found->schedule, note, out);
    tidy__dealloc(note);
    return fflush(out) == 0 ? 0 : -errno;
}
