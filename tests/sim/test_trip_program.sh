#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_trip_program.sh COMMAND PROGRAM: whole programs that reach the kernel past
# the library. PROGRAM is trip_program.c's.
set -eu

command=$1
program=$2
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# expect CODE TEXT ARG: the program ends so, and this is said.
expect()
{
    status=0
    "$command" world -- "$program" "$3" >"$said" 2>&1 || status=$?
    echo "$3: exit code $status"
    cat "$said"
    [ $status -eq "$1" ] || exit 1
    grep -qF "$2" "$said" || exit 1
}

expect 0 done calls
expect 0 done exec
expect 124 'simulation does not model execl' exec-late

if ! [ "$(uname -m)" = x86_64 ] || ! "$program" probe; then
    echo 'SKIPPED: this kernel has no syscall user dispatch'
    exit 77
fi
expect 124 'does not model the system call socket (41), made past' socket
expect 124 'by getitimer (libc.so.6)' timer
