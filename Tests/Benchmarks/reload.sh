#!/usr/bin/env bash
# Replaces a plugin in a running host again and again while events arrive, for each placement of plugins:
#
#     Tests/Benchmarks/reload.sh [BUILDS]                      1000 builds
#     Tests/Benchmarks/reload.sh pause [RELOADS]               100 reloads of 1,000,000 states
#
# The first replaces CounterInC by BUILDS builds, two of each state version in turn: states are carried over, or made anew
# from the first record. It prints how much more memory the host has with each build (least squares over the second half:
# at most 60 KB in process, nothing with workers beyond what one such line strays by) and how long reloads took. Fails if
# the states are not those of `lectern fold`, if a worker is left over, or beyond a bound.
#
# The second replaces it by builds of the same version, with a state for each of 1,000,000 actors, and prints how long
# events waited between one build and the next: for 99 of 100 reloads less than 1 ms. Fails as the first does. Beside it
# stands how late the machine runs threads that wait meanwhile (wakeups.cpp), which is part of that.
#
# With each reload 1000 or 3000 events are sent, in portions of 100, each as fast as the host takes it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
mode=builds
if [ "${1:-}" = pause ]; then mode=pause && shift; fi
compile wakeups Tests/Benchmarks/wakeups.cpp
states=1000000 portion=100
# Portions that are sent with each reload, and the seconds between them: for as long as it takes.
if [ $mode = builds ]; then
    builds=${1:-1000} portions=10 gap=0.01
else
    builds=${1:-100} portions=30 gap=0.05
fi

folder=$(mktemp -d "$work/reload.XXXXXX")
host= replay= probe=
trap 'kill $host $replay $probe 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

for version in 1 2; do
    gcc -std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wl,-z,nodelete,-z,defs,--build-id -DVERSION=$version \
        -I PluginAPI/CPluginAPI/include Tests/Plugins/CounterInC/counter.c -o "$folder/counter.$version"
done

# install VERSION NUMBER: puts a build of its own into the folder, whole at once. What stands behind an ELF file's end is
# never mapped, but makes it another file with another hash.
install() {
    { cat "$folder/counter.$1"; echo "build $2"; } >"$folder/next"
    mv "$folder/next" "$folder/plugins/counter.so"
}

# The events: $folder/before, of which the host makes the states, and $folder/while, which come with the reloads.
make_events() {
    local during=$((builds * portion * portions))
    if [ $mode = builds ]; then
        "$lectern" simulate --output "$folder/while" --events $during --students 500 --seed 7 \
            --end 2026-01-31T10:00:00Z >/dev/null
        : >"$folder/before"
    else
        seq $((states + during)) | awk -v states=$states -v file="$folder" '{
            printf "{\"event_type\":\"seen\",\"user_id\":\"actor-%07d\",\"timestamp\":\"2026-01-31T%02d:%02d:%02dZ\"}\n",
                ($1 - 1) * 7919 % states, $1 / 3600 % 24, $1 / 60 % 60, $1 % 60 > (file "/" ($1 <= states ? "before" : "while"))
        }'
    fi
    rm -rf "$folder/portions"
    mkdir "$folder/portions"
    split -l $portion -a 6 -d "$folder/while" "$folder/portions/"
}

# expect_states DATA: fails if the states of a host that has ended are not those of the fold.
expect_states() {
    "$lectern" fold "$folder/before" "$folder/while" --plugins "$folder/plugins" --set plugins.placement=inprocess \
        --out "$folder/folded" >/dev/null
    sed 's/.*"actor":"\([^"]*\)"},"state":\(.*\)}$/\1 \2/' "$folder/folded/states.jsonl" | sort >"$folder/expected"
    "$lectern" kvs dump --data "$1" Internal,counter-in-c.counts@ |
        sed 's/.*,actor:\([^"]*\)","value":\(.*\)}$/\1 \2/' | sort >"$folder/found"
    [ -s "$folder/expected" ] && cmp -s "$folder/expected" "$folder/found" || {
        echo "$placement: the states are not those of the fold:" >&2
        diff "$folder/expected" "$folder/found" | head >&2
        exit 1
    }
    echo "$placement: all $(wc -l <"$folder/expected") states are those of the fold, no event is lost or counted twice"
}

# Sends the portions of one reload.
send() {
    local first=$((($1 - 1) * portions)) i
    for ((i = 0; i < portions; i++)); do
        cat "$folder/portions/$(printf %06d $((first + i)))" >&3
        sleep $gap
    done
}

