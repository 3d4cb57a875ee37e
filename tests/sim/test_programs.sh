#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_programs.sh TIDYSOCK ECHO BY_ADDRESS LEAVES: what `tidysock world` says of
# programs that cannot run in a world, or are not controlled by it. ECHO is an
# echo server with its clients, BY_ADDRESS goes by where its memory lies,
# LEAVES leaves a socket open; both end with the exit code that they are given.
set -u

tidysock=$1
echo=$2
by_address=$3
leaves=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
n_failed=0

# says CODE SENTENCE ARG...: tidysock world ends with that exit code and sentence.
says()
{
    code=$1
    sentence=$2
    shift 2
    status=0
    "$tidysock" world "$@" >"$work/said" 2>&1 || status=$?
    if [ $status -ne "$code" ] || ! grep -q -e "$sentence" "$work/said"; then
        echo "FAILED: tidysock world $*"
        echo "  exit code $status, expected $code and \"$sentence\"; it said:"
        sed 's/^/  /' "$work/said"
        n_failed=$((n_failed + 1))
    fi
}

# make NAME TEXT: an executable file.
make()
{
    printf '%b' "$2" >"$work/$1"
    chmod +x "$work/$1"
}

# ------------------------------------------------------- what cannot be run

says 125 'nowhere: no such program' -- nowhere
says 125 '/no/where: no such program' -- /no/where
says 125 'is a directory' -- "$work"
make empty ''
says 125 'is empty' -- "$work/empty"
make plain 'echo nobody runs this\n'
says 125 'is neither an ELF program nor a script' -- "$work/plain"
make lost '#!/no/where\n'
says 125 'lost cannot be executed: No such file' -- "$work/lost"

cp "$echo" "$work/foreign" # to a machine of 1989
printf '\003\000' | dd of="$work/foreign" bs=1 seek=18 conv=notrunc 2>"$work/said"
says 125 'is a program for another machine' -- "$work/foreign"

cp "$echo" "$work/other"
if chown nobody "$work/other" 2>"$work/said" && chmod u+s "$work/other"; then
    says 125 'runs with other rights' -- "$work/other"
    cp "$echo" "$work/other"
    chown nobody "$work/other"
    says 0 passed -- "$work/other"
else
    echo 'set-user-ID programs: left out, only root can make one'
fi

echo 'int main(void) { return 0; }' >"$work/static.c"
if ${CC:-cc} -static -o "$work/static" "$work/static.c" 2>"$work/said"; then
    says 125 'is linked statically' -- "$work/static"
    make behind "#!$work/static\n"
    says 125 'has run without the library' -- "$work/behind"
else
    echo 'static programs: left out, none can be linked'
fi

# ------------------------------------------------------------ what can be run

says 0 passed -- "$echo"
make script "#!$echo\n"
says 0 passed -- "$work/script"
says 7 'failed: the program ended with exit code 7' -- "$by_address" 7

# What it leaves behind hides no failure.
says 124 'leftover: left behind' -- "$leaves"
says 3 'failed: the program ended with exit code 3' -- "$leaves" 3
says 3 'unix socket' -- "$leaves" 3

# ------------------------------------------------------------------- schedules

says 125 'there is no kind of choice "sometimes"' --seed 1 --kinds sometimes \
    -- "$echo"
says 125 'there is no profile "solaris"' --profile solaris -- "$echo"
make words '0\nperhaps\n'
says 125 'words:2: "perhaps" is no choice' --choices "$work/words" -- "$echo"
make high '0\n0\n0\n99\n'
says 124 'choice 4 is not one of' --choices "$work/high" -- "$echo"
yes 0 | head -1000 >"$work/long"
says 124 'and the schedule has 1000: it is of another body' \
    --choices "$work/long" -- "$echo"

# ------------------------------------------------------------------- --check

says 0 passed --check -- "$echo"
says 0 passed --check --seed 3 -- "$echo"
says 0 passed -- "$by_address"
says 124 'first differing event, ' --check -- "$by_address"
if setarch -R true 2>"$work/said"; then
    # Where addresses are the same each time, the library moves what it can.
    status=0
    setarch -R "$tidysock" world --check -- "$by_address" >"$work/said" 2>&1 ||
        status=$?
    [ $status -eq 124 ] || {
        echo "FAILED: setarch -R: exit code $status: $(cat "$work/said")"
        n_failed=$((n_failed + 1))
    }
else
    echo 'fixed addresses: left out, setarch -R is not allowed'
fi

[ $n_failed -eq 0 ]
