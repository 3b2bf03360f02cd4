#!/usr/bin/env bash
# What the Merkle trees of a log cost, as a multiple of what openssl takes for one leaf and one node of 65 bytes a record,
# in turn:
#
#     Tests/Benchmarks/integrity.sh [RUNS] [EVENTS] [SEED]           5 runs of 1,000,000 events
#
# Two ratios of CPU time: of hashing alone, and of all that the trees cost a host: reading the log from its files, hashing,
# writing the trees, signing.
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-5} count=${2:-1000000} seed=${3:-20250126}
program=${LECTERN_MERKLE_TREE:-.build/release/merkle-tree}
[ -x "$program" ] || swift build -c release --product merkle-tree >&2
file=$(events "$count" "$seed")

# openssl_ns BYTES: the nanoseconds of CPU time that openssl takes for the hash of so many bytes.
openssl_ns() {
    openssl speed -mr -seconds 1 -bytes "$1" sha256 2>/dev/null | awk -F: -v n="$1" '$1 == "+F" {print n / $NF * 1e9}'
}

for ((run = 1; run <= runs; run++)); do
    rm -rf "$work/merkle-log"
    read -r records length hashing all < <("$program" "$file" "$work/merkle-log")
    leaf=$(openssl_ns "$length") node=$(openssl_ns 65)
    echo "run $run: $records records of $((length - 1)) bytes; openssl $leaf + $node ns, hashing $hashing ns, all $all ns" >&2
    awk "BEGIN {print $hashing / ($leaf + $node), $all / ($leaf + $node)}"
done >"$work/ratios"
rm -rf "$work/merkle-log"
awk '{print $1}' "$work/ratios" | spread "hashing against openssl:"
awk '{print $2}' "$work/ratios" | spread "all of the trees against openssl:"
