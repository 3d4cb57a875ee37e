/* SPDX-License-Identifier: MIT */
/*
 * What the writers write, held against golden files; and that they neither
 * break nor are fooled.
 *
 * With --update, the golden files are written anew instead.
 */
#include "explore/failures.h"
#include "sim/event.h"
#include "support/oom.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATH_MAX_LEN 512

static void set_path(char path[PATH_MAX_LEN],
                     const struct failure *failure,
                     const struct format *format)
{
    snprintf(path,
             PATH_MAX_LEN,
             "%s/golden/explore/%s.%s",
             TIDY_TEST_SOURCE_DIR,
             failure->name,
             format->suffix);
}

static char *read_golden(const char *path, size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    FILE *in = fopen(path, "rb");
    int byte;

    assert_non_null(out);
    while (in && (byte = getc(in)) != EOF)
        putc(byte, out);
    if (in)
        fclose(in);
    fclose(out);
    return text;
}

/* ---------------------------------------------------------------------- golden */

static void compare(const struct failure *failure,
                    const struct format *format,
                    const struct explore_failure_view *view)
{
    char path[PATH_MAX_LEN], *text, *golden;
    size_t len, golden_len;

    set_path(path, failure, format);
    text = write_report(format, view, &len);
    assert_non_null(text);
    golden = read_golden(path, &golden_len);
    if (len != golden_len || memcmp(text, golden, len) != 0)
        fail_msg("%s.%s is not as it was:\n%.3000s",
                 failure->name,
                 format->suffix,
                 text);
    free(text);
    free(golden);
}

static void reports_are_as_they_were(void **state)
{
    size_t idx, format;

    (void)state;
    for (idx = 0; idx < n_failures; idx++) {
        struct tidy_world_report *report = run_failure(&failures[idx]);
        struct explore_failure_view view = view_failure(&failures[idx], report);

        if (view.outcome != failures[idx].outcome)
            fail_msg("%s: %s: %s",
                     failures[idx].name,
                     tidy_outcome_name(view.outcome),
                     view.text);
        for (format = 0; format < n_formats; format++)
            compare(&failures[idx], &formats[format], &view);
        tidy_world_report_free(report);
    }
}

static int update(void)
{
    size_t idx, format;

    for (idx = 0; idx < n_failures; idx++) {
        struct tidy_world_report *report = run_failure(&failures[idx]);
        struct explore_failure_view view = view_failure(&failures[idx], report);

        for (format = 0; format < n_formats; format++) {
            char path[PATH_MAX_LEN];
            FILE *out;

            set_path(path, &failures[idx], &formats[format]);
            out = fopen(path, "wb");
            if (!out || formats[format].write(out, &view) < 0 ||
                fclose(out) != 0)
                return 1;
        }
        tidy_world_report_free(report);
    }
    return 0;
}

/* ------------------------------------------------------------------- every case */

/* Two runs of one schedule, two reports that are the same. */
static void reports_do_not_differ(void **state)
{
    size_t format, len, other_len;

    (void)state;
    for (format = 0; format < n_formats; format++) {
        struct tidy_world_report *report = run_failure(&failures[0]);
        struct tidy_world_report *other = run_failure(&failures[0]);
        struct explore_failure_view view = view_failure(&failures[0], report);
        struct explore_failure_view other_view =
            view_failure(&failures[0], other);
        char *text = write_report(&formats[format], &view, &len);
        char *other_text =
            write_report(&formats[format], &other_view, &other_len);

        assert_int_equal(len, other_len);
        assert_memory_equal(text, other_text, len);
        free(text);
        free(other_text);
        tidy_world_report_free(report);
        tidy_world_report_free(other);
    }
}

/* A run that could not be recorded has a report without events. */
static void no_events_are_no_trouble(void **state)
{
    const struct explore_failure_view view = { .outcome = TIDY_OUTCOME_NOT_RUN,
                                               .text =
                                                   "no process for the run" };
    size_t format, len;

    (void)state;
    for (format = 0; format < n_formats; format++) {
        char *text = write_report(&formats[format], &view, &len);

        assert_non_null(text);
        assert_non_null(memmem(text, len, "no process", 10));
        free(text);
    }
}

