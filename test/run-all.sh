#!/usr/bin/env bash
# Installs what the checks need, then runs types, linter, build, every test, a part of the evidence again, those of the queue on a real PostgreSQL, a run as optuna reads it, and an installation of the packed file.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v chromium >/dev/null 2>&1; then
  # The report page is opened in a real browser; Debian's package is the only one used.
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
fi
if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
  # Tests of the queue start it in a temporary folder; the server that the package itself would start is not needed.
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
fi
if ! python3 -c 'import ensurepip' >/dev/null 2>&1; then
  # optuna is installed into an environment in a temporary folder.
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
fi
npm ci --no-audit --no-fund
npm run check
npm run test:database
sh test/clients/optuna-journal.sh
npm run -s evidence -- short
npm run test:faults -- --part 0.05 --only deaths,records,locks
npm run test:install
