#!/usr/bin/env bash
# Installs what the checks need, then runs types, linter, build, every test, and an installation of the packed file.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v chromium >/dev/null 2>&1; then
  # The report page is opened in a real browser; Debian's package is the only one used.
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
fi
npm ci --no-audit --no-fund
npm run check
npm run test:install
