/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_HTML_H
#define TIDY_EXPLORE_HTML_H

#include "explore/story.h"

/* Between the files that write the page. */

/* Text of others', for an element or an attribute. */
void tidy__html_put(FILE *out, const char *text);
/* "client 1", of a column; "-": nobody that is shown. */
const char *tidy__html_name(const struct story *story, size_t column);
/* The rows that the page shows: [begin, n_rows). */
size_t tidy__html_first_row(const struct story *story);
/* The chart. */
void tidy__html_chart(FILE *out, const struct story *story);

#endif
