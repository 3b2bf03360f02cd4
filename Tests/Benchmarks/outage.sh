#!/usr/bin/env bash
# What a host takes of memory while its brokers do not answer and clients go on sending, beyond what it took before: at most
# `log.buffer`.
#
#     Tests/Benchmarks/outage.sh [SECONDS] [MIB]           12 s of each kind of outage, 32 MiB
#
# Brokers that are away, that take requests and do not answer, and that refuse what they are asked to store; they are librdkafka's
# mock, a process of its own. A host each has taken 300,000 events before, 20,000 a second. Then 16 connections send as fast as
# they may, each with up to 10,000 unacknowledged: about 58 MB are offered. Memory is what is the host's own; its
# plugin runs in it. Afterwards every event must be acknowledged.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
seconds=${1:-12} buffer=${2:-32}
compile load Tests/Benchmarks/load.cpp
folder=$(mktemp -d "$work/outage.XXXXXX")
processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
events=$(events 300000 7)
install_plugin realtime-metrics "$folder/plugins"
start_broker "$folder" away silent refusing
processes+=("$broker")

# In KiB: without the pages of files, whose share depends on who else has them.
memory() { awk '/^Pss_Anon:/ { print $2 }' "/proc/$host/smaps_rollup"; }

# watch PROCESS SECONDS: the most memory until the process has ended or the time is over.
watch() {
    local end=$((SECONDS + $2)) most=0 now
    while kill -0 "$1" 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do
        now=$(memory)
        [ "$now" -le "$most" ] || most=$now
        sleep 0.1
    done
    echo "$most"
}

# send NAME COUNT OPTION…: sets load.
send() {
    local name=$1 count=$2
    shift 2
    "$work/load" "$host_port" "$events" --events "$count" --connections 16 --window 10000 --client "$name" "$@" >"$folder/$name.out" &
    load=$!
}

# What makes brokers so, and what ends it. Late answers come when the outage is over.
declare -A begins=([away]="down 1" [silent]="rtt $((seconds * 1000))" [refusing]="errors 100000 19")
declare -A ends=([away]="up 1" [silent]="rtt 0" [refusing]="errors 0 19")

status=0
for kind in away silent refusing; do
    serve "$folder/$kind" "$folder/plugins" plugins.placement=inprocess "dedup.types={}" "log.buffer=${buffer}MiB" \
        "log.kafka.brokers=[$broker_address]" "log.kafka.topic=$kind" log.kafka.options.fetch.wait.max.ms=10 \
        log.kafka.options.compression.type=lz4
    processes+=("$host")
    # The mock keeps 5 MB of a partition: what waits must be less, or it deletes what the host has not read yet.
    send "$kind-before" 300000 --rate 20000
    base=$(watch "$load" 600)
    wait "$load"
    echo "${begins[$kind]}" >"$folder/control"
    sleep 1
    send "$kind" 320000
    most=$(watch "$load" "$seconds")
    kill -0 "$load" 2>/dev/null || { echo "$kind: there was no outage" >&2; exit 1; }
    echo "${ends[$kind]}" >"$folder/control"
    wait "$load"
    grep -q "^320000 acknowledged" "$folder/$kind.out" || { cat "$folder/$kind.out" "$folder/$kind.err" >&2; exit 1; }
    more=$((most - base))
    awk -v kind="$kind" -v base="$base" -v more="$more" -v buffer="$buffer" 'BEGIN {
        printf "brokers %s: %.1f MiB more than the %.1f MiB before (bound %d MiB)\n", kind, more / 1024, base / 1024, buffer }'
    [ "$more" -le $((buffer * 1024)) ] || status=1
    kill "$host"
    wait "$host" || { cat "$folder/$kind.err" >&2; exit 1; }
    processes=("$broker")
done
exit "$status"
