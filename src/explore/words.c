/* SPDX-License-Identifier: MIT */
#include "explore/words.h"

#include <errno.h>
#include <string.h>

const char *tidy__explore_time(uint64_t now_ns, char text[EXPLORE_TIME_MAX])
{
    snprintf(text,
             EXPLORE_TIME_MAX,
             "%llu.%03llu",
             (unsigned long long)(now_ns / 1000000),
             (unsigned long long)(now_ns / 1000 % 1000));
    return text;
}

static bool is_long_form(const unsigned char *text)
{
    return text[0] == 0xc0 || text[0] == 0xc1 ||
           (text[0] == 0xe0 && text[1] < 0xa0) ||
           (text[0] == 0xf0 && text[1] < 0x90);
}

/* No characters: halves of others, and what lies behind the last. */
static bool is_outside(const unsigned char *text)
{
    return (text[0] == 0xed && text[1] >= 0xa0) ||
           (text[0] == 0xf4 && text[1] >= 0x90) || text[0] > 0xf4;
}

size_t tidy__explore_character(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t len = at[0] < 0x80             ? 1
                 : (at[0] & 0xe0) == 0xc0 ? 2
                 : (at[0] & 0xf0) == 0xe0 ? 3
                 : (at[0] & 0xf8) == 0xf0 ? 4
                                          : 0;
    size_t idx;

    if (at[0] < 0x20 || at[0] == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0) ||
        is_long_form(at) || is_outside(at))
        return 0;
    for (idx = 1; idx < len; idx++) {
        if ((at[idx] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

void tidy__explore_put_line(FILE *out, const char *text)
{
    const char *at = text;
    size_t len;

    while (*at) {
        len = tidy__explore_character(at);
        if (len > 0)
            fwrite(at, 1, len, out);
        else if (*at == '\n' || *at == '\t')
            fputc(' ', out);
        else
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)*at);
        at += len > 0 ? len : 1;
    }
}

void tidy__explore_put_lines(FILE *out, const char *indent, const char *text)
{
    char line[1024];
    size_t len;

    while (*text) {
        len = strcspn(text, "\n");
        snprintf(line, sizeof(line), "%.*s", (int)len, text);
        fputs(indent, out);
        tidy__explore_put_line(out, line);
        fputc('\n', out);
        text += len + (text[len] == '\n');
    }
}

/* With a comma after each three digits. */
static void print_number(char *text, size_t size, uint64_t number)
{
    char digits[24];
    int len = snprintf(
            digits, sizeof(digits), "%llu", (unsigned long long)number),
        idx;
    size_t n = 0;

    for (idx = 0; idx < len && n + 2 < size; idx++) {
        if (idx > 0 && (len - idx) % 3 == 0)
            text[n++] = ',';
        text[n++] = digits[idx];
    }
    text[n] = '\0';
}

const char *tidy__explore_facts(const struct explore_failure_view *view,
                                char text[EXPLORE_FACTS_MAX])
{
    char number[40];
    int len = 0;

    text[0] = '\0';
    if (view->n_schedules > 0) {
        print_number(number, sizeof(number), view->n_schedules);
        len = snprintf(text,
                       EXPLORE_FACTS_MAX,
                       "found after %s schedule%s",
                       number,
                       view->n_schedules == 1 ? "" : "s");
    }
    if (view->n_found > view->n_shrunk)
        snprintf(text + len,
                 EXPLORE_FACTS_MAX - (size_t)len,
                 "%sshrunk from %zu departure%s to %zu",
                 len > 0 ? "; " : "",
                 view->n_found,
                 view->n_found == 1 ? "" : "s",
                 view->n_shrunk);
    return text;
}

const char *tidy__explore_setting(const struct explore_failure_view *view,
                                  char text[EXPLORE_FACTS_MAX])
{
    int len = snprintf(
        text, EXPLORE_FACTS_MAX, "like %s", tidy_profile_name(view->profile));
    bool is_first = true;
    int kind;

    if (view->kinds == 0)
        snprintf(text + len, EXPLORE_FACTS_MAX - (size_t)len, ", and calm");

    for (kind = 0; kind < TIDY_N_CHOICES; kind++) {
        if (!(view->kinds & TIDY_CHOICE_BIT(kind)))
            continue;
        len += snprintf(text + len,
                        EXPLORE_FACTS_MAX - (size_t)len,
                        "%s%s",
                        is_first ? "; may depart: " : ", ",
                        tidy_choice_name((enum tidy_choice)kind));
        is_first = false;
    }
    return text;
}

const char *tidy__explore_name(const struct explore_failure_view *view)
{
    return view->name && view->name[0] ? view->name : "the body";
}

/* What follows in more lines is left to them: "...; open are". */
const char *tidy__explore_verdict(const struct explore_failure_view *view,
                                  char text[EXPLORE_VERDICT_MAX])
{
    size_t len = strcspn(view->text, "\n");
    const char *semicolon;

    snprintf(text,
             EXPLORE_VERDICT_MAX,
             "%s%s%.*s",
             tidy_outcome_name(view->outcome),
             len > 0 ? ": " : "",
             (int)len,
             view->text);
    semicolon = strrchr(text, ';');
    if (view->text[len] && semicolon)
        text[semicolon - text] = '\0';
    return text;
}

const char *tidy__explore_base(const char *text)
{
    const char *slash = text[0] == '/' ? strrchr(text, '/') : NULL;

    return slash ? slash + 1 : text;
}

int tidy__explore_finish(FILE *out)
{
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
