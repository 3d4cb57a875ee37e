/* SPDX-License-Identifier: MIT */
#include "explore/grid.h"

#include <string.h>

void tidy__grid_begin(struct grid *grid)
{
    grid->n_lines = 0;
}

size_t tidy__grid_column(const struct grid *grid, size_t column)
{
    return GRID_MARGIN + column * grid->column_width;
}

void tidy__grid_need(struct grid *grid, size_t n_lines, bool is_bare)
{
    size_t column;

    while (grid->n_lines < n_lines && grid->n_lines < GRID_MAX_LINES) {
        char *line = grid->lines[grid->n_lines++];

        memset(line, ' ', grid->width);
        line[grid->width] = '\0';
        for (column = 0; column < grid->n_columns && !is_bare; column++)
            line[tidy__grid_column(grid, column)] = '|';
    }
}

void tidy__grid_put(struct grid *grid, size_t line, size_t at, const char *text)
{
    for (; line < grid->n_lines && *text && at < grid->width; text++, at++)
        grid->lines[line][at] = *text;
}

void tidy__grid_fill(struct grid *grid,
                     size_t line,
                     size_t from,
                     size_t to,
                     char with)
{
    for (; line < grid->n_lines && from < to && from < grid->width; from++)
        grid->lines[line][from] = with;
}

/* How much of a text goes into one line: whole words; or parts of a long one. */
static size_t line_len(const char *text, size_t width)
{
    size_t len = strlen(text), idx;

    if (len <= width)
        return len;
    for (idx = width; idx > width / 3; idx--) {
        if (text[idx] == ' ')
            return idx;
    }
    for (idx = width; idx > width / 3; idx--) {
        if (text[idx - 1] == '_')
            return idx;
    }
    return width;
}

size_t tidy__grid_wrap(struct grid *grid,
                       size_t line,
                       size_t at,
                       size_t width,
                       const char *text,
                       bool is_bare)
{
    char part[GRID_MAX_WIDTH + 1];
    size_t len;

    while (*text && line < GRID_MAX_LINES) {
        len = line_len(text, width);
        memcpy(part, text, len);
        part[len] = '\0';
        tidy__grid_need(grid, line + 1, is_bare);
        tidy__grid_put(grid, line++, at, part);
        text += len;
        text += strspn(text, " ");
    }
    return line;
}

static const char *escape_of(enum grid_colour colour)
{
    static const char *const escapes[] = { [GRID_PLAIN] = "",
                                           [GRID_BOLD] = "\033[1m",
                                           [GRID_DIM] = "\033[2m",
                                           [GRID_RED] = "\033[31m",
                                           [GRID_YELLOW] = "\033[1;33m" };

    return escapes[colour];
}

/* No line ends with spaces. */
void tidy__grid_write(const struct grid *grid,
                      FILE *out,
                      enum grid_colour colour,
                      bool has_colour)
{
    bool is_coloured = has_colour && colour != GRID_PLAIN;
    size_t line, len;

    for (line = 0; line < grid->n_lines; line++) {
        for (len = grid->width; len > 0 && grid->lines[line][len - 1] == ' ';)
            len--;
        fprintf(out,
                "%s%.*s%s\n",
                is_coloured ? escape_of(colour) : "",
                (int)len,
                grid->lines[line],
                is_coloured ? "\033[0m" : "");
    }
}

const char *tidy__grid_plain(const char *text, char *plain, size_t size)
{
    size_t len = 0;

    for (; *text && len + 1 < size; text++) {
        unsigned char byte = (unsigned char)*text;

        if ((byte & 0xc0) == 0x80)
            continue; /* the rest of a character */
        plain[len++] = byte < 0x20 || byte > 0x7e ? '?' : (char)byte;
    }
    plain[len] = '\0';
    return plain;
}
