#!/usr/bin/env bash
# The tRPC conformance kit against the Python router: wire cases, then the official client, on each server
# (direct is uvicorn with the WebSocket protocol that `fairlead serve` uses).
#   tests/conformance/run.sh [--rounds 3] [uvicorn] [direct] [granian]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PYTHON=${PYTHON:-$PWD/.venv/bin/python}
KIT=tests/conformance/kit
ROUNDS=1
SERVERS=()
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) ROUNDS=$2; shift 2 ;;
    *) SERVERS+=("$1"); shift ;;
  esac
done
[ ${#SERVERS[@]} -gt 0 ] || SERVERS=(uvicorn direct granian)

# The kit finds its npm packages, the pinned ones, in the workspace above it.

PID=
trap '[ -z "$PID" ] || kill "$PID" 2>/dev/null || true' EXIT
free_port() { "$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

for server in "${SERVERS[@]}"; do
  for round in $(seq "$ROUNDS"); do
    port=$(free_port)
    "$PYTHON" -m tests.conformance.serve --port "$port" --server "$server" &
    PID=$!
    "$PYTHON" -m tests.conformance.wait "$port"
    echo "== $server, round $round: wire cases"
    "$PYTHON" "$KIT/run_wire.py" --golden "$KIT/golden/open" --cases "$KIT/cases/open" --candidate "http://127.0.0.1:$port"
    echo "== $server, round $round: official client"
    (cd "$KIT" && TRPC_URL="http://127.0.0.1:$port" node --test --test-concurrency=1 --test-timeout=60000 \
      --test-reporter=dot --test-reporter-destination=stdout \
      --test-reporter=tap --test-reporter-destination=/tmp/fairlead-client-$port.tap client/open/*.test.mjs >/dev/null) \
      || { grep -A20 '^not ok\|    not ok' "/tmp/fairlead-client-$port.tap"; exit 1; }
    grep -E '^# (tests|pass|fail|skipped)' "/tmp/fairlead-client-$port.tap"
    rm -f "/tmp/fairlead-client-$port.tap"
    kill "$PID"; wait "$PID" 2>/dev/null || true; PID=
  done
done
