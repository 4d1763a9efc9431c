#!/usr/bin/env bash
# Builds and installs this checkout into a new virtual environment. What it needs, to build and to run, comes by hash.
# usage: scripts/install_checkout.sh FOLDER [LOCK...]
#   LOCK     another lock than `run`, such as sigstore
#   PYTHON   the interpreter (default: python3)
set -euo pipefail
folder=${1:?usage: scripts/install_checkout.sh FOLDER [LOCK...]}
shift
root=$(cd "$(dirname "$0")/.." && pwd)
locked=(--requirement "$root/locks/run.txt")
for lock in "$@"; do locked+=(--requirement "$root/locks/$lock.txt"); done
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
"${PYTHON:-python3}" -m venv "$folder"
"${PYTHON:-python3}" -m venv "$build/environment"
"$build/environment/bin/python" -m pip install --quiet --require-hashes --requirement "$root/locks/build.txt"
PATH="$build/environment/bin:$PATH" python -m pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir "$build" "$root"
"$folder/bin/python" -m pip install --quiet --require-hashes "${locked[@]}"
"$folder/bin/python" -m pip install --quiet --no-index --no-deps "$build"/obrelease-*.whl
