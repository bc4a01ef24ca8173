#!/bin/sh
# Regenerates reports/orthogonal-slo: the studies that the experiments take their points from, then the experiments.
# Every study is verified after it has run. The ledger is only ever appended to.
#   npm run evidence          three studies: tuned plain weights, the cross-layer strategy, admission
#   npm run evidence -- all   all ten strategy templates with the same budget, and their comparison
set -e
out=reports/orthogonal-slo
paretune="node dist/src/cli/main.js"
strategies="llm-d-weighted cross-layer slo-gated-admission"
experiments=$(ls studies/experiments/orthogonal-slo*.yaml)
if [ "$1" = all ]; then
  strategies=$(ls studies/strategies | sed 's/\.yaml$//')
  experiments="$experiments studies/experiments/all/orthogonal-slo-strategies.yaml"
fi
for strategy in $strategies; do
  rm -rf "$out/$strategy"
  $paretune run "studies/strategies/$strategy.yaml" --out "$out/$strategy"
  $paretune verify "$out/$strategy"
done
# One by one: for a folder, paretune would write an index in place of the README.
for experiment in $experiments; do
  $paretune experiment "$experiment" --out "$out"
done
