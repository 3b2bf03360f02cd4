#!/usr/bin/env bash
# Checkpoints a second into Redis, as a multiple of the SETs a second that redis-benchmark reaches of values of the same size,
# in turn, with the same server, connection count (1), pipeline depth and persistence:
#
#     Tests/Benchmarks/redis.sh [RUNS] [BYTES] [DEPTH] [COUNT]           5 runs of 20,000 of 16 KiB, 16 at once
#
# The server appends to a file that it syncs every second; LECTERN_REDIS="--appendonly no" has it keep nothing.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-5} bytes=${2:-16384} depth=${3:-16} count=${4:-20000}
program=${LECTERN_REDIS_CHECKPOINTS:-.build/release/redis-checkpoints}
[ -x "$program" ] || swift build -c release --product redis-checkpoints >&2
work=$(mktemp -d)
for ((try = 0; try < 20; try++)); do
    port=$((20000 + RANDOM % 12000))
    # shellcheck disable=SC2086
    redis-server --port "$port" --bind 127.0.0.1 --dir "$work" --save "" --appendonly yes --appendfsync everysec \
        ${LECTERN_REDIS:-} >"$work/output" 2>&1 &
    server=$!
    for ((i = 0; i < 100; i++)); do
        kill -0 "$server" 2>/dev/null || break
        redis-cli -p "$port" ping >/dev/null 2>&1 && break 2
        sleep 0.05
    done
done
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT

sets() {
    redis-benchmark -p "$port" -c 1 -P "$depth" -n "$count" -d "$bytes" -r 256 -t set --csv |
        awk -F '"' '$2 == "SET" {print $4}'
}

for ((run = 1; run <= runs; run++)); do
    redis-cli -p "$port" flushall >/dev/null
    set=$(sets)
    redis-cli -p "$port" flushall >/dev/null
    checkpoints=$("$program" "$port" "$bytes" "$depth" "$count")
    echo "run $run: $set SETs a second, $checkpoints checkpoints a second" >&2
    awk "BEGIN {print $checkpoints / $set}"
done | sort -g | awk -v label="checkpoints of $bytes bytes, $depth at once, against SETs:" \
    '{v[NR] = $1} END {printf "%s  min %.2f  median %.2f  max %.2f\n", label, v[1], v[int((NR + 1) / 2)], v[NR]}'
