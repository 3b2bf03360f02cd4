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
