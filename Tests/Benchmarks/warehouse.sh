#!/usr/bin/env bash
# How fast rows come into PostgreSQL by the warehouse, as a share of what a bare loop of COPY and upsert over libpq reaches
# in the same run, on a server of its own:
#
#     Tests/Benchmarks/warehouse.sh [RUNS] [ROWS] [ROUNDS]           5 runs of 20 transactions of 10,000 rows
set -euo pipefail
cd "$(dirname "$0")/../.."
. Tests/Benchmarks/common.sh
runs=${1:-5} rows=${2:-10000} rounds=${3:-20}
program=${LECTERN_WAREHOUSE_ROWS:-.build/release/warehouse-rows}
[ -x "$program" ] || swift build -c release --product warehouse-rows >&2

bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as_user=()
cluster=$work/postgresql
rm -rf "$cluster"
mkdir -p "$cluster"
# The server refuses root.
if [ "$(id -u)" = 0 ]; then
    chown postgres "$cluster"
    as_user=(setpriv --reuid=postgres --regid=postgres --init-groups)
fi
port=$((20000 + RANDOM % 10000))
"${as_user[@]}" "$bin/initdb" -D "$cluster/data" -A trust -U postgres --no-sync >/dev/null
"${as_user[@]}" "$bin/postgres" -D "$cluster/data" -p "$port" -k "$cluster" -c listen_addresses= 2>"$work/postgresql.log" &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$cluster"' EXIT
until "$bin/pg_isready" -q -h "$cluster" -p "$port"; do sleep 0.2; done

for ((run = 1; run <= runs; run++)); do
    "$bin/psql" -q -h "$cluster" -p "$port" -U postgres \
        -c 'DROP SCHEMA IF EXISTS bench CASCADE; DROP SCHEMA IF EXISTS lectern CASCADE' 2>/dev/null
    read -r warehouse floor < <("$program" "$cluster" "$port" "$rows" "$rounds")
    echo "run $run: the warehouse $warehouse rows/s, the loop $floor rows/s" >&2
    awk "BEGIN {print $warehouse / $floor}"
done | spread "rows a second against the loop:"
