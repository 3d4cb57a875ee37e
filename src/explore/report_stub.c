/* SPDX-License-Identifier: MIT */
#include "explore/report.h"
int tidy__explore_report_html(FILE *out,
                              const struct explore_failure_view *view)
{
    (void)out;
    (void)view;
    return 0;
}
int tidy__explore_report_pcapng(FILE *out,
                                const struct explore_failure_view *view)
{
    (void)out;
    (void)view;
    return 0;
}
