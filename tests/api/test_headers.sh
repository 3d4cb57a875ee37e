#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_headers.sh CC CXX: every public header compiles alone, as C11 and as
# C++11, without a warning, and so does a group of tests in C++. CXX may be empty: there is no C++ compiler here.
set -u
cd "$(dirname "$0")/../.." || exit 1

warnings='-Wall -Wextra -Wpedantic -Wundef -Werror'
status=0
# shellcheck disable=SC2086 # the warnings are words
for header in $(tools/list-files include); do
    case $header in *.h) ;; *) continue ;; esac
    "$1" -x c -std=c11 $warnings -Wstrict-prototypes -Iinclude \
        -fsyntax-only "$header" || status=1
    if [ -n "$2" ]; then
        "$2" -x c++ -std=c++11 $warnings -Iinclude \
            -fsyntax-only "$header" || status=1
    fi
done
if [ -n "$2" ]; then
    "$2" -std=c++11 -Wall -Iinclude -fsyntax-only tests/api/group.cpp ||
        status=1
fi
exit $status
