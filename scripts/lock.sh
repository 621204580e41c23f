#!/usr/bin/env bash
# Write the lock files anew from requirements/*.in: lock.sh PYTHON [uv's options, such as --upgrade]
# Versions stay as they are unless an option says otherwise. cuda.lock is not made here: it holds
# what gpu.lock's ONNX Runtime names in its extras cuda and cudnn.
set -euo pipefail
here=$PWD
cd "$(dirname "$0")/../requirements"
python=$1
[[ $python == /* ]] || python=$here/$python
shift
lock() { # OVERRIDES NAME
  "$python" -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
    --no-header --no-annotate --override "$1" "${@:3}" "$2.in" -o "$2.lock"
}
lock overrides.txt cpu "$@"
lock overrides-gpu.txt gpu "$@"
lock overrides.txt openvino "$@"
lock overrides.txt otel "$@"
lock overrides.txt dev "$@"
lock overrides.txt docs "$@"
lock overrides.txt examples "$@"
