#!/bin/sh
# A run exported for optuna is loaded by the optuna of pip, in a venv that is thrown away; its best trials are the front.
set -eu
cd "$(dirname "$0")/../.."
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
RUN=reports/orthogonal-slo/llm-d-weighted
node dist/src/cli/main.js export "$RUN" --as optuna --out "$FOLDER/study.journal"
node dist/src/cli/main.js pareto "$RUN" --json > "$FOLDER/front.json"
python3 -m venv "$FOLDER/venv"
"$FOLDER/venv/bin/pip" install --quiet --disable-pip-version-check "optuna>=4.0"
"$FOLDER/venv/bin/python" test/clients/read_optuna_journal.py "$FOLDER/study.journal" "$FOLDER/front.json"
