#!/usr/bin/env bash
# The test command: environment, style, types, contracts, schemas, workflows, documentation, tests.
# It starts itself again in an empty environment, so that no variable of a shell decides whether it passes.
# usage: scripts/run_ci_checks.sh [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" != --environment-is-empty ]; then
  exec scripts/in_empty_environment.sh bash scripts/run_ci_checks.sh --environment-is-empty "$@"
fi
shift
venv=${OBRELEASE_VENV:-.venv}
step() { printf '\n== %s\n' "$*"; }

# Compiled modules and matplotlib's font list are shared by all processes of the tests, and leave no trace among the sources.
export PYTHONPYCACHEPREFIX=$PWD/.cache/pycache MPLCONFIGDIR=$PWD/.cache/matplotlib
mkdir -p "$PYTHONPYCACHEPREFIX" "$MPLCONFIGDIR"

step "environment"
scripts/setup_env.sh dev
scripts/install_test_servers.sh
bin=$venv/bin

step "ruff"
"$bin/ruff" check .
"$bin/ruff" format --check .

step "mypy"
systems=()
for system in win32 darwin; do
  "$bin/mypy" --platform "$system" --no-warn-unreachable --cache-dir ".mypy_cache/$system" &
  systems+=($!)
done
"$bin/mypy"
for system in "${systems[@]}"; do wait "$system"; done

step "import contracts"
"$bin/lint-imports" --no-cache

step "schemas and committed runs"
"$bin/obrelease" schema check
"$bin/obrelease" validate results

step "workflows"
templates=(obrelease/release/templates/*.yml)
"$bin/zizmor" --offline --persona=auditor .github "${templates[@]}"
"$bin/check-jsonschema" --builtin-schema vendor.github-workflows .github/workflows/*.yml "${templates[@]}"
"$bin/check-jsonschema" --builtin-schema vendor.github-actions .github/actions/*/action.yml
"$bin/check-jsonschema" --builtin-schema vendor.dependabot .github/dependabot.yml

step "documentation"
NO_MKDOCS_2_WARNING=1 "$bin/mkdocs" build --strict

step "pytest"
"$bin/python" -m pytest -q -n 2 --dist worksteal --durations=20 "$@"
