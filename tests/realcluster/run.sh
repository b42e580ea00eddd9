#!/usr/bin/env bash
# Runs the checks of the dev cluster against a real cluster: one that Go builds and starts here,
# or the one that KUBECONFIG names (with CHECK_KUBECONFIG=1). The first build takes minutes.
#   make real-apiserver                 the forty checks
#   make real-apiserver BENCH=1         the benchmark of bench/cluster beside it
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

skip() { printf 'skipped: %s\n' "$*"; exit 0; }

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

data=$(mktemp -d)
.bin/realcluster up --data "$data" --token alice=alice-token:devs >"$data/log" 2>&1 &
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
SERVER=$(sed -n 's/.*\(https:[^ ]*\) after.*/\1/p' "$data/log" | head -n 1)
export SERVER CA="$data/ca.crt" ADMIN ALICE=alice-token KUBECTL=${FAIRLEAD_KUBECTL:-kubectl}
ADMIN=$(cat "$data/admin.token")
export PROTO_OK='200 application/vnd.kubernetes.protobuf' BM=${BM:-8}
bash "$root/tests/devcluster/check40.sh" "$@"
