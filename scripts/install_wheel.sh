#!/usr/bin/env bash
# Installs obrelease from wheels that were built before, by their digests; what it depends on comes by hash from locks/.
# usage: scripts/install_wheel.sh FOLDER DIGESTS [LOCK...]
#   DIGESTS  the SHA-256 of every wheel of the folder, separated by spaces
#   LOCK     another lock than `run`, such as sigstore
set -euo pipefail
folder=${1:?usage: scripts/install_wheel.sh FOLDER DIGESTS [LOCK...]}
read -ra digests <<<"${2:?usage: scripts/install_wheel.sh FOLDER DIGESTS [LOCK...]}"
shift 2
root=$(dirname "$0")/..
locked=(--requirement "$root/locks/run.txt")
for lock in "$@"; do locked+=(--requirement "$root/locks/$lock.txt"); done
wheels=("$folder"/obrelease-*.whl)
[ -f "${wheels[0]}" ] || { echo "error: no wheel of obrelease in $folder" >&2; exit 2; }
requirement=$(mktemp)
trap 'rm -f "$requirement"' EXIT
{
  printf 'obrelease==%s' "$(basename "${wheels[0]}" | cut -d - -f 2)"
  printf ' --hash=sha256:%s' "${digests[@]}"
} >"$requirement"
python -m pip install --quiet --require-hashes "${locked[@]}"
python -m pip install --quiet --require-hashes --no-index --no-deps --find-links "$folder" --requirement "$requirement"
