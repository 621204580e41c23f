#!/usr/bin/env bash
# Check that each npm that people have can install the lock files: check_npm_locks.sh PYTHON
# Nothing is installed: npm compares a lock with its package.json and resolves it, in a copy.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
source scripts/node.sh

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
for folder in console clients/typescript; do
  for version in 10 11; do
    rm -rf "${copy:?}/"*
    cp "$folder"/package.json "$folder"/package-lock.json "$copy"
    (cd "$copy" && npm exec --yes --loglevel=error -- "npm@$version" ci --dry-run --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
    echo "$folder/package-lock.json, npm $version: complete"
  done
done
