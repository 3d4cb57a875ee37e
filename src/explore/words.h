/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_WORDS_H
#define TIDY_EXPLORE_WORDS_H

#include "explore/report.h"

/* What all writers say in the same way. */

/* "0.052": milliseconds, to the microsecond. */
#define EXPLORE_TIME_MAX 32
const char *tidy__explore_time(uint64_t now_ns, char text[EXPLORE_TIME_MAX]);

/* Each line of a text of others', behind some spaces; what is no text in it is
 * escaped. */
void tidy__explore_put_lines(FILE *out, const char *indent, const char *text);
/* The same for a single line. */
void tidy__explore_put_line(FILE *out, const char *text);

/* "found after 1,204 schedules; shrunk from 7 departures to 1", or "". */
#define EXPLORE_FACTS_MAX 256
const char *tidy__explore_facts(const struct explore_failure_view *view,
                                char text[EXPLORE_FACTS_MAX]);
/* "linux; may depart: order, accept" */
const char *tidy__explore_setting(const struct explore_failure_view *view,
                                  char text[EXPLORE_FACTS_MAX]);
/* Its name, or "the body". */
const char *tidy__explore_name(const struct explore_failure_view *view);
/* The length of the UTF-8 character that a text begins with; 0: it is none, or a
 * control character. */
size_t tidy__explore_character(const char *text);
/* "deadlock: epoll_wait on descriptor 512 waits for ever", in one line. */
#define EXPLORE_VERDICT_MAX 512
const char *tidy__explore_verdict(const struct explore_failure_view *view,
                                  char text[EXPLORE_VERDICT_MAX]);
/* A path without its directories, which are no part of what happened, or any
 * other text as it is. */
const char *tidy__explore_base(const char *text);
/* 0 or -EIO. */
int tidy__explore_finish(FILE *out);

#endif
