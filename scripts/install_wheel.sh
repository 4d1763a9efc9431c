#!/usr/bin/env bash
# Installs obrelease from wheels that were built before, never from an index; what it depends on comes by constraints.txt.
# usage: scripts/install_wheel.sh FOLDER [EXTRA]
set -euo pipefail
folder=${1:?usage: scripts/install_wheel.sh FOLDER [EXTRA]}
extra=${2:+[$2]}
constraints=$(dirname "$0")/../constraints.txt
python -m pip install --quiet --no-index --no-deps --find-links "$folder" obrelease
python -m pip install --quiet --constraint "$constraints" --only-binary :all: "obrelease$extra"
