#!/usr/bin/env bash
# Runs the checks of the dev cluster against a real cluster: one that Go builds and starts here
# (the first build takes minutes), or the one that KUBECONFIG names.
#   make real-apiserver                 the forty checks
#   make real-apiserver PORTAL=1        the portal in headless Chromium: without its kinds, then with them
#   make real-apiserver BENCH=1         the benchmark of bench/cluster, both side by side
#   make real-apiserver COMPARE=500     random requests to both, answers compared (SEED=0)
#   make real-apiserver OTHER=1         the checks against the cluster of KUBECONFIG: its user must be
#                                       an administrator with a token; they make and delete the namespace
#                                       c40. 39 and 40 need a second user and are left out.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

skip() { printf 'skipped: %s\n' "$*"; exit 0; }

if [ -n "${OTHER:-}" ]; then
  for tool in kubectl curl jq; do
    command -v "$tool" >/dev/null 2>&1 || skip "$tool is not installed"
  done
  files=$(mktemp -d)
  trap 'rm -rf "$files"' EXIT
  view() { kubectl config view --raw --minify --flatten -o jsonpath="$1"; }
  SERVER=$(view '{.clusters[0].cluster.server}')
  ADMIN=$(view '{.users[0].user.token}')
  [ -n "$ADMIN" ] || skip "the current user of KUBECONFIG has no token"
  view '{.clusters[0].cluster.certificate-authority-data}' | base64 -d >"$files/ca.crt"
  export SERVER ADMIN ALICE=none CA="$files/ca.crt" KUBECTL=${FAIRLEAD_KUBECTL:-kubectl} BM=${BM:-8}
  bash "$root/tests/devcluster/check40.sh" $(seq 1 38)
  exit
fi

command -v go >/dev/null 2>&1 || skip "Go is not installed, so no real apiserver can be built"
for tool in kubectl curl jq; do
  command -v "$tool" >/dev/null 2>&1 || skip "$tool is not installed"
done
printf '==> Building kube-apiserver, etcd and the controller manager (minutes the first time)\n'
if ! go mod download >.bin.log 2>&1; then
  skip "the modules of kube-apiserver cannot be had: $(tail -n 1 .bin.log)"
fi
mkdir -p .bin
go build -trimpath -ldflags="-s -w" -o .bin/realcluster .
rm -f .bin.log
if [ -n "${PORTAL:-}" ]; then
  "$root/scripts/setup" --browser
  make -C "$root" --no-print-directory build
  cd "$root/tests/e2e" && npx vitest run realCluster
  exit
fi

data=$(mktemp -d)
.bin/realcluster up --controllers="$([ -n "${COMPARE:-}" ] && echo false || echo true)" --data "$data" --token alice=alice-token:devs >"$data/log" 2>&1 &
cluster=$!
trap 'kill $cluster 2>/dev/null || true; wait $cluster 2>/dev/null || true; rm -rf "$data"' EXIT
for _ in $(seq 600); do
  grep -q '^real cluster ready' "$data/log" && break
  kill -0 $cluster 2>/dev/null || { tail -n 20 "$data/log"; exit 1; }
  sleep 0.2
done
grep '^real cluster ready' "$data/log"
if [ -n "${BENCH:-}" ]; then
  "$root/.venv/bin/python" "$root/bench/cluster/measure.py" --beside "$data"
  exit
fi
if [ -n "${COMPARE:-}" ]; then
  cd "$root" && .venv/bin/python -m tests.realcluster.compare --beside "$data" --cases "$COMPARE" --first-seed "${SEED:-0}"
  exit
fi
SERVER=$(sed -n 's/.*\(https:[^ ]*\) after.*/\1/p' "$data/log" | head -n 1)
export SERVER CA="$data/ca.crt" ADMIN ALICE=alice-token KUBECTL=${FAIRLEAD_KUBECTL:-kubectl}
ADMIN=$(cat "$data/admin.token")
export PROTO_OK='200 application/vnd.kubernetes.protobuf' BM=${BM:-8}
bash "$root/tests/devcluster/check40.sh" "$@"
