#!/usr/bin/env bash
# How long `lectern dev` takes from an edit to the new build in its host, beyond the compiler's own time:
#
#     Tests/Benchmarks/dev.sh [EDITS]                          9 edits
#
# Prints the least, the middle and the greatest, in milliseconds: at most 300. Fails beyond that.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
edits=${1:-9}

folder=$(mktemp -d "$work/dev.XXXXXX")
dev=
trap 'kill -INT $dev 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

"$lectern" plugin new quizzes --in "$folder" >/dev/null
source=$folder/quizzes/QuizzesPlugin/QuizzesPlugin.swift
LECTERN_DIST=$PWD/dist dist/bin/lectern dev "$folder/quizzes" --json >"$folder/reports" 2>"$folder/errors" &
dev=$!

# reports COUNT: waits for so many.
reports() {
    for ((i = 0; i < 6000; i++)); do
        [ "$(wc -l <"$folder/reports")" -ge "$1" ] && return
        kill -0 $dev 2>/dev/null || break
        sleep 0.1
    done
    cat "$folder/reports" "$folder/errors" >&2
    exit 1
}

reports 1
for ((edit = 1; edit <= edits; edit++)); do
    sed -i "s/state.attempts += .*/state.attempts += $((edit + 1))/" "$source"
    reports $((edit + 1))
done
tail -n +2 "$folder/reports" | python3 -c '
import json, sys
for line in sys.stdin:
    report = json.loads(line)
    if report["event"] != "live": sys.exit("an edit was not taken: " + line)
    print((report["seconds"] - report["compileSeconds"]) * 1000)' >"$folder/beyond"
spread "ms beyond the compiler" <"$folder/beyond"
sort -g "$folder/beyond" | tail -1 | awk '{exit !($1 <= 300)}' || { echo "beyond the bound of 300 ms" >&2; exit 1; }
