#!/bin/sh
# Regenerates reports/orthogonal-slo: the two studies that the experiment takes its points from, then the experiments.
# `sh test/bench/evidence.sh all` tunes every strategy template with the same budget.
set -e
out=reports/orthogonal-slo
strategies="llm-d-weighted cross-layer"
if [ "$1" = all ]; then
  strategies=$(ls studies/strategies | sed 's/\.yaml$//')
fi
for strategy in $strategies; do
  rm -rf "$out/$strategy"
  node dist/src/cli/main.js run "studies/strategies/$strategy.yaml" --out "$out/$strategy"
  node dist/src/cli/main.js verify "$out/$strategy"
done
node dist/src/cli/main.js experiment studies/experiments --out "$out"
