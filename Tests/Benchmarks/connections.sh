#!/usr/bin/env bash
# What a host needs for many connections, and whether some that send far more than they may do harm to the others:
#
#     Tests/Benchmarks/connections.sh [IDLE] [FLOODING] [SECONDS]      10,000 idle, 200 that flood, 20 s
#
# 20 honest clients send an event every 50 ms each and wait for its acknowledgement. Fails if one is not acknowledged, if an
# idle connection takes more than 32 KiB of the host's memory, or the flood more than the 256 KiB that a connection may have
# read at once (four buffers of 64 KiB, which are kept for it) and what may be on its way to the disk (log.buffer, 64 MiB).
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
idle=${1:-10000} flooding=${2:-200} seconds=${3:-20}
install_plugin engagement "$work/engagement"
compile connections Tests/Benchmarks/connections.cpp

need=$((idle + flooding + 100))
[ "$(ulimit -n)" -ge "$need" ] || { echo "at most $(ulimit -n) open files here, $need are needed: ulimit -n" >&2; exit 1; }
data=$(mktemp -d "$work/data.XXXXXX")
serve "$data" "$work/engagement" ingest.trust=none "ingest.limits.connections=$need" "web.limits.connections=$need"
trap 'kill $host 2>/dev/null || true; wait; rm -rf "$data"*' EXIT
"$work/connections" "$host_port" "$idle" "$flooding" 20 "$seconds" "$host" | tee "$work/connections.out"
awk -v idle="$idle" -v flooding="$flooding" '/^memory/ {
    each = ($5 - $3) * 1024 / idle
    bound = $5 + 64 + flooding * 256 / 1024
    printf "%.1f KiB an idle connection (bound 32); %.0f MiB at most (bound %.0f)\n", each, $10, bound
    if (each > 32 || $10 > bound) exit 1
}' "$work/connections.out"
kill -TERM "$host"
wait "$host" || { echo "the host ended with $?" >&2; cat "$data.err" >&2; exit 1; }
