#!/usr/bin/env bash
# Measures the engine and the order books that PyPI has, records every run, and writes the table of docs/engine.md.
# usage: scripts/measure_speed.sh [RESULTS] [RUNS]     on a quiet machine, with the environment activated
set -euo pipefail
cd "$(dirname "$0")/.."
results="${1:-results}" runs="${2:-6}"
python="${PYTHON:-python3}"
build=build/speed

cmake -S engine -B "$build" -DOBENGINE_BENCHMARK=ON >/dev/null
cmake --build "$build" --parallel >/dev/null
measure=("$python" -m obrelease measure --results "$results" --runs "$runs")
"${measure[@]}" --title "engine and peers" --format custom -- \
  "$python" scripts/bench_engine.py --figures --cpp "$build" --custom '{output}' ${BENCH_OPTIONS:-}
"${measure[@]}" --title "two threads" --format custom -- \
  "$python" scripts/bench_engine.py --threads --custom '{output}' ${BENCH_OPTIONS:-}
"${measure[@]}" --title "engine benchmark" --format google-benchmark -- \
  "$build/obengine_google_bench" --benchmark_out='{output}' --benchmark_out_format=json
if [ "$results" = results ]; then "$python" scripts/speed_table.py --write docs/engine.md; fi
