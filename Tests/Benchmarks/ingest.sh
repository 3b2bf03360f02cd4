#!/usr/bin/env bash
# Ingest with the log synced and Engagement in the host's process against the fastest bare WebSocket sink, as CPU time per
# event, in turn (what a worker costs beyond that, workers.sh measures):
#
#     Tests/Benchmarks/ingest.sh [RUNS] [EVENTS]               3 runs of 1,000,000 events
#
# 8 connections of 359-byte frames, 16 of each on their way. The sink acknowledges what it has read; the host what is
# durable. Fails if the host's log does not hold every event once.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-3} count=${2:-1000000}
install_plugin engagement "$work/engagement"
compile ws_floor "$peers/ws_floor.cpp" -lsimdjson -lpthread
compile load Tests/Benchmarks/load.cpp
file=$(events 100000 20250126)

data=$(mktemp -d "$work/data.XXXXXX")
serve "$data" "$work/engagement" plugins.placement=inprocess
port=$((20000 + RANDOM % 10000))
"$work/ws_floor" serve "$port" --ack &
floor=$!
trap 'kill $host $floor 2>/dev/null || true; wait; rm -rf "$data"*' EXIT

# CPU in µs an event, of "N acknowledged, N events/s, N µs CPU an event".
measure() {
    "$work/load" "$1" "$file" --events "$count" --pid "$2" --client "$3" | tee "$work/load.out" | awk '{print $5}'
}

for ((run = 1; run <= runs; run++)); do
    sink=$(measure "$port" "$floor" sink)
    ours=$(measure "$host_port" "$host" "run$run")
    ratio=$(awk "BEGIN {print $ours / $sink}")
    echo "run $run: sink $sink µs, lectern $ours µs, ratio $ratio; lectern: $(cut -d, -f 2 "$work/load.out")" >&2
    echo "$ratio"
done | spread "CPU of ingest, plugin in process, against the sink, $count events:"

kill -TERM "$host"
wait "$host" || { echo "the host ended with $?" >&2; cat "$data.err" >&2; exit 1; }
expect_events "$data" $((runs * count))
