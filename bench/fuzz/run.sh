#!/usr/bin/env bash
# Coverage-guided fuzzing of the wire layer with atheris, in an environment of its own.
#   bench/fuzz/run.sh [EXECUTIONS] [TARGET...]      200,000 over all targets by default; a minute
# What it has learned is kept in bench/fuzz/build/corpus (or FUZZ_CORPUS); a crash is written beside it and
# ends it with an error.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$PWD/../..
executions=${1:-200000}
[ $# -eq 0 ] || shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(request inputs superjson socket frames jsonl forms)
kept=${FUZZ_CORPUS:-$PWD/build/corpus}
if ! .venv/bin/python -c 'import atheris' 2>/dev/null; then
  "$root/.venv/bin/uv" venv --quiet --allow-existing --python "$root/.venv/bin/python" .venv
  "$root/.venv/bin/uv" pip install --quiet --python .venv/bin/python 'atheris>=3' -e "$root"
fi
for target in "${targets[@]}"; do
  mkdir -p "$kept/$target"
  echo "== $target: $((executions / ${#targets[@]})) executions"
  .venv/bin/python wire.py "$target" "$kept/$target" -atheris_runs="$((executions / ${#targets[@]}))" \
    -artifact_prefix="$kept/$target-" -verbosity=0 2>&1 | grep -v '^INFO: Instrumenting'
done
