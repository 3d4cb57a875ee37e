#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_commands.sh TIDYSOCK ECHO STORY: tidysock explore and replay, on a program
# that knows nothing of them and on one that explores by itself; and what they say
# of what cannot be.
set -u
tidysock=$1 echo_program=$2 story=$3
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT
n_wrong=0

# expect CODE TEXT COMMAND...: exits with the code, and says the text.
expect()
{
    code=$1 text=$2
    shift 2
    "$@" >"$room/out" 2>&1
    got=$?
    if [ $got -ne "$code" ] || ! grep -qF -- "$text" "$room/out"; then
        echo "wrong: $* exits with $got, not $code, or does not say \"$text\":"
        cat "$room/out"
        n_wrong=$((n_wrong + 1))
    fi
}

expect 0 'usage: tidysock explore' "$tidysock" explore --help
expect 0 'usage: tidysock replay' "$tidysock" replay --help
expect 125 'which program?' "$tidysock" explore
expect 125 'no such program' "$tidysock" explore -- "$room/nowhere"
expect 125 'there is no strategy "luck"' \
    "$tidysock" explore --strategy luck -- "$echo_program"
expect 125 'there is no kind of choice "luck"' \
    "$tidysock" explore --kinds luck -- "$echo_program"
expect 125 'at most 12 together' \
    "$tidysock" explore --departures 20 -- "$echo_program"
expect 125 'which schedule?' "$tidysock" replay
expect 125 'which program?' "$tidysock" replay "$room/nothing"
expect 125 'No such file or directory' \
    "$tidysock" replay "$room/nothing" -- "$echo_program"
echo 'tidysock schedule 1' >"$room/part"
expect 125 'its end is missing' "$tidysock" replay "$room/part" -- "$echo_program"

# A program.
expect 0 'complete for d <= 1' "$tidysock" explore --complete --departures 1 \
    --kinds orders -- "$echo_program"
expect 1 '[write-cut]' "$tidysock" explore --kinds write-cut \
    --reports "$room/reports" -- "$echo_program"
for suffix in txt html pcapng jsonl schedule; do
    [ -s "$room"/reports/*."$suffix" ] || {
        echo "wrong: there is no report in $suffix"
        n_wrong=$((n_wrong + 1))
    }
done
expect 1 'the schedule does not pass' \
    "$tidysock" replay "$room"/reports/*.schedule -- "$echo_program"
expect 1 '"verdict":"found"' \
    "$tidysock" explore --json --kinds write-cut -- "$echo_program"

# A program that explores by itself: told what to do, and the exit code is its own.
expect 0 'complete for d <= 2' "$tidysock" explore --complete --kinds orders -- \
    "$story" --exact 'tidy.client_drops[tcp]'
expect 1 'What decides it' "$tidysock" explore --kinds orders -- \
    "$story" --exact 'first.client_drops[tcp]'
expect 2 'there is no test "nobody"' "$tidysock" explore -- "$story" --exact nobody
expect 1 'is no option, or not such a value' env TIDYSOCK_EXPLORE=speed=9 \
    "$story" --exact 'tidy.client_drops[tcp]'

[ $n_wrong -eq 0 ]
