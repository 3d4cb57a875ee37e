/* SPDX-License-Identifier: MIT */
#include "explore/report.h"
int tidy__explore_report_text(FILE *out,
                              const struct explore_failure_view *view,
                              const struct explore_text_options *options)
{
    (void)options;
    fprintf(out,
            "%s: %s: %s\nagain: %s\ndebug: %s\n",
            view->name,
            tidy_outcome_name(view->outcome),
            view->text,
            view->replay,
            view->debug);
    return 0;
}
int tidy__explore_report_html(FILE *out,
                              const struct explore_failure_view *view)
{
    return tidy__explore_report_text(out, view, NULL);
}
int tidy__explore_report_pcapng(FILE *out,
                                const struct explore_failure_view *view)
{
    return tidy__explore_report_text(out, view, NULL);
}
int tidy__explore_report_json(FILE *out,
                              const struct explore_failure_view *view)
{
    return tidy__explore_report_text(out, view, NULL);
}
