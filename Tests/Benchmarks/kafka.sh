#!/usr/bin/env bash
# What a log in Kafka costs: CPU of ingest and fold together, against the embedded log, in turn in one run.
#
#     Tests/Benchmarks/kafka.sh [RUNS] [EVENTS] [COMPRESSION] [sealed]   5 runs of 300,000, none; the bound is 2 times the embedded log's
#     RATE=20000 Tests/Benchmarks/kafka.sh                               so many events a second, instead of as many as go
#
# `sealed`: each student's events with a key of the student's, which are in a file.
# The host's CPU alone, from the first event until all are folded; the brokers (librdkafka's mock, a process of its own) are
# not counted. 8 connections, each with up to 1,000 unacknowledged events.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-5} count=${2:-300000} compression=${3:-none} sealed=${4:-} rate=${RATE:-}
compile load Tests/Benchmarks/load.cpp
folder=$(mktemp -d "$work/kafka.XXXXXX")
processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
events=$(events "$count" 7)
install_plugin realtime-metrics "$folder/plugins"

start_broker "$folder" lectern
processes+=("$broker")

# measure PORT PROCESS CLIENT: microseconds of CPU an event.
measure() {
    local before
    before=$(used "$2")
    "$work/load" "$1" "$events" --events "$count" --connections 8 --window 1000 --client "$3" \
        ${rate:+--rate "$rate"} >"$folder/load.out"
    folded "$1" "$folder"
    awk -v before="$before" -v after="$(used "$2")" -v count="$count" 'BEGIN { print (after - before) / count }'
}

# The mock keeps 5 MB of a partition: what waits must be less, or it deletes what the host has not read yet.
common=(plugins.placement=inprocess "dedup.types={}" log.buffer=8MiB)
serve "$folder/embedded" "$folder/plugins" "${common[@]}"
embedded=$host embedded_port=$host_port
processes+=("$host")
log=("log.kafka.brokers=[$broker_address]" log.kafka.options.fetch.wait.max.ms=10 "log.kafka.options.compression.type=$compression")
[ -z "$sealed" ] || log+=(log.kafka.sealing.keys=students kvs.default.type=sqlite kvs.students.type=sqlite)
serve "$folder/kafka" "$folder/plugins" "${common[@]}" "${log[@]}"
processes+=("$host")

for ((run = 1; run <= runs; run++)); do
    a=$(measure "$embedded_port" "$embedded" "embedded$run")
    b=$(measure "$host_port" "$host" "kafka$run")
    awk -v run="$run" -v a="$a" -v b="$b" 'BEGIN {
        printf "run %d: embedded %.2f µs an event, kafka %.2f µs\n", run, a, b > "/dev/stderr"
        print b / a }'
done | spread "CPU of a log in Kafka against the embedded one, $count events, $compression${sealed:+, sealed}${rate:+, $rate a second}:"