# p N FIELD: the percentile of a column of the samples.
p() { sort -g -k "$2,$2" "$folder/samples" | awk -v p="$1" -v at="$2" '{v[NR] = $at} END {i = int(NR * p / 100 + 0.999999); print v[i < 1 ? 1 : i]}'; }

run() {
    placement=$1
    local data=$folder/data-$placement build version answer
    mkdir -p "$folder/plugins"
    install 1 0
    # The end of the log that stays in memory is full at once, so that it is none of what grows.
    serve "$data" "$folder/plugins" "plugins.placement=$placement" log.tail=1MiB
    local token
    token=$(awk '/^operator /{print $NF}' "$data/tokens")
    if [ -s "$folder/before" ]; then
        "$lectern" replay "$folder/before" --to "http://127.0.0.1:$host_port" --client before >/dev/null
    fi
    rm -f "$folder/pipe"
    mkfifo "$folder/pipe"
    "$lectern" replay - --to "http://127.0.0.1:$host_port" --client while --connections 4 <"$folder/pipe" >/dev/null &
    replay=$!
    exec 3>"$folder/pipe"
    : >"$folder/samples"
    "$work/wakeups" >"$folder/wakeups" &
    probe=$!
    for ((build = 1; build <= builds; build++)); do
        version=1
        if [ $mode = builds ] && [ $((build / 2 % 2)) = 1 ]; then version=2; fi
        install $version "$placement $build"
        send $build &
        local sending=$!
        answer=$(curl -sS --max-time 120 -X POST -H "Authorization: Bearer $token" \
            "http://127.0.0.1:$host_port/api/v1/plugins/reload")
        grep -q '"change":"replaced"' <<<"$answer" || { echo "build $build: $answer" >&2; exit 1; }
        wait $sending
        # Build, seconds, pause in ms, KB, workers.
        echo "$build $(sed 's/.*"seconds":\([^,}]*\).*/\1/' <<<"$answer")" \
            "$(sed 's/.*"pause":\([^,}]*\).*/\1/' <<<"$answer" | awk '{print $1 * 1000}')" \
            "$(awk '/^VmRSS/{print $2}' "/proc/$host/status") $(pgrep -c -P "$host" || true)" >>"$folder/samples"
    done
    kill -TERM $probe
    wait $probe
    probe=
    exec 3>&-
    wait $replay || { echo "the replay ended with $?" >&2; exit 1; }
    replay=
    cp "$folder/samples" "$work/reload-$mode-$placement.samples"
    kill -TERM "$host"
    wait "$host" || { echo "the host ended with $?" >&2; cat "$data.err" >&2; exit 1; }
    host=
    expect_states "$data"
    rm -rf "$data"
    local workers=0 found
    if [ "$placement" = worker ]; then workers=1; fi
    found=$(awk '{print $5}' "$folder/samples" | sort -u | xargs)
    [ "$found" = $workers ] || { echo "$placement: $found workers after reloads, not $workers" >&2; exit 1; }
    echo "$placement: $builds reloads took a median of $(p 50 2) s, p99 $(p 99 2) s; a shard's events waited a median of" \
        "$(p 50 3) ms, p99 $(p 99 3) ms, at most $(p 100 3) ms"
    if [ $mode = pause ]; then
        local median late longest
        read -r median late longest <"$folder/wakeups"
        echo "$placement: meanwhile threads that waited ran late by a median of $median ms, p99 $late ms, at most" \
            "$longest ms, which is the machine's"
        awk "BEGIN {exit !($(p 99 3) < 1)}" || { echo "$placement: p99 of the wait is beyond 1 ms" >&2; failed=1; }
    else
        # Slope and its standard error.
        local bound=0
        if [ "$placement" = inprocess ]; then bound=60; fi
        awk -v builds="$builds" -v bound=$bound -v placement="$placement" '
            $1 > builds / 2 {n++; x[n] = $1; y[n] = $4; sx += $1; sy += $4}
            END {
                for (i = 1; i <= n; i++) {xx += (x[i] - sx / n) ^ 2; xy += (x[i] - sx / n) * (y[i] - sy / n)}
                slope = xy / xx
                for (i = 1; i <= n; i++) rest += (y[i] - sy / n - slope * (x[i] - sx / n)) ^ 2
                error = sqrt(rest / (n - 2) / xx)
                printf "%s: the host has %.1f ± %.1f KB more with each build, %d MB at the end\n", placement, slope, error, y[n] / 1024
                exit slope - 2 * error > bound
            }' "$folder/samples" || { echo "$placement: the bound is $bound KB" >&2; failed=1; }
    fi
}

failed=0
make_events
for each in inprocess worker; do run $each; done
exit $failed
