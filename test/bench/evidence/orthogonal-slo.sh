#!/bin/sh
# Regenerates reports/orthogonal-slo: the studies that the experiments take their points from, then the experiments.
# Every study is verified after it has run. The ledger is only ever appended to.
#   npm run evidence -- orthogonal-slo       tuned plain weights, the cross-layer strategy, admission; at twice the rate the
#                                           first two again, plain weights with 512 slots, and the cross-layer strategy for a backlog
#   npm run evidence -- orthogonal-slo all   all ten strategy templates with the same budget, and their comparison
set -e
out=reports/orthogonal-slo
paretune="node dist/src/cli/main.js"
# QUEUE=postgres://… evaluates on the workers of a queue; the records are the same.
queue=${QUEUE:+--queue $QUEUE}
strategies="llm-d-weighted cross-layer slo-gated-admission"
experiments=$(ls studies/experiments/orthogonal-slo*.yaml)
if [ "$1" = all ]; then
  strategies=$(ls studies/strategies | sed 's/\.yaml$//')
  experiments="$experiments studies/experiments/all/orthogonal-slo-strategies.yaml"
fi
record() {
  rm -rf "$2"
  $paretune run "$1" --out "$2" $queue
  $paretune verify "$2"
}
for strategy in $strategies; do
  record "studies/strategies/$strategy.yaml" "$out/$strategy"
done
for strategy in llm-d-weighted llm-d-weighted-slots cross-layer cross-layer-backlog; do
  record "studies/overload/$strategy.yaml" "$out/overload/$strategy"
done
# One by one: for a folder, paretune would write an index in place of the README.
for experiment in $experiments; do
  $paretune experiment "$experiment" --out "$out" $queue
done
