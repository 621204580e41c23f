#!/usr/bin/env bash
# The web console and the API page: build_console.sh PYTHON MODE
#
#   build   into console/dist
#   tools   install what the console's own checks and tests need as well
#   check   types and unit tests
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 mode=$2

source scripts/node.sh

cd console
installed() { [ node_modules/.package-lock.json -nt package-lock.json ]; }
case $mode in
  build)
    echo "Building the web console (once; CONSOLE=false does without) ..."
    installed || npm ci --omit=dev --no-progress --loglevel=error
    npm run --silent build
    ;;
  tools) npm ci --no-progress --loglevel=error ;;
  check)
    REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true npm run --silent check
    npm run --silent test
    ;;
esac
