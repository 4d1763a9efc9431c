#!/bin/sh
# Installs what the conformance tests run against: the emulated GitHub and GitHub's own descriptions.
# Needs node >= 20 and npm. Does nothing where the lock file's packages are installed already.
set -eu

cd "$(dirname "$0")/../tests/emulator"
stamp=node_modules/.installed-lock
if [ -f "$stamp" ] && cmp -s package-lock.json "$stamp"; then
    echo "test servers: installed"
    exit 0
fi
npm ci --no-audit --no-fund --ignore-scripts --loglevel=error
# One of GitHub's many descriptions is used; the others are 380 MiB.
find node_modules/@octokit/openapi/generated -type f -name '*.json' ! -name api.github.com.json -delete
cp package-lock.json "$stamp"
echo "test servers: installed"
