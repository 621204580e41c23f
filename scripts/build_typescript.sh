#!/usr/bin/env bash
# Install what the TypeScript client needs and compile it: build_typescript.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1
source scripts/node.sh

cd clients/typescript
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-progress --loglevel=error
npm run --silent build
