#!/usr/bin/env bash
# What a second host costs: CPU of both together an event, ingest and fold, against that of one host of the same kind, in turn in
# one run. Wall time can't show it on a machine whose cores they share.
#
#     Tests/Benchmarks/cluster.sh [RUNS] [EVENTS]          5 runs of 300,000; the bound is 1.10 times one host's
#     RATE=20000 Tests/Benchmarks/cluster.sh               so many events a second, instead of as many as go
#
# Each group has a topic of its own; the brokers (librdkafka's mock) and Redis, processes of their own, are not counted. 8
# connections, over the hosts, each with up to 1,000 unacknowledged events.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-5} count=${2:-300000} rate=${RATE:-}
compile load Tests/Benchmarks/load.cpp
folder=$(mktemp -d "$work/cluster.XXXXXX")
processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT
events=$(events "$count" 7)
install_plugin realtime-metrics "$folder/plugins"

start_broker "$folder" one two
processes+=("$broker")
redis-server --port 0 --unixsocket "$folder/redis" --dir "$folder" --save "" --appendonly no >/dev/null &
processes+=($!)
for ((i = 0; i < 100; i++)); do
    [ -S "$folder/redis" ] && break
    sleep 0.1
done

# join GROUP NUMBER: one more host of a group; sets host and host_port.
join() {
    # The mock keeps 5 MB of a partition: what waits must be less, or it deletes what a host has not read yet.
    serve "$folder/$1-$2" "$folder/plugins" plugins.placement=inprocess "dedup.types={}" log.buffer=8MiB \
        kvs.default.type=redis "kvs.default.socket=$folder/redis" "kvs.default.prefix=$1:" \
        "log.kafka.brokers=[$broker_address]" "log.kafka.topic=$1" "log.kafka.group=$1" \
        log.kafka.options.fetch.wait.max.ms=10
    processes+=("$host")
}

# shared PORT…: waits until each of these hosts owns as many partitions as the others.
shared() {
    local port waited=0
    for port in "$@"; do
        while [ "$(curl -s "http://127.0.0.1:$port/metrics" | awk '$1 == "lectern_owned_partitions" { print $2 }')" != $((16 / $#)) ]; do
            sleep 0.1
            [ $((waited += 1)) -lt 600 ] || { cat "$folder"/*.err >&2 && exit 1; }
        done
    done
}

# total PROCESS…: microseconds of CPU that all of them have used.
total() {
    local process
    for process in "$@"; do used "$process"; done | awk '{ sum += $1 } END { print sum }'
}

# measure CLIENT PORTS PROCESSES: microseconds of CPU an event, of all processes together.
measure() {
    local client=$1 before port loads=()
    read -ra ports <<<"$2"
    read -ra hosts <<<"$3"
    before=$(total "${hosts[@]}")
    for port in "${ports[@]}"; do
        "$work/load" "$port" "$events" --events $((count / ${#ports[@]})) --connections $((8 / ${#ports[@]})) --window 1000 \
            --client "$client-$port" ${rate:+--rate $((rate / ${#ports[@]}))} >"$folder/load-$port.out" &
        loads+=($!)
    done
    for load in "${loads[@]}"; do wait "$load"; done
    for port in "${ports[@]}"; do folded "$port" "$folder"; done
    awk -v before="$before" -v after="$(total "${hosts[@]}")" -v count="$count" 'BEGIN { print (after - before) / count }'
}

join one 1
one=$host one_port=$host_port
join two 1
two=$host two_ports=$host_port
join two 2
two+=" $host" two_ports+=" $host_port"
shared "$one_port"
# shellcheck disable=SC2086
shared $two_ports

for ((run = 1; run <= runs; run++)); do
    a=$(measure "run$run" "$one_port" "$one")
    b=$(measure "run$run" "$two_ports" "$two")
    awk -v run="$run" -v a="$a" -v b="$b" 'BEGIN {
        printf "run %d: one host %.2f µs an event, two hosts %.2f µs\n", run, a, b > "/dev/stderr"
        print b / a }'
done | spread "CPU of two hosts against one, $count events${rate:+, $rate a second}:"