/* What comes from outside never gets out of the place where it stands. */
static void hostile_texts_are_escaped(void **state)
{
    static const char hostile[] =
        "</title><script>alert(1)</script>&\"'\x1b[31m"
        "\x80\xff\xed\xa0\x80 ]]>-->";
    char name[3000];
    struct tidy_world_report *report = run_failure(&failures[0]);
    struct explore_failure_view view = view_failure(&failures[0], report);
    size_t format, len, idx;

    (void)state;
    memset(name, 'x', sizeof(name));
    memcpy(name, hostile, sizeof(hostile) - 1);
    name[sizeof(name) - 1] = '\0';
    view.name = view.text = view.decides = view.replay = view.debug = name;
    for (format = 0; format < n_formats; format++) {
        char *text = write_report(&formats[format], &view, &len);

        assert_non_null(text);
        if (strcmp(formats[format].suffix, "pcapng") == 0) {
            free(text);
            continue;
        }
        for (idx = 0; idx < len; idx++)
            assert_true(text[idx] == '\n' || (unsigned char)text[idx] >= 0x20);
        assert_null(memmem(text, len, "\x80\xff", 2));
        if (strcmp(formats[format].suffix, "html") == 0)
            assert_null(memmem(text, len, "<script", 7));
        free(text);
    }
    tidy_world_report_free(report);
}

static ssize_t fail_write(void *cookie, const char *data, size_t len)
{
    (void)cookie;
    (void)data;
    (void)len;
    return 0;
}

/* A full disk is told. */
static void errors_of_the_stream_are_told(void **state)
{
    struct tidy_world_report *report = run_failure(&failures[0]);
    struct explore_failure_view view = view_failure(&failures[0], report);
    size_t format;

    (void)state;
    for (format = 0; format < n_formats; format++) {
        FILE *out = fopencookie(
            NULL, "w", (cookie_io_functions_t){ .write = fail_write });

        assert_int_equal(formats[format].write(out, &view), -EIO);
        fclose(out);
    }
    tidy_world_report_free(report);
}

static void write_all(void *arg)
{
    const struct explore_failure_view *view = arg;
    FILE *out = fopen("/dev/null", "w");
    size_t format;

    for (format = 0; format < n_formats; format++) {
        int result = formats[format].write(out, view);

        assert_true(result == 0 || (result == -ENOMEM && oom_has_failed()));
    }
    fclose(out);
}

static void every_allocation_may_fail(void **state)
{
    struct tidy_world_report *report = run_failure(&failures[0]);
    struct explore_failure_view view = view_failure(&failures[0], report);

    (void)state;
    oom_try_all(write_all, &view);
    tidy_world_report_free(report);
}

/* Wide or narrow, no line is longer than it may be. */
static void the_table_has_the_width_that_was_asked_for(void **state)
{
    static const unsigned widths[] = { 60, 80, 100, 132 };
    struct tidy_world_report *report = run_failure(&failures[0]);
    struct explore_failure_view view = view_failure(&failures[0], report);
    size_t idx, len, column, at;
    const char *table;

    (void)state;
    for (idx = 0; idx < TIDY_COUNT(widths); idx++) {
        const struct explore_text_options options = { .width = widths[idx] };
        char *text = NULL;
        FILE *out = open_memstream(&text, &len);

        assert_int_equal(tidy__explore_report_text(out, &view, &options), 0);
        fclose(out);
        table = strstr(text, "time/ms");
        for (at = 0, column = 0; strncmp(table + at, "\nAt the", 7) != 0;
             at++) {
            column = table[at] == '\n' ? 0 : column + 1;
            assert_true(column <= widths[idx]);
        }
        free(text);
    }
    tidy_world_report_free(report);
}

/* Escape sequences are for who asks for them. */
static void colours_are_only_on_demand(void **state)
{
    const struct explore_text_options options = { .has_colour = true };
    struct tidy_world_report *report = run_failure(&failures[0]);
    struct explore_failure_view view = view_failure(&failures[0], report);
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_int_equal(tidy__explore_report_text(out, &view, &options), 0);
    fclose(out);
    assert_non_null(strstr(text, "\033[1;33m!"));
    free(text);
    tidy_world_report_free(report);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_as_they_were),
        cmocka_unit_test(reports_do_not_differ),
        cmocka_unit_test(no_events_are_no_trouble),
        cmocka_unit_test(hostile_texts_are_escaped),
        cmocka_unit_test(errors_of_the_stream_are_told),
        oom_unit_test(every_allocation_may_fail),
        cmocka_unit_test(the_table_has_the_width_that_was_asked_for),
        cmocka_unit_test(colours_are_only_on_demand),
    };

    if (argc > 1 && strcmp(argv[1], "--update") == 0)
        return update();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
