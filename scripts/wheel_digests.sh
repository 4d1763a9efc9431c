#!/usr/bin/env bash
# Prints the SHA-256 of every wheel in a folder, separated by spaces.
# usage: scripts/wheel_digests.sh FOLDER
set -euo pipefail
python - "${1:?usage: scripts/wheel_digests.sh FOLDER}" <<'PY'
import hashlib, pathlib, sys

wheels = sorted(pathlib.Path(sys.argv[1]).glob("*.whl"))
if not wheels:
    sys.exit(f"error: no wheel in {sys.argv[1]}")
print(*(hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels))
PY
