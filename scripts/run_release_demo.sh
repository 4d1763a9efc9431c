#!/usr/bin/env bash
# Measures the engine, publishes v0.9-beta to a folder of releases, verifies it and builds a page of it, all in a scratch clone: this checkout and its tags stay as they are.
# usage: scripts/run_release_demo.sh [--trace LOBSTER_ZIP] [--to DIR]
#   --trace  a LOBSTER day to replay (default: the first one in ../shared/data, else the sample that ships with the engine)
#   --to     an empty or new folder for the clone and the release (default: a new temporary folder)
set -euo pipefail
cd "$(dirname "$0")/.."
tag=v0.9-beta trace="" to=""
while [ $# -gt 0 ]; do
  case $1 in
    --trace) trace=$(realpath -e -- "${2:?--trace needs a file}"); shift 2 ;;
    --to) mkdir -p -- "${2:?--to needs a folder}"; to=$(realpath -- "$2"); shift 2 ;;
    -h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
    *) echo "error: unknown argument $1 (try --help)" >&2; exit 2 ;;
  esac
done
if [ -z "$trace" ]; then
  for file in ../shared/data/LOBSTER_*.zip; do [ -f "$file" ] && trace=$(realpath -- "$file") && break; done
fi
[ -n "$to" ] || to=$(mktemp -d "${TMPDIR:-/tmp}/obrelease-demo.XXXXXX")
[ -z "$(ls -A -- "$to")" ] || { echo "error: $to is not empty" >&2; exit 2; }

scripts/setup_env.sh site
venv=$(realpath -- "${OBRELEASE_VENV:-.venv}")
export PATH=$venv/bin:$PATH OBRELEASE_RESULTS=$to/checkout/demo-results OBRELEASE_RELEASES=$to/releases MPLCONFIGDIR=$to/.mplconfig
unset GITHUB_TOKEN GH_TOKEN OBRELEASE_TOKEN
run() { printf '\n$ %s\n' "$*"; "$@"; }

git clone --quiet --no-tags . "$to/checkout"
cd "$to/checkout"
run obrelease doctor
for scenario in baseline x10 x100; do run obrelease run bench --scenario "$scenario" --seed 42; done
run obrelease run replay ${trace:+"$trace"}
run obrelease list
run obrelease validate
run git add "$OBRELEASE_RESULTS"
run git -c user.name=demo -c user.email=demo@localhost commit --quiet --message "Measured runs"
run obrelease publish "$tag"
run obrelease publish "$tag"
run obrelease verify "$tag"
run obrelease site build --to "$to/site"
printf '\nThe release is in %s\nThe page of what was measured is %s\n' "$to/releases/$tag" "$to/site/index.html"
