#!/usr/bin/env bash
# Installs Lighthouse beside this file the first time, builds the portal and audits it; see run.mjs for the options.
set -euo pipefail
cd "$(dirname "$0")"
if [ ! node_modules -nt package-lock.json ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules
fi
make --no-print-directory -C ../.. build
node run.mjs "$@"
