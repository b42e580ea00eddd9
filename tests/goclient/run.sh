#!/usr/bin/env bash
# Runs a Go program with client-go's informer, recorder and leader election against the dev cluster.
# It is not part of `make test`: its first build takes a minute or more.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
skip() { printf 'skipped: %s\n' "$*"; exit 0; }
command -v go >/dev/null 2>&1 || skip "Go is not installed"
go mod download || skip "the modules of client-go cannot be had"
mkdir -p .bin
go build -trimpath -o .bin/goclient .
"$root/.venv/bin/python" - "$PWD/.bin/goclient" <<'PYTHON'
import os
import subprocess
import sys

from fairlead.testing import throwaway_cluster

with throwaway_cluster() as cluster:
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig_path)}
    sys.exit(subprocess.run([sys.argv[1]], env=environment, check=False).returncode)
PYTHON
