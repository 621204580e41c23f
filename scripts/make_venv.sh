#!/usr/bin/env bash
# Make or mend the virtual environment: make_venv.sh PYTHON VENV BUILD
set -euo pipefail
python=$1 venv=$2 build=$3

if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
  echo "facesvc needs Python 3.11, 3.12 or 3.13, found: $("$python" --version 2>&1 || echo none)." >&2
  echo "Install one, or name it: make PYTHON=/path/to/python3.11 ..." >&2
  exit 1
fi

# An interrupted run can leave a Python without pip: then the environment is made anew.
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear "$venv"

# The two builds of ONNX Runtime provide the same module and must not lie over each other.
other=onnxruntime-gpu
[ "$build" = gpu ] && other=onnxruntime
if "$venv/bin/python" -m pip show --quiet "$other" >/dev/null 2>&1; then
  "$venv/bin/python" -m pip uninstall --quiet --yes onnxruntime onnxruntime-gpu
  rm -f "$venv"/.*.ready
fi

echo "Installing the $build packages into $venv (once) ..."
locks=("requirements/$build.lock")
# CUDA and cuDNN come along, so that the machine needs NVIDIA's driver only.
[ "$build" = gpu ] && locks+=(requirements/cuda.lock)
for lock in "${locks[@]}"; do
  "$(dirname "$0")/install_locked.sh" "$venv" "$lock"
done

# The command facesvc, on this folder's code.
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
pwd >"$site/facesvc_checkout.pth"
{
  echo "#!$PWD/$venv/bin/python"
  echo 'import sys'
  echo 'from facesvc.cli.main import main'
  echo 'sys.exit(main())'
} >"$venv/bin/facesvc"
chmod +x "$venv/bin/facesvc"
