#!/usr/bin/env bash
# One million keys of 200-byte states in a budget of memory: the most that host and worker took together (resident), and how
# long it took, as a multiple of the same run without a budget. Each key comes once, then 200,000 events bring states back,
# in no order; then the host starts again with all of them. The plugin aborts if a state does not come back as it was.
#
#     Tests/Benchmarks/memory.sh [RUNS] [MIB] [KEYS]           3 runs in 256 MiB of 1,000,000 keys
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-3} budget=${2:-256} keys=${3:-1000000}
back=$((keys / 5))

mkdir -p "$work/memory/plugins"
gcc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wl,-z,nodelete,-z,defs,--build-id -DPADDING=184 \
    -I PluginAPI/CPluginAPI/include Tests/Plugins/CounterInC/counter.c -o "$work/memory/plugins/counter-in-c.so"
first=$work/memory/first-$keys.jsonl again=$work/memory/again-$keys.jsonl
[ -f "$again" ] || awk -v keys="$keys" -v back="$back" -v first="$first" -v again="$again" 'BEGIN {
    line = "{\"event\":\"x\",\"source\":\"s\",\"user_id\":\"student-%07d\"}\n"
    for (i = 0; i < keys; i++) printf line, i > first
    srand(1)
    for (i = 0; i < back; i++) printf line, int(rand() * keys) > again
}'

# metric NAME: its value, of the host that runs.
metric() { curl -s "http://127.0.0.1:$host_port/metrics" | awk -v name="$1" '$1 == name {printf "%d", $2}'; }

# watch FILE: writes down what host and workers take, in MiB, until the host ends.
watch() {
    while kill -0 "$host" 2>/dev/null; do
        # shellcheck disable=SC2046
        { cat $(printf '/proc/%s/statm ' "$host" $(pgrep -P "$host")) 2>/dev/null || true; } |
            awk '{pages += $2} END {print int(pages * 4096 / 1048576)}'
        sleep 0.02
    done >"$1"
}

# run MIB: sets most (MiB) and seconds.
run() {
    local data start
    data=$(mktemp -d "$work/memory/data-XXXXXX")
    serve "$data" "$work/memory/plugins" "reduction.memory=$1MiB"
    watch "$data.first" &
    local watching=$!
    start=$EPOCHREALTIME
    for file in "$first" "$again"; do
        "$lectern" replay "$file" --to "http://127.0.0.1:$host_port" --connections 4 --json >/dev/null
    done
    until [ "$(metric lectern_events_folded_total)" -eq $((keys + back)) ]; do sleep 0.05; done
    seconds=$(awk "BEGIN {print $EPOCHREALTIME - $start}")
    check
    kill "$host"; wait "$host"; wait "$watching"
    serve "$data" "$work/memory/plugins" "reduction.memory=$1MiB"
    watch "$data.second" &
    watching=$!
    check
    sleep 1
    kill "$host"; wait "$host"; wait "$watching"
    most=$(sort -n "$data.first" "$data.second" | tail -n 1)
    rm -rf "$data" "$data".*
}

check() {
    local memory file
    memory=$(metric 'lectern_states{place="memory"}') file=$(metric 'lectern_states{place="file"}')
    [ $((memory + file)) -eq "$keys" ] || { echo "$memory states in memory and $file in files, not $keys" >&2; exit 1; }
}

for ((number = 1; number <= runs; number++)); do
    run 1000000
    plain=$seconds free=$most
    run "$budget"
    echo "run $number: $most MiB and $seconds s, without a budget $free MiB and $plain s" >&2
    echo "$(awk "BEGIN {print $most / $budget}") $(awk "BEGIN {print $seconds / $plain}")"
done >"$work/memory/results"
awk '{print $1}' "$work/memory/results" | spread "$keys keys, the most memory against $budget MiB:"
awk '{print $2}' "$work/memory/results" | spread "$keys keys, time against no budget:"
