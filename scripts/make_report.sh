#!/bin/sh
# Measures the founding report's tables again and writes them next to the report's own numbers.
#
#   scripts/make_report.sh [RESULTS [PAGE]]
#
# RESULTS is the results folder (default: results), PAGE the Markdown page (default: .github/REPORT.md). Every
# run is kept as a validated artefact; the page names the digest of each. All workloads are seeded or made
# up here: no data file is read. QUICK=1 measures less.
set -eu

results=${1:-results}
page=${2:-.github/REPORT.md}
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
answers=$(mktemp -d)
trap 'rm -rf "$answers"' EXIT INT TERM

obrelease() {
    "$python" -c 'from obrelease.cli.app import main; main()' "$@"
}

run() {
    name=$1
    shift
    printf '%s\n' "obrelease run $*" >&2
    obrelease run "$@" --results "$results" --json >"$answers/$name.json"
}

if [ "${QUICK:-0}" = 1 ]; then
    scenarios=baseline
    scales="--scale 1"
    passes=1
    messages=1000
    large=
    regimes=static
    regime_messages=2000
else
    scenarios="baseline x10 x100"
    scales="--scale 1 --scale 10 --scale 100"
    passes=5
    messages=200000
    large="x1000 x10000"
    regimes="static normal swing-25 swing-40 flash-crash"
    regime_messages=400000
fi
cores=$("$python" -c 'from obengine.cores import core_names; print(*core_names())')

for core in $cores; do
    for scenario in $scenarios; do
        run "bench-$scenario-$core" bench --scenario "$scenario" --seed 42 --core "$core" --passes "$passes"
    done
    # shellcheck disable=SC2086
    run "stress-$core" stress --arrivals poisson $scales --seed 2024 --core "$core" --passes "$passes"
done
fastest=${cores%% *}
for scenario in $large; do
    run "bench-$scenario-$fastest" bench --scenario "$scenario" --seed 42 --core "$fastest" --passes "$passes"
done
for regime in $regimes; do
    run "regime-$regime" bench --scenario "$regime" --seed 42 --core "$fastest" --passes "$passes" \
        --messages "$regime_messages"
done
run sweep stress --arrivals hawkes --scale 1 --seed 2024 --core "$fastest" --passes "$passes" --sweep
run architectures architectures --seeds 1,2,3 --passes "$passes" --messages "$messages"
cat >"$answers/limits.toml" <<'TOML'
version = 1
expect = "none"
[[limit]]
participant = "maker"
open_orders = 2
[market_maker]
half_spread_ticks = 300
quote_lots = 20
TOML
run replay replay --risk "$answers/limits.toml" --core "$fastest" --passes "$passes"

"$python" "$here/report_tables.py" "$answers" "$page"
obrelease validate "$results" --results "$results" >&2
printf '%s\n' "$page"
