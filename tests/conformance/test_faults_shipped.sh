#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_faults_shipped.sh NM FAULTY SHIPPED...: what is shipped knows nothing of
# planted faults, and the program that is made to have them does.
set -eu

nm=$1 faulty=$2
shift 2

# Does anything in it ask which fault is planted?
has_faults() {
    "$nm" "$1" | grep -q ' tidy__sim_planted$'
}

if ! has_faults "$faulty"; then
    echo "$faulty has no faults to plant"
    exit 1
fi
for file in "$@"; do
    "$nm" "$file" >/dev/null
    if has_faults "$file"; then
        echo "$file has planted faults"
        exit 1
    fi
done
