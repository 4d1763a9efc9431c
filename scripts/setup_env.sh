#!/usr/bin/env bash
# Makes the virtual environment that the other scripts use: .venv (or $OBRELEASE_VENV), with this checkout installed in it.
# usage: scripts/setup_env.sh [dev]
set -euo pipefail
cd "$(dirname "$0")/.."
venv=${OBRELEASE_VENV:-.venv}
python=${PYTHON:-python3}

"$python" - <<'PY' || { echo "error: Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2; exit 2; }
import sys
sys.exit(sys.version_info < (3, 11))
PY
report() { echo "setup: $*" >&2; }
[ -x "$venv/bin/python" ] || report "making the environment $venv"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
pip=("$venv/bin/python" -m pip --disable-pip-version-check --quiet)
report "pip itself"
"${pip[@]}" install --upgrade "pip>=25.1"
if [ "${1:-}" = dev ]; then
  report "the development tools, of the versions in constraints.txt"
  "${pip[@]}" install --constraint constraints.txt --group dev
fi
report "obrelease, what it needs, and the native core, which is compiled: a minute or three"
"${pip[@]}" install --constraint constraints.txt .
report "ready in $venv"
