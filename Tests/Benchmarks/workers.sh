#!/usr/bin/env bash
# A host whose plugins run in workers against one that has them in its own process, as CPU time per event, in turn:
#
#     Tests/Benchmarks/workers.sh [RUNS] [EVENTS]              3 runs of 500,000 events, for each plugin
#
# The load is that of ingest.sh: 8 connections of 359-byte frames, 16 of each on their way; the log is synced. A host's CPU
# is that of its process and of its workers. Each host has one plugin: Engagement, then quiz-analytics, which folds much
# more. The bound is a ratio of 1.25. Fails if a host's log does not hold every event once.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-3} count=${2:-500000}
compile load Tests/Benchmarks/load.cpp
file=$(events 100000 20250126)
hosts=()
folder=$(mktemp -d "$work/workers.XXXXXX")
trap 'kill "${hosts[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

# A host and its workers, as `load` takes them.
processes() {
    local workers
    workers=$(pgrep -P "$1" -d, || true)
    echo "$1${workers:+,$workers}"
}

# CPU in µs an event, of "N acknowledged, N events/s, N µs CPU an event".
measure() {
    "$work/load" "$1" "$file" --events "$count" --pid "$(processes "$2")" --client "$3" | awk '{print $5}'
}

for plugin in engagement quiz-analytics; do
    install_plugin "$plugin" "$folder/$plugin"
    hosts=() ports=()
    for placement in inprocess worker; do
        serve "$folder/$plugin-$placement" "$folder/$plugin" "plugins.placement=$placement"
        hosts+=("$host") ports+=("$host_port")
    done
    # One worker for the plugin, and none beside the other host.
    found="$(pgrep -c -P "${hosts[0]}" || true) $(pgrep -c -P "${hosts[1]}" || true)"
    [ "$found" = "0 1" ] || { echo "$found workers, not 0 and 1" >&2; exit 1; }
    for ((run = 1; run <= runs; run++)); do
        inside=$(measure "${ports[0]}" "${hosts[0]}" "run$run")
        outside=$(measure "${ports[1]}" "${hosts[1]}" "run$run")
        ratio=$(awk "BEGIN {print $outside / $inside}")
        echo "run $run, $plugin: in process $inside µs, in a worker $outside µs, ratio $ratio" >&2
        echo "$ratio"
    done | spread "CPU with $plugin in a worker against in process, $count events:"
    for place in 0 1; do
        kill -TERM "${hosts[place]}"
        wait "${hosts[place]}" || { echo "a host ended with $?" >&2; exit 1; }
    done
    hosts=()
    for placement in inprocess worker; do expect_events "$folder/$plugin-$placement" $((runs * count)); done
done
