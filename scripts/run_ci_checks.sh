#!/usr/bin/env bash
# The test command: environment, style, types, contracts, schemas, workflows, tests.
# usage: scripts/run_ci_checks.sh [pytest arguments]
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${OBRELEASE_VENV:-.venv}
step() { printf '\n== %s\n' "$*"; }

export MPLCONFIGDIR=${MPLCONFIGDIR:-$PWD/.mplconfig}
export PYTHONDONTWRITEBYTECODE=1
unset GITHUB_TOKEN GH_TOKEN OBRELEASE_TOKEN
mkdir -p "$MPLCONFIGDIR"

step "environment"
scripts/setup_env.sh dev
scripts/install_test_servers.sh
bin=$venv/bin

step "ruff"
"$bin/ruff" check .
"$bin/ruff" format --check .

step "mypy"
"$bin/mypy"

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

step "pytest"
"$bin/python" -m pytest -q -n 2 "$@"
