#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_sim_programs.sh KIND WORK: the echo servers of tests/sim against the
# installed library, which no sanitizer has seen, as a user builds and runs them.
# KIND says how; WORK is where test_consumers.sh has installed.
set -eu

kind=$1
work=$2
source=$(cd "$(dirname "$0")/../.." && pwd)
prefix=$work/root/opt/tidysock
cc=${CC:-cc}
unset CFLAGS LDFLAGS LD_PRELOAD

die()
{
    echo "FAILED: $1" >&2
    exit 1
}

pc=$(find "$prefix" -name tidysock-sim.pc)
export PKG_CONFIG_PATH="${pc%/*}"
LD_LIBRARY_PATH=$(pkg-config --variable=libdir tidysock-sim)
export LD_LIBRARY_PATH
tidysock=$prefix/bin/tidysock
object=$(pkg-config --variable=object tidysock-sim)
rm -rf "$work/sim_$kind"
mkdir -p "$work/sim_$kind"
cd "$work/sim_$kind"

# build NAME MAIN SOURCE... -- FLAG...: a program of ours from tests/sim.
build()
{
    program=$1
    shift
    sources=
    while [ "$1" != -- ]; do
        sources="$sources $source/tests/sim/$1.c"
        shift
    done
    shift
    # shellcheck disable=SC2046,SC2086 # words
    $cc -g -std=gnu11 -D_GNU_SOURCE -I"$source/tests" -o "$program" $sources \
        $(pkg-config --cflags tidysock-sim) "$@"
}

# build_all MAIN FLAG...: every server, with echo_MAIN.
build_all()
{
    main=echo_$1
    shift
    build libuv "$main" echo_libuv -- "$@" $(pkg-config --libs libuv)
    build libevent "$main" echo_libevent -- "$@" \
        $(pkg-config --libs libevent_core)
    build level "$main" echo_raw echo_wait_epoll -- -DTRIGGER=0 "$@"
    build edge "$main" echo_raw echo_wait_epoll -- -DTRIGGER=EPOLLET "$@"
    build poll "$main" echo_raw echo_wait_poll -- "$@"
    build select "$main" echo_raw echo_wait_select -- "$@"
}

# run_all COMMAND...: every server, by the command.
run_all()
{
    for program in libuv libevent level edge poll select; do
        echo "$program"
        "$@" "./$program" || die "$program"
    done
}

# Alike in two runs, and in one of a program that was built plainly.
compare_traces()
{
    for program in libuv libevent level edge poll select; do
        for run in 1 2; do
            "$tidysock" world --seed 7 --trace -- "./$program" 2>"$run" ||
                die "$program: $(cat $run)"
        done
        grep -q 'connect(' 1 || die "$program: nothing is traced"
        cmp 1 2 || die "$program: two traces"
        mv 1 "$program.trace"
    done
}

uses()
{
    nm -D "$1" | grep -q " U $2" || die "$1 does not use $2"
}

asan='-O1 -fno-omit-frame-pointer -fsanitize=address,undefined'
asan="$asan -fno-sanitize-recover=all"
check='valgrind --quiet --error-exitcode=99 --leak-check=full'
check="$check --errors-for-leak-kinds=definite,indirect"
libs=$(pkg-config --libs tidysock-sim)

# shellcheck disable=SC2086 # all these are words
case $kind in
linked)
    build_all world -O2 $libs
    run_all env
    build early early -- -O2 -fno-builtin $libs
    ./early
    ;;
object)
    build_all world -O2 "$object"
    run_all env
    build early early -- -O2 -fno-builtin "$object"
    ./early
    ;;
fortified)
    build_all world -O2 -D_FORTIFY_SOURCE=2 $libs
    uses level __read_chk
    uses poll __poll_chk
    run_all env
    ;;
asan)
    build_all world $asan $libs
    run_all env
    build_all world $asan "$object"
    run_all env
    ;;
tsan)
    build_all world -O1 -fsanitize=thread $libs
    run_all env
    build_all world -O1 -fsanitize=thread "$object"
    run_all env
    ;;
valgrind)
    build_all world -O1 $libs
    run_all $check
    build_all world -O1 "$object"
    run_all $check
    ;;
preloaded)
    build_all program -O2
    run_all env
    run_all "$tidysock" world --
    run_all "$tidysock" world --seed 3 --
    compare_traces
    build early early -- -O2 -fno-builtin
    "$tidysock" world -- ./early
    # Preloaded, but in no world: it does not show.
    export LD_PRELOAD="$LD_LIBRARY_PATH/libtidysock-sim.so"
    run_all env
    ./early
    ;;
preloaded_asan)
    build_all program $asan
    run_all "$tidysock" world --
    compare_traces
    runtime=$(ldd ./libuv | sed -n 's/.* => \(.*libasan[^ ]*\).*/\1/p')
    export LD_PRELOAD="$runtime:$LD_LIBRARY_PATH/libtidysock-sim.so"
    run_all env
    ;;
preloaded_tsan)
    build_all program -O1 -fsanitize=thread
    run_all "$tidysock" world --
    compare_traces
    ;;
preloaded_valgrind)
    build_all program -O1
    run_all "$tidysock" world -- $check
    ;;
static)
    build level echo_world echo_raw echo_wait_epoll -- \
        -DTRIGGER=0 -static "$object"
    status=0
    ./level 2>said || status=$?
    cat said
    [ $status -eq 126 ] || die "exit code $status"
    grep -q '^tidysock: this program is linked statically, and' said ||
        die 'it does not say why'
    build level echo_program echo_raw echo_wait_epoll -- -DTRIGGER=0 -static
    status=0
    "$tidysock" world -- ./level 2>said || status=$?
    cat said
    [ $status -eq 125 ] || die "exit code $status"
    grep -q 'is linked statically' said || die 'it does not say why'
    ;;
*)
    echo "unknown kind: $kind"
    exit 2
    ;;
esac
