/* SPDX-License-Identifier: MIT */
#ifndef TIDY_EXPLORE_GRID_H
#define TIDY_EXPLORE_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define GRID_MAX_WIDTH 240
#define GRID_MAX_LINES 12
#define GRID_MARGIN 12 /* a mark and the time, before the first column */

/* The lines of one row of a table, drawn before they are written. */
struct grid {
    unsigned width, column_width; /* characters */
    size_t n_columns;
    size_t n_lines;
    char lines[GRID_MAX_LINES][GRID_MAX_WIDTH + 1];
};

/* What a row's lines are written in, if in colours at all. */
enum grid_colour {
    GRID_PLAIN,
    GRID_BOLD,
    GRID_DIM,
    GRID_RED,
    GRID_YELLOW
};

/* No line yet. */
void tidy__grid_begin(struct grid *grid);
/* Make sure that there are so many; new ones show the columns' borders, or
 * nothing (is_bare). */
void tidy__grid_need(struct grid *grid, size_t n_lines, bool is_bare);
/* Where a column begins: its border. */
size_t tidy__grid_column(const struct grid *grid, size_t column);
/* Overwrite, as far as there is room. */
void tidy__grid_put(struct grid *grid,
                    size_t line,
                    size_t at,
                    const char *text);
void tidy__grid_fill(struct grid *grid,
                     size_t line,
                     size_t from,
                     size_t to,
                     char with);
/* Write text into a place of some width, on as many lines as it takes, from one
 * on. Returns the line behind the last. */
size_t tidy__grid_wrap(struct grid *grid,
                       size_t line,
                       size_t at,
                       size_t width,
                       const char *text,
                       bool is_bare);
void tidy__grid_write(const struct grid *grid,
                      FILE *out,
                      enum grid_colour colour,
                      bool has_colour);

/* Text of others': control characters and what is no ASCII become '?' each, so
 * that it takes as many columns as it has characters. */
const char *tidy__grid_plain(const char *text, char *plain, size_t size);

#endif
