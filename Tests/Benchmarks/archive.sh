#!/usr/bin/env bash
# What the archive costs: the CPU time of a host with it against that of one without, each from its start to its end with all
# files compressed, in turn:
#
#     Tests/Benchmarks/archive.sh [RUNS] [EVENTS]              5 runs of 500,000 events
#
# The load is that of ingest.sh: 8 connections of 359-byte frames, 16 of each on their way; the log is synced, and there are no
# plugins. It says besides how large the archive is. Fails if the archive does not hold every event of the log once.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-5} count=${2:-500000}
compile load Tests/Benchmarks/load.cpp
file=$(events 100000 20250126)
folder=$(mktemp -d "$work/archive.XXXXXX")
host=
trap 'kill $host 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
mkdir "$folder/plugins"

# cpu ENABLED: sets seconds, to the CPU time of a host that takes the events.
cpu() {
    rm -rf "$folder/data"*
    serve "$folder/data" "$folder/plugins" "archive.enabled=$1"
    "$work/load" "$host_port" "$file" --events "$count" --pid "$host" --client bench >/dev/null
    # The shell counts the time of a process once it has waited for it.
    times >"$folder/before"
    kill -TERM "$host"
    wait "$host" || { echo "the host ended with $?" >&2; cat "$folder/data.err" >&2; exit 1; }
    host=
    times >"$folder/after"
    seconds=$(awk 'FNR == 2 {s = 0; for (i = 1; i <= 2; i++) {split($i, part, /[ms]/); s += part[1] * 60 + part[2]}
        sum = s - sum} END {printf "%.2f", sum}' "$folder/before" "$folder/after")
}

for ((run = 1; run <= runs; run++)); do
    cpu false
    without=$seconds
    cpu true
    stored=$(find "$folder/data/archive" -name '*.zst' -exec zstdcat {} + | grep -vc '^{"session":' || true)
    logged=$("$lectern" log info --data "$folder/data" --json | grep -o '"next":[0-9]*' | awk -F: '{n += $2} END {print n}')
    [ "$stored" = "$logged" ] || { echo "$stored events in the archive, $logged in the log" >&2; exit 1; }
    size=$(find "$folder/data/archive" -name '*.zst' -printf '%s\n' | awk '{n += $1} END {print n}')
    ratio=$(awk "BEGIN {print $seconds / $without}")
    echo "run $run: $without s without, $seconds s with the archive of $size bytes, ratio $ratio" >&2
    echo "$ratio"
done >"$folder/ratios"
spread "CPU with the archive against without, $count events:" <"$folder/ratios"
