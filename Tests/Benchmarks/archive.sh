#!/usr/bin/env bash
# What the archive costs: the CPU time of a host that takes the same events with it and without it, in turn, as a ratio:
#
#     Tests/Benchmarks/archive.sh [RUNS] [EVENTS] [SEED]           5 runs of 300,000 events
#
# Over 8 connections, as fast as the host takes them, without plugins. The time is the host's from its start to its end, all
# files compressed. It says besides how many bytes a compressed file has of what came.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-5} count=${2:-300000} seed=${3:-20250126}
file=$(events "$count" "$seed")
none=$work/no-plugins
mkdir -p "$none"

# cpu_seconds ENABLED: of a host that takes the file.
cpu_seconds() {
    rm -rf "$work/archive"
    mkdir -p "$work"
    local before after
    serve "$work/archive" "$none" "archive.enabled=$1" 2>/dev/null
    "$lectern" replay "$file" --to "http://127.0.0.1:$host_port" --connections 8 >"$work/archive.replay"
    kill -TERM "$host"
    # What the shell has waited for counts with its times.
    before=$(times | awk 'NR == 2')
    wait "$host"
    after=$(times | awk 'NR == 2')
    awk -v a="$before" -v b="$after" '
        function seconds(t,  p, i, n) { n = 0; split(t, p, " ")
            for (i in p) { split(p[i], m, /[ms]/); n += m[1] * 60 + m[2] }
            return n }
        BEGIN { printf "%.3f\n", seconds(b) - seconds(a) }'
}

for ((run = 1; run <= runs; run++)); do
    off=$(cpu_seconds false)
    on=$(cpu_seconds true)
    bytes=$(du -sb --apparent-size "$work/archive/archive" | cut -f1)
    echo "run $run: $off s without, $on s with the archive; it has $bytes bytes of $(stat -c %s "$file")" >&2
    awk "BEGIN {print $on / $off}"
done | spread "CPU with the archive against without:"
rm -rf "$work/archive"
