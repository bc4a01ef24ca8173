#!/bin/sh
# The table of target problem 2: what hand-picked weights, stock and class partitions keep up with and serve within S1 and S2, and
# what stock gains. About 40 minutes on 2 idle cores. First argument: folder for the output.
set -e
out=${1:-runs/target-v2}
mkdir -p "$out"
paretune() { node dist/src/cli/main.js "$@"; }
seeds="12001 12002 12003"
here=studies/target-v2
S1="critical=ttft:500ms,tpot:20ms;standard=ttft:1s,tpot:30ms;sheddable=ttft:5s,tpot:60ms"

paretune capacity $here/capacities.yaml --sustained --seed $seeds \
  --arm hand-picked-rl stock-rl hand-picked-tp stock-tp | tee "$out/sustained.txt"
paretune capacity $here/capacities.yaml --seed $seeds \
  --arm stock-tp partition-2-4-2 partition-3-4-1 partition-2-5-1 partition-3-3-2 | tee "$out/s2.txt"
paretune capacity $here/capacities.yaml --slo "$S1" --seed $seeds --arm stock-tp | tee "$out/s1.txt"
paretune capacity $here/session-capacities.yaml --sustained --grid 5 --seed $seeds | tee "$out/sessions.txt"
paretune experiment $here/stock-against-hand-picked.yaml --out "$out"
