#!/usr/bin/env bash
# Brings what a script needs and this machine lacks: npm packages and, with --debian, Debian packages.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null; then
  echo "setup: Node.js 20.19 or later is needed and not installed" >&2
  exit 1
fi
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "setup: installing npm packages"
  npm ci --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi
if [ "${1:-}" = --debian ]; then
  scripts/debian-packages.sh
fi
