#!/usr/bin/env bash
# All stages of the event service at once: deduplication, the five filter rules, enrichment, windows, publishing.
#
#     Tests/Benchmarks/chain.sh [RUNS] [EVENTS] [SECONDS] [RATE]          3 runs of 300,000; then 60 s of 10,000 a second
#
# First CPU time per event, in turn, at full speed: a host with the spine alone (ingest, log, one reducer), one with all stages
# in its process, and one with all plugins in workers; the bound is 3 times the spine's, both in-process. What the last two take
# at most is printed beside it. Then the rate: the 95th percentile from arrival to fold (bound 300 ms) and the proportional memory
# (PSS) of host and workers (bound 100 MB, and 1 KB for each event that may be unacknowledged). One event in ten is a duplicate.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-3} count=${2:-300000} seconds=${3:-60} rate=${4:-10000}
connections=8 window=64
compile load Tests/Benchmarks/load.cpp
folder=$(mktemp -d "$work/chain.XXXXXX")
hosts=()
trap 'kill "${hosts[@]}" 2>/dev/null || true; wait; rm -rf "$folder"' EXIT

# Attempts of 2,000 learners at 500 items, and what is to be known of them.
awk -v count=300000 'BEGIN {
    srand(20250126)
    for (i = 0; i < count; i++) {
        if (i % 10 != 9) number = i
        learner = int(rand() * 2000)
        if (i % 10 == 9) { print line; continue }
        line = sprintf("{\"event_type\":\"attempt\",\"client_attempt_id\":\"a-%d\",\"user_id\":\"learner-%d\"," \
            "\"item_id\":\"item-%d\",\"correct\":%s,\"response_time_ms\":%d,\"session_id\":\"s-%d-%d\"," \
            "\"jurisdiction\":\"%s\",\"user_agent\":\"Mozilla/5.0\"}", \
            number, learner, int(rand() * 500), rand() < 0.7 ? "true" : "false", 500 + int(rand() * 20000), learner, \
            i / 50000, substr("SENODKFIIS", 1 + 2 * int(rand() * 5), 2))
        print line
    }
}' >"$folder/events.jsonl"
awk 'BEGIN {
    print "user_id,user_type,country,study_streak,average_score,timezone,total_sessions,total_attempts"
    for (i = 0; i < 2000; i++) printf "learner-%d,%s,SE,%d,%d,Europe/Stockholm,%d,%d\n", i, i % 3 ? "free" : "premium", i % 30, i % 100, i % 50, i
}' >"$folder/users.csv"
awk 'BEGIN {
    print "item_id,difficulty,topics,average_score,average_time_ms,popularity,cognitive_level"
    for (i = 0; i < 500; i++) printf "item-%d,%s,\"[\"\"loops\"\"]\",%d,%d,%d,apply\n", i, (i % 10) / 10, i % 100, 5000 + i, i
}' >"$folder/items.csv"
