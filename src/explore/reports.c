/* SPDX-License-Identifier: MIT */
/*
 * Everything that is told of what was found, in files.
 */
#include "base/alloc.h"
#include "explore/files.h"

#include <string.h>

static int write_text(const struct tidy_found *found, FILE *out)
{
    return tidy_found_write(found, TIDY_REPORT_TEXT, out);
}

static int write_html(const struct tidy_found *found, FILE *out)
{
    return tidy_found_write(found, TIDY_REPORT_HTML, out);
}

static int write_pcapng(const struct tidy_found *found, FILE *out)
{
    return tidy_found_write(found, TIDY_REPORT_PCAPNG, out);
}

static int write_json(const struct tidy_found *found, FILE *out)
{
    return tidy_found_write(found, TIDY_REPORT_JSON, out);
}

static int write_all(const struct tidy_found *found)
{
    static const struct {
        const char *suffix;
        int (*write)(const struct tidy_found *found, FILE *out);
    } forms[] = {
        { ".schedule", tidy_found_write_schedule },
        { ".txt", write_text },
        { ".html", write_html },
        { ".pcapng", write_pcapng },
        { ".jsonl", write_json },
    };
    const char *directory = found->exploration->options.reports;
    int result = 0;
    size_t idx;

    for (idx = 0; idx < TIDY_COUNT(forms) && result == 0; idx++)
        result = tidy__explore_write_file(
            found, directory, forms[idx].suffix, forms[idx].write);
    return result;
}

void tidy__explore_reports(struct tidy_exploration *exploration)
{
    const struct tidy_found *found;
    int result = 0;

    if (!exploration->options.reports)
        return;
    for (found = exploration->found; found && result == 0; found = found->next)
        result = write_all(found);
    if (result < 0)
        tidy__explore_not_run(exploration,
                              tidy__format("the reports %s: %s",
                                           exploration->options.reports,
                                           strerror(-result)));
}
