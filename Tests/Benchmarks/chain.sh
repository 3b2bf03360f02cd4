#!/usr/bin/env bash
# All stages of the event service at once: deduplication, the five filter rules, enrichment, windows, publishing.
#
#     Tests/Benchmarks/chain.sh [RUNS] [EVENTS] [SECONDS] [RATE]          3 runs of 300,000; then 60 s of 10,000 a second
#
# First CPU time per event, in turn, at full speed: a host with the spine alone (ingest, log, one plugin), one with all stages
# in its process, and one with all plugins in workers; the bound is 3 times the spine's, both in-process. What the last two take
# at most is printed beside it. Then the rate, with all but learner-context in workers, as its guide advises: the 95th
# percentile from arrival to fold (bound 300 ms) and the proportional memory (PSS) of host and workers (bound 100 MB, and 1 KB
# for each event that may be unacknowledged). One event in ten is a duplicate, in each run: all others are new.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-3} count=${2:-300000} seconds=${3:-60} rate=${4:-10000}
connections=8 window=64
compile load Tests/Benchmarks/load.cpp
folder=$(mktemp -d "$work/chain.XXXXXX")
hosts=()
trap 'kill "${hosts[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

# make_events NAME COUNT: attempts of 2,000 learners at 500 items, none of which was sent before, in events.jsonl.
make_events() {
    awk -v name="$1" -v count="$2" 'BEGIN {
        srand(20250126)
        for (i = 0; i < count; i++) {
            if (i % 10 != 9) number = i
            learner = int(rand() * 2000)
            if (i % 10 == 9) { print line; continue }
            line = sprintf("{\"event_type\":\"attempt\",\"client_attempt_id\":\"%s-%d\",\"user_id\":\"learner-%d\"," \
                "\"item_id\":\"item-%d\",\"score\":%d,\"time_taken\":%d,\"session_id\":\"s-%d-%d\"," \
                "\"jurisdiction\":\"%s\",\"user_agent\":\"Mozilla/5.0\"}", \
                name, number, learner, int(rand() * 500), int(rand() * 101), int(rand() * 60), learner, \
                i / 50000, substr("SENODKFIIS", 1 + 2 * int(rand() * 5), 2))
            print line
        }
    }' >"$folder/events.jsonl"
}
# What is to be known of learners and items.
awk 'BEGIN {
    print "user_id,user_type,country,study_streak,average_score,timezone,total_sessions"
    for (i = 0; i < 2000; i++) printf "learner-%d,%s,SE,%d,%d,Europe/Stockholm,%d\n", i, i % 3 ? "free" : "premium", i % 30, i % 100, i % 50
}' >"$folder/users.csv"
awk 'BEGIN {
    print "item_id,difficulty,average_score,average_time,popularity"
    for (i = 0; i < 500; i++) printf "item-%d,%s,%d,%d,%d\n", i, (i % 10) / 10, i % 100, 5 + i % 30, i
}' >"$folder/items.csv"
stages=(
    "filters.presets=[rapid-fire, high-value, bots, perfect-score, new-users]"
    "enrichment.sources.users={type: file, path: $folder/users.csv}"
    "enrichment.sources.items={type: file, path: $folder/items.csv}"
    "enrichment.enrichers.user-context={source: users, key: [user_id]}"
    "enrichment.enrichers.item-context={source: items}"
    "outputs.feed.type=file"
)
install_plugin realtime-metrics "$folder/spine"
for plugin in realtime-metrics event-aggregations learner-context; do install_plugin "$plugin" "$folder/all"; done

# A host and its workers, as `load` takes them.
processes() {
    local workers
    workers=$(pgrep -P "$1" -d, || true)
    echo "$1${workers:+,$workers}"
}

# Proportional memory of a host and its workers, in KiB.
memory() {
    local process
    for process in $(processes "$1" | tr , ' '); do cat "/proc/$process/smaps_rollup" 2>/dev/null || true; done |
        awk '/^Pss:/ { sum += $2 } END { print sum + 0 }'
}

# An upper bound of the 95th percentile of how long events took from arrival to fold, in ms: of the worker that takes longest.
p95() {
    curl -s "http://127.0.0.1:$1/metrics/processor" -H "Authorization: Bearer $(cat "$2/operator-token" 2>/dev/null || true)" |
        grep '^processing_duration_seconds_bucket' | sed -E 's/.*le="([^"]*)".*worker="([^"]*)".* ([0-9.e+]+)$/\2 \1 \3/; s/.*worker="([^"]*)".*le="([^"]*)".* ([0-9.e+]+)$/\1 \2 \3/' |
        awk '{ count[$1] = $3; n[$1]++; bound[$1, n[$1]] = $2; sum[$1, n[$1]] = $3 }
            END { for (w in n) for (i = 1; i <= n[w]; i++) if (sum[w, i] >= 0.95 * count[w]) {
                ms = bound[w, i] == "+Inf" ? 1e9 : bound[w, i] * 1000; if (ms > most) most = ms; break } print most + 0 }'
}

measure() { "$work/load" "$1" "$folder/events.jsonl" --events "$count" --window "$window" --pid "$(processes "$2")" --client "$3"; }

ports=()
start() {
    local name=$1 plugins=$2
    shift 2
    serve "$folder/$name" "$plugins" "$@"
    hosts+=("$host") ports+=("$host_port")
}
start spine "$folder/spine" plugins.placement=inprocess "dedup.types={}"
start inprocess "$folder/all" plugins.placement=inprocess "${stages[@]}"
start worker "$folder/all" plugins.placement=worker "${stages[@]}"

for ((run = 1; run <= runs; run++)); do
    make_events "run$run" "$count"
    spine=$(measure "${ports[0]}" "${hosts[0]}" "run$run")
    inside=$(measure "${ports[1]}" "${hosts[1]}" "run$run")
    outside=$(measure "${ports[2]}" "${hosts[2]}" "run$run")
    awk -v run="$run" -v a="$spine" -v b="$inside" -v c="$outside" 'BEGIN {
        split(a, x, " "); split(b, y, " "); split(c, z, " ")
        printf "run %d: spine %.1f µs, all stages %.1f µs in-process (%d events/s), %.1f µs in workers (%d events/s), ratio %.2f\n",
            run, x[5], y[5], y[3], z[5], z[3], y[5] / x[5] > "/dev/stderr"
        print y[5] / x[5] }'
done | spread "CPU of all stages against the spine, in-process, $count events:"

stop() {
    kill -TERM "${hosts[$1]}"
    wait "${hosts[$1]}" || { echo "a host ended with $?" >&2; exit 1; }
}
stop 0
stop 1
stop 2
hosts=()

make_events rate $((seconds * rate))
start rate "$folder/all" plugins.placement=worker plugins.learner-context.placement=inprocess "${stages[@]}"
"$work/load" "$host_port" "$folder/events.jsonl" --events $((seconds * rate)) --connections "$connections" --window 1000 --rate "$rate" --client rate \
    --pid "$(processes "$host")" >"$folder/load.out" &
load=$!
most=0
while kill -0 "$load" 2>/dev/null; do
    now=$(memory "$host")
    [ "$now" -gt "$most" ] && most=$now
    sleep 1
done
wait "$load"
percentile=$(p95 "$host_port" "$folder/rate")
bound=$((100 * 1000 + connections * 1000))
echo "$seconds s of $rate events a second: $(cat "$folder/load.out")"
echo "95 of 100 events were folded after at most $percentile ms (bound 300)"
echo "memory of host and workers at most $((most / 1024)) MiB (PSS; bound $((bound / 1024)) MiB and the budgets of caches)"
stop 0
hosts=()
