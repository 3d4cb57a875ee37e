/* SPDX-License-Identifier: MIT */
/*
 * A directory of schedules that failed once: NAME-SIGNATURE.schedule. They are
 * run before the search, by name, so that what was mended stays mended. What has
 * passed stays there: it is a test.
 */
#include "base/alloc.h"
#include "explore/exploration.h"
#include "explore/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".schedule"

/* "STEM-0123456789abcdef.schedule", and nothing else. */
static bool is_ours(const char *file, const char *stem)
{
    size_t len = strlen(stem);

    return strncmp(file, stem, len) == 0 && file[len] == '-' &&
           strspn(file + len + 1, "0123456789abcdef") == 16 &&
           strcmp(file + len + 17, SUFFIX) == 0;
}

/* ------------------------------------------------------------------- running */

static void refuse(struct tidy_exploration *exploration, const char *what)
{
    tidy__explore_not_run(
        exploration,
        tidy__format("the corpus %s: %s", exploration->options.corpus, what));
}

static void run_file(struct tidy_exploration *exploration, const char *file)
{
    char *path = tidy__format("%s/%s", exploration->options.corpus, file);
    struct explore_schedule schedule;
    char *trouble;

    if (!path)
        return;
    trouble = tidy__explore_schedule_load(&schedule, path);
    if (trouble) {
        tidy__explore_not_run(exploration, trouble);
    } else {
        tidy__explore_replay(exploration, &schedule, path);
        tidy__explore_schedule_deinit(&schedule);
    }
    tidy__dealloc(path);
}

static bool is_enough(const struct tidy_exploration *exploration)
{
    return exploration->verdict == TIDY_VERDICT_NOT_RUN ||
           (exploration->found && !exploration->options.goes_on);
}

static void
run_all(struct tidy_exploration *exploration, struct dirent **entries, int n)
{
    char stem[EXPLORE_STEM_MAX];
    int idx;

    tidy__explore_stem(exploration->options.name, stem);
    for (idx = 0; idx < n && !is_enough(exploration); idx++) {
        if (is_ours(entries[idx]->d_name, stem))
            run_file(exploration, entries[idx]->d_name);
    }
}

bool tidy__explore_corpus_run(struct tidy_exploration *exploration)
{
    struct dirent **entries = NULL;
    int n = scandir(exploration->options.corpus, &entries, NULL, alphasort);

    if (n < 0 && errno != ENOENT)
        refuse(exploration, strerror(errno));
    if (n > 0)
        run_all(exploration, entries, n);
    while (n-- > 0)
        free(entries[n]);
    free(entries);
    return is_enough(exploration);
}

/* ------------------------------------------------------------------- keeping */

void tidy__explore_corpus_keep(struct tidy_exploration *exploration)
{
    const struct tidy_found *found;
    int result = 0;

    for (found = exploration->found; found && result == 0; found = found->next)
        result = tidy__explore_write_file(found,
                                          exploration->options.corpus,
                                          SUFFIX,
                                          tidy_found_write_schedule);
    if (result < 0)
        refuse(exploration, strerror(-result));
}
