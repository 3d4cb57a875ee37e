/* SPDX-License-Identifier: MIT */
/*
 * Files are written beside their place and then put there: who reads a directory
 * meanwhile sees whole ones only.
 */
#include "explore/files.h"

#include "base/alloc.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void tidy__explore_stem(const char *name, char stem[EXPLORE_STEM_MAX])
{
    size_t idx;

    for (idx = 0; idx < EXPLORE_STEM_MAX - 1 && name[idx]; idx++)
        stem[idx] = isalnum((unsigned char)name[idx]) || name[idx] == '.' ||
                            name[idx] == '-'
                        ? name[idx]
                        : '_';
    stem[idx] = '\0';
}

static bool make(struct tidy_exploration *exploration, const char *path)
{
    struct stat st;

    if (!path || mkdir(path, 0777) == 0)
        return true;
    if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    if (errno == EEXIST)
        return true;
    tidy__explore_not_run(exploration,
                          tidy__format("%s: %s", path, strerror(errno)));
    return false;
}

bool tidy__explore_make_directories(struct tidy_exploration *exploration)
{
    return make(exploration, exploration->options.corpus) &&
           make(exploration, exploration->options.reports);
}

static int write_part(const struct tidy_found *found,
                      const char *part,
                      const char *path,
                      int (*write)(const struct tidy_found *found, FILE *out))
{
    FILE *out = fopen(part, "we");
    int result;

    if (!out)
        return -errno;
    result = write(found, out);
    if (fclose(out) != 0 && result == 0)
        result = -errno;
    if (result == 0 && rename(part, path) < 0)
        result = -errno;
    if (result < 0)
        unlink(part);
    return result;
}

int tidy__explore_write_file(const struct tidy_found *found,
                             const char *directory,
                             const char *suffix,
                             int (*write)(const struct tidy_found *found,
                                          FILE *out))
{
    char stem[EXPLORE_STEM_MAX], *path, *part;
    int result = -ENOMEM;

    tidy__explore_stem(found->exploration->options.name, stem);
    path = tidy__format(
        "%s/%s-%016" PRIx64 "%s", directory, stem, found->signature, suffix);
    part = path ? tidy__format("%s.part", path) : NULL;
    if (part)
        result = write_part(found, part, path, write);
    tidy__dealloc(part);
    tidy__dealloc(path);
    return result;
}
