#!/usr/bin/env bash
# What an event costs in a deployment, for the guide on sizing: CPU of the host, its workers, Redis and PostgreSQL, the memory that
# they end with, and the bytes that go to Redis and into PostgreSQL's log.
#
#     Tests/Benchmarks/sizing.sh [RATE] [EVENTS] [PLUGIN…]     as fast as it goes (0), 400,000, the three of a learning platform
#
# 20,000 simulated students send the events at that rate over 8 connections. The log is in Kafka (librdkafka's mock, a process of its
# own that is not counted), states are in a Redis that syncs each checkpoint, plugins in workers. LECTERN_TABLES=no leaves
# PostgreSQL out; LECTERN_SETTINGS has further settings of the host.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
rate=${1:-0} count=${2:-400000} tables=${LECTERN_TABLES:-yes}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- quiz-analytics memory-score realtime-metrics
broker=${LECTERN_BROKER:-.build/release/kafka-broker}
[ -x "$broker" ] || { echo "no $broker: swift build -c release --product kafka-broker" >&2; exit 1; }

folder=$(mktemp -d "$work/sizing.XXXXXX")
processes=()
trap 'kill "${processes[@]}" 2>/dev/null || true; wait || true; rm -rf "$folder"' EXIT
class=$work/class-$count.jsonl
[ -f "$class" ] || "$lectern" simulate --students 20000 --minutes 120 --events "$count" --seed 7 --output "$class" >/dev/null
for plugin in "$@"; do install_plugin "$plugin" "$folder/plugins"; done

mkfifo "$folder/control"
"$broker" --partitions 16 --control "$folder/control" lectern >"$folder/broker" 2>/dev/null &
processes+=($!)
redis-server --port 0 --unixsocket "$folder/redis.sock" --dir "$folder" --save "" --appendonly yes --appendfsync always \
    >"$folder/redis.log" &
redis=$!
processes+=("$redis")
settings=(
    ingest.trust=loopback "kvs.default={type: redis, socket: $folder/redis.sock}"
    # The mock keeps 5 MB of a partition, and answers a fetch that finds nothing when its time is over.
    log.buffer=8MiB log.tail=256MiB log.kafka.options.fetch.wait.max.ms=50)

postgresql=
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
if [ "$tables" = yes ]; then
    mkdir "$folder/postgresql"
    chmod 755 "$folder"
    as_user=()
    # The server refuses root.
    if [ "$(id -u)" = 0 ]; then
        chown postgres "$folder/postgresql"
        as_user=(setpriv --reuid=postgres --regid=postgres --init-groups)
    fi
    "${as_user[@]}" "$bin/initdb" -D "$folder/postgresql/data" -A trust -U postgres --no-sync >/dev/null
    "${as_user[@]}" "$bin/postgres" -D "$folder/postgresql/data" -k "$folder/postgresql" -c listen_addresses= \
        2>"$folder/postgresql.log" &
    postgresql=$!
    processes+=("$postgresql")
    until "$bin/pg_isready" -q -h "$folder/postgresql"; do sleep 0.2; done
    settings+=(
        warehouse.type=postgresql "warehouse.postgresql.host=$folder/postgresql" warehouse.postgresql.user=postgres
        warehouse.postgresql.database=postgres warehouse.postgresql.reader=)
fi
for setting in ${LECTERN_SETTINGS:-}; do settings+=("$setting"); done
until [ -s "$folder/broker" ]; do sleep 0.1; done
serve "$folder/data" "$folder/plugins" "${settings[@]}" "log.kafka.brokers=[$(cat "$folder/broker")]"
processes+=("$host")

children() { pgrep -P "$1" || true; }

# cpu PROCESS…: seconds.
cpu() {
    local process
    for process in "$@"; do cat "/proc/$process/stat" 2>/dev/null || true; done |
        awk -v tick="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); n += $12 + $13 } END { printf "%.2f ", n / tick }'
}

# shellcheck disable=SC2046
used() {
    cpu "$host"
    cpu $(children "$host")
    cpu "$redis"
    cpu $postgresql $([ -z "$postgresql" ] || children "$postgresql")
    redis-cli -s "$folder/redis.sock" info stats | tr -d '\r' | awk -F: '$1 == "total_net_input_bytes" { printf "%s ", $2 }'
    [ -z "$postgresql" ] || "$bin/psql" -Atq -h "$folder/postgresql" -U postgres -c "SELECT pg_current_wal_lsn() - '0/0'"
}

memory() {
    local process
    for process in "$@"; do awk '/^Pss:/ { printf "%.0f ", $2 / 1024 }' "/proc/$process/smaps_rollup"; done
}

metric() { curl -s "http://127.0.0.1:$host_port/metrics" | awk -v name="$1" 'index($0, name) == 1 { n += $2 } END { printf "%d", n }'; }

began=$EPOCHREALTIME
before=$(used)
"$lectern" replay "$class" --to "http://127.0.0.1:$host_port" --connections 8 $([ "$rate" = 0 ] || echo "--rate $rate") >/dev/null
until [ "$(metric lectern_consumer_lag_messages)" = 0 ]; do sleep 0.1; done
seconds=$(awk "BEGIN { print $EPOCHREALTIME - $began }")
# What lags behind counts, too: checkpoints, and the tables' rows.
rows=-1
until now=$(metric lectern_warehouse_rows_total); [ "$now" = "$rows" ]; do
    rows=$now
    sleep 3
done
echo "$before" $(used) | awk -v count="$count" -v seconds="$seconds" '{
    half = NF / 2
    for (i = 1; i <= half; i++) n[i] = $(half + i) - $i
    printf "%d events a second; CPU, µs an event: host %.1f, workers %.1f, Redis %.1f, PostgreSQL %.1f\n", count / seconds,
        n[1] * 1e6 / count, n[2] * 1e6 / count, n[3] * 1e6 / count, n[4] * 1e6 / count
    printf "bytes an event: to Redis %d, PostgreSQL'"'"'s log %d\n", n[5] / count, n[6] / count
}'
echo "$(metric lectern_states) states; MiB: host $(memory "$host"), workers $(memory $(children "$host")), Redis $(
    redis-cli -s "$folder/redis.sock" info memory | tr -d '\r' | awk -F: '$1 == "used_memory" { printf "%.0f", $2 / 1048576 }')"
