#!/usr/bin/env bash
# Makes the virtual environment that the other scripts use: .venv (or $OBRELEASE_VENV), with this checkout installed in it.
# usage: scripts/setup_env.sh [dev | site]
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
locked=(--requirement locks/run.txt --requirement locks/build.txt)
[ "${1:-}" != dev ] || locked+=(--requirement locks/sigstore.txt --requirement locks/dev.txt)
[ "${1:-}" != site ] || locked+=(--requirement locks/site.txt)
report "what obrelease needs, and its tools, of the versions and hashes in locks/"
"${pip[@]}" install --require-hashes "${locked[@]}"
report "obrelease with the native core, which is compiled: a minute or three"
PATH="$(realpath -- "$venv")/bin:$PATH" "${pip[@]}" install --no-index --no-deps --no-build-isolation .
report "ready in $venv"
