#!/usr/bin/env bash
# Installs Lighthouse beside this file the first time, builds the portal and audits it; see run.mjs for the options.
set -euo pipefail
cd "$(dirname "$0")"
[ node_modules -nt package-lock.json ] || { npm ci --silent --no-audit --no-fund && touch node_modules; }
make --no-print-directory -C ../.. build
node run.mjs "$@"
