# What the benchmarks share. Sourced from the repository's root.
work=${LECTERN_BENCH:-/tmp/lectern-bench}
peers=../shared/bench
lectern=${LECTERN_BIN:-.build/release/lectern}
plugins=${LECTERN_PLUGINS:-dist/plugins}

[ -d "$peers" ] || { echo "the peers to measure against are absent: $peers" >&2; exit 1; }
[ -x "$lectern" ] || { echo "no $lectern: run scripts/build, or name it in LECTERN_BIN" >&2; exit 1; }
mkdir -p "$work"

# compile PROGRAM SOURCE FLAGS…: into $work, if the source is newer.
compile() {
    local program=$work/$1 source=$2
    shift 2
    [ "$program" -nt "$source" ] || g++ -std=c++17 -O3 "$source" -o "$program" "$@"
}

# events COUNT SEED: prints the path of a file with so many events, made if it is missing.
events() {
    local file=$work/events-$1-$2.jsonl
    [ -f "$file" ] || { python3 "$peers/gen_events.py" --events "$1" --seed "$2" --out "$file.part" >&2 && mv "$file.part" "$file"; }
    echo "$file"
}

# spread LABEL: least, middle and greatest of the numbers on standard input.
spread() {
    sort -g | awk -v label="$1" '{v[NR] = $1} END {printf "%s  min %.2f  median %.2f  max %.2f\n", label, v[1], v[int((NR + 1) / 2)], v[NR]}'
}

# install_plugin NAME FOLDER: copies a built plugin into a folder, which is made.
install_plugin() {
    local library
    mkdir -p "$2"
    for library in "$plugins/$1.so" "$plugins/lib$1.so"; do
        if [ -f "$library" ]; then cp "$library" "$2/$1.so"; fi
    done
    [ -f "$2/$1.so" ] || { echo "no $1.so in $plugins: run scripts/build" >&2; exit 1; }
}

# serve DATA PLUGINS SETTING…: starts a host and sets host (its id) and host_port; what it prints goes to DATA.out and .err.
serve() {
    local data=$1 folder=$2 setting
    shift 2
    local arguments=(--data "$data" --plugins "$folder" --listen 127.0.0.1:0 --set ingest.trust=loopback)
    for setting in "$@"; do arguments+=(--set "$setting"); done
    mkdir -p "$data"
    "$lectern" serve "${arguments[@]}" >"$data.out" 2>"$data.err" &
    host=$!
    for ((i = 0; i < 100; i++)); do
        grep -qs '^lectern ready' "$data.out" && break
        sleep 0.1
    done
    host_port=$(sed -n 's/^lectern ready .*:\([0-9]*\)$/\1/p' "$data.out")
    [ -n "$host_port" ] || { cat "$data.err" >&2; exit 1; }
}

# start_broker FOLDER TOPIC…: starts librdkafka's mock of a Kafka cluster with 16 partitions a topic, and sets broker (its id) and
# broker_address; FOLDER/control takes its commands.
start_broker() {
    local program=.build/release/kafka-broker folder=$1
    shift
    [ -x "$program" ] || { echo "no $program: swift build -c release --product kafka-broker" >&2; exit 1; }
    mkfifo "$folder/control"
    "$program" --partitions 16 --control "$folder/control" "$@" >"$folder/broker" &
    broker=$!
    for ((i = 0; i < 100; i++)); do
        [ -s "$folder/broker" ] && break
        sleep 0.1
    done
    broker_address=$(cat "$folder/broker")
}

# used PROCESS: microseconds of CPU that it has used.
used() { awk -v tick="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000000 / tick }' "/proc/$1/stat"; }

# folded PORT FOLDER: waits until a host has folded all; prints what is in FOLDER/*.err and fails after a minute.
folded() {
    local waited=0
    while [ "$(curl -s "http://127.0.0.1:$1/metrics" | awk '/^lectern_consumer_lag_messages/ { n += $2 } END { print n + 0 }')" != 0 ]; do
        sleep 0.1
        [ $((waited += 1)) -lt 600 ] || { cat "$2"/*.err >&2 && exit 1; }
    done
}

# expect_events DATA COUNT: fails if a log and its dead letters do not hold so many events. Some of them are malformed, and
# are not in the log; what a plugin could not read is in both.
expect_events() {
    local info stored letters
    info=$("$lectern" log info --data "$1" --json)
    stored=$(grep -o '"next":[0-9]*' <<<"$info" | awk -F: '{n += $2} END {print n + 0}')
    letters=$(grep -o '"deadLetters":{[^}]*}' <<<"$info" | grep -o '"[a-z]*":[0-9]*' |
        awk -F: '$1 != "\"read\"" {n += $2} END {print n + 0}')
    [ $((stored + letters)) -eq "$2" ] || {
        echo "$stored events in the log and $letters dead letters, not $2" >&2
        exit 1
    }
    echo "every event is stored once: $stored in the log, $letters dead letters"
}
