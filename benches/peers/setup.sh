#!/bin/sh
# Creates the virtual environment of the peers and installs their pinned versions.
#
#   benches/peers/setup.sh [FOLDER]     default: ~/.cache/attractor-peers
#
# PYTHON names the interpreter (default python3.11). Running it again is harmless.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-${HOME}/.cache/attractor-peers}
python=${PYTHON:-python3.11}

if ! command -v "$python" >/dev/null 2>&1; then
    echo "setup.sh: no $python on the path; name an interpreter with PYTHON=..." >&2
    exit 2
fi

if [ ! -x "$venv/bin/python" ]; then
    "$python" -m venv "$venv"
fi
"$venv/bin/python" -m pip install --quiet --requirement "$here/requirements.txt"
"$venv/bin/python" -c 'import faiss, numpy, torch; print("torch", torch.__version__, "faiss", faiss.__version__, "numpy", numpy.__version__)'
echo "next: $venv/bin/python $here/run.py"
