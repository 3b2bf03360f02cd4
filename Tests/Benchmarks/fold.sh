#!/usr/bin/env bash
# The fold of a file against the same job in hand-written C++, as a ratio of CPU time, in turn:
#
#     Tests/Benchmarks/fold.sh [RUNS] [EVENTS] [SEED]           3 runs of 2,000,000 events
#
# `lectern fold` takes a checkpoint each second and at the end, and writes states and tables. Fails if its tables are not
# the oracle's, byte for byte, on the events and on damaged lines. LECTERN_QUIZ_JOB names a built plugin.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-3} count=${2:-2000000} seed=${3:-20250126}
settings=Tests/Benchmarks/QuizJob/quiz-job.yaml

mkdir -p "$work/quiz-job"
if [ -n "${LECTERN_QUIZ_JOB:-}" ]; then
    cp "$LECTERN_QUIZ_JOB" "$work/quiz-job/quiz-job.so"
else
    swift build -c release --package-path Tests/Benchmarks/QuizJob --scratch-path .build/plugins/QuizJob >&2
    cp .build/plugins/QuizJob/release/libquiz-job.so "$work/quiz-job/quiz-job.so"
fi
compile limit "$peers/limit.cpp" -march=native -ffp-contract=off -lsimdjson -lpthread
file=$(events "$count" "$seed")
damaged=$work/damaged-$seed.jsonl
[ -f "$damaged" ] || python3 "$peers/fuzz_lines.py" "$file" "$damaged" 40000 "$seed"

# The checksum of a file's tables by the oracle.
oracle() {
    [ -s "$1.tables" ] || python3 "$peers/quiz_oracle.py" "$1" --out "$1.tables" >&2
    sha256sum <"$1.tables"
}

# The CPU time of a command in seconds; what it prints goes to $work/output.
cpu_of() {
    local TIMEFORMAT='%U %S'
    { time "$@" >"$work/output" 2>&1; } 2>&1 | awk '{print $1 + $2}'
}

fold_events() {
    rm -rf "$work/out"
    cpu_of "$lectern" fold "$1" --plugins "$work/quiz-job" --config "$settings" --checkpoints \
        --set reduction.checkpoint=1s --out "$work/out"
}

check() {
    local found
    found=$(LC_ALL=C sort -m "$work"/out/tables/*.jsonl | sha256sum)
    [ "$found" = "$(oracle "$1")" ] || { echo "$1: the tables are not the oracle's" >&2; cat "$work/output" >&2; exit 1; }
}

fold_events "$damaged" >/dev/null
check "$damaged"
cat "$file" >/dev/null
for ((run = 1; run <= runs; run++)); do
    limit=$(cpu_of "$work/limit" job "$file" --out "$work/limit.tables")
    ours=$(fold_events "$file")
    check "$file"
    checkpoints=$(grep ^checkpoints "$work/output")
    ratio=$(awk "BEGIN {print $ours / $limit}")
    echo "run $run: limit $limit s, lectern $ours s, ratio $ratio, $checkpoints" >&2
    echo "$ratio"
done | spread "CPU of the fold against the limit, $count events:"
echo "the tables are the oracle's, also of damaged lines"
