#!/usr/bin/env bash
# Install what lock files pin into a virtual environment: install_locked.sh VENV LOCK ...
# What pip says goes to VENV/pip.log; a failure ends in a sentence or two, not in all of it.
set -uo pipefail
venv=$1
shift
log=$venv/pip.log
arguments=()
for lock in "$@"; do arguments+=(--requirement "$lock"); done

"$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --retries 2 \
  --no-deps --require-hashes "${arguments[@]}" >"$log" 2>&1 && exit 0

unreachable='NewConnectionError|ConnectTimeoutError|NameResolutionError|ProxyError|ConnectionError'
unreachable+='|ReadTimeoutError|Connection refused|Connection reset|timed out|SSLError|Max retries'
if grep -qE "$unreachable" "$log"; then
  echo "facesvc could not fetch its packages: the package index does not answer. Check the" \
    "network or pip's settings (pip config list) and run the same command again; $log has the details." >&2
elif grep -q 'No space left' "$log"; then
  echo "facesvc could not install its packages: no space left on the disk. $log has the details." >&2
else
  echo "facesvc could not install its packages: $(grep -E '^ *(ERROR|error)' "$log" | tail -1 | cut -c1-300)" >&2
  echo "$log has the details." >&2
fi
exit 1
