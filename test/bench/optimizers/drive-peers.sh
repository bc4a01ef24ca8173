#!/bin/sh
# Optional: other optimizers on the same problems, in a Python environment of their own. Needs a network and python3 ≥ 3.11.
# Usage: drive-peers.sh FOLDER_WITH_BENCH_PY WORK_FOLDER [SEEDS]
# FOLDER_WITH_BENCH_PY holds a harness that speaks the ask-tell protocol (adapter "external") and knows optuna and botorch.
set -eu
harness=$1
work=$2
seeds=${3:-0-4}
mkdir -p "$work"
[ -d "$work/venv" ] || python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numpy scipy pymoo optuna botorch
root=$(cd "$(dirname "$0")/../../.." && pwd)
for peer in optuna-gp botorch; do
  "$work/venv/bin/python" "$harness/bench.py" --opt "$peer" --problems so,mo --seeds "$seeds" --out "$work/peers.jsonl"
done
"$work/venv/bin/python" "$harness/bench.py" --opt external --cmd "node $root/dist/src/cli/main.js ask-tell" --name paretune \
  --problems so,mo --seeds "$seeds" --out "$work/paretune.jsonl"
