#!/usr/bin/env bash
# Coverage-guided fuzzing of the wire layer with atheris, in an environment of its own.
#   bench/fuzz/run.sh [EXECUTIONS]      200,000 by default; a minute or two
# What it has learned is kept in bench/fuzz/build/corpus; a crash is written to bench/fuzz/build and ends it with an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD/../..
if ! .venv/bin/python -c 'import atheris' 2>/dev/null; then
  "$root/.venv/bin/uv" venv --quiet --allow-existing --python "$root/.venv/bin/python" .venv
  "$root/.venv/bin/uv" pip install --quiet --python .venv/bin/python 'atheris>=3' -e "$root"
fi
mkdir -p build/corpus
exec .venv/bin/python wire.py -atheris_runs="${1:-200000}" -artifact_prefix=build/ -print_final_stats=1 build/corpus
