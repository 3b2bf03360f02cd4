# Sourced by the other scripts: says what is done and how long it takes.

# step NAME COMMAND...: runs the command with its output in .build/logs/NAME.log. On a terminal one line shows what it is
# at; when it fails, the end of the log is shown.
step() {
    local name=$1 log start pid
    shift
    log=".build/logs/${name// /-}.log"
    start=$SECONDS
    mkdir -p .build/logs
    : >"$log"
    if [ -t 1 ]; then
        "$@" >"$log" 2>&1 &
        pid=$!
        trap 'kill "$pid" 2>/dev/null; exit 130' INT TERM
        while kill -0 "$pid" 2>/dev/null; do
            printf '\r\033[K%s  %ds  %s' "$name" $((SECONDS - start)) "$(tail -n 1 "$log" | tr -d '\r' | cut -c 1-70)"
            sleep 1
        done
        trap - INT TERM
        printf '\r\033[K'
        wait "$pid" || fail "$name" "$log"
    else
        printf '%s ...\n' "$name"
        "$@" >"$log" 2>&1 || fail "$name" "$log"
    fi
    printf '%s: %d s\n' "$name" $((SECONDS - start))
}

fail() {
    printf '%s failed; the end of %s:\n' "$1" "$2" >&2
    grep -E 'error:' "$2" | sort -u | head -n 20 >&2
    tail -n 40 "$2" >&2
    exit 1
}
