#!/usr/bin/env bash
# Runs a command in an environment that holds nothing but what this list allows, whatever the shell was set up with.
# usage: scripts/in_empty_environment.sh COMMAND [ARGUMENT...]
set -euo pipefail

allowed=(
  # the machine
  PATH HOME USER LOGNAME TMPDIR LANG CI GITHUB_ACTIONS
  # the way out: proxies and certificates
  http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
  SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE NODE_EXTRA_CA_CERTS
  # what the scripts themselves can be given
  OBRELEASE_VENV PYTHON CC CXX
)
# settings of the package clients
allowed_prefixes='^(PIP|UV|npm_config|NPM_CONFIG)_'

kept=()
for name in $(compgen -e); do
  if [[ " ${allowed[*]} " == *" $name "* || $name =~ $allowed_prefixes ]]; then
    kept+=("$name=${!name}")
  fi
done
umask 022
exec env -i LANG=C.UTF-8 "${kept[@]}" "$@"
