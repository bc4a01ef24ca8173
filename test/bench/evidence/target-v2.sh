#!/bin/sh
# Regenerates reports/target-v2. First argument: a folder for the output in place of it; studies that the experiments take their points
# from are then still those in reports/target-v2. The ledger is only ever appended to.
set -e
out=${1:-reports/target-v2}
here=studies/target-v2
mkdir -p "$out"
paretune() { node dist/src/cli/main.js "$@"; }
capacity() { # NAME FILE FLAGS …: the table as JSON, every rate tried with it
  name=$1
  shift
  paretune capacity "$@" --json > "$out/$name.json"
}
seeds="12001 12002 12003"
S1="critical=ttft:500ms,tpot:20ms;standard=ttft:1s,tpot:30ms;sheddable=ttft:5s,tpot:60ms"

# What to change today without code: 3/2/2 against stock.
capacity capacity-sustained $here/capacities.yaml --sustained --from 800 --to 1600 --seed $seeds \
  --arm hand-picked-rl stock-rl hand-picked-tp stock-tp
capacity capacity-models $here/capacities.yaml --sustained --from 300 --to 1300 --seed $seeds \
  --arm hand-picked-qwen3-14b stock-qwen3-14b hand-picked-a100 stock-a100
capacity capacity-sessions $here/session-capacities.yaml --sustained --grid 5 --from 80 --to 200 --seed 12001 12002
paretune experiment $here/stock-against-hand-picked.yaml --out "$out"
for experiment in near-saturation sessions-window sessions-overload; do paretune experiment $here/$experiment.yaml --out "$out"; done

# What strategies add: rivals tuned on the same seeds with the same budget, then judged on unused ones.
for study in t1-stock t1-class-partition t1-class-pools t1-class-pools-bar t1-stock-s1 t1-class-pools-s1 t2-class-pools-heavy t2-class-pools-mixes \
  t3-class-pools-200 t4-stock-rl t4-class-pools-rl t4-stock-rl-s2 t4-class-pools-rl-s2; do
  rm -rf "$out/$study"
  # Exit code 3: no point within the guards.
  paretune run $here/$study.yaml --out "$out/$study" || [ $? = 3 ]
  rm -f "$out/$study/report.html" "$out/$study/report.json" "$out/$study/trials.csv" "$out/$study/timings.jsonl"
done
for study in t1-stock t1-class-pools-bar; do
  paretune sensitivity "$out/$study" --json > "$out/sensitivity-$study.json"
done
for experiment in t1 t1-tuned t1-s1 t1-s1-e2e t1-ablation criteria t1-roofline t2 t2-tuned t2-mixes t2-mixes-e2e t3 t4 t4-rl t4-rl-s2 t5; do
  paretune experiment $here/experiments/$experiment.yaml --out "$out"
done
capacity capacity-s1 $here/capacities-tuned.yaml --from 1100 --to 1450 --slo "$S1"
capacity capacity-s1-tuned $here/capacities-s1.yaml --from 1100 --to 1500
capacity capacity-s2 $here/capacities-tuned.yaml --from 1000 --to 1400
# What is left: all requests by the targets of one class alone.
alone() { # NAME TARGETS FROM TO
  capacity "$1" $here/capacities-tuned.yaml --arm stock-1024 --seed 14501 14502 14503 --from "$3" --to "$4" \
    --slo "critical=$2;standard=$2;sheddable=$2"
}
alone capacity-s1-as-critical ttft:500ms,tpot:20ms 1000 1700
alone capacity-s1-as-standard ttft:1s,tpot:30ms 1000 1800
alone capacity-s1-as-sheddable ttft:5s,tpot:60ms 1500 3500
alone capacity-s2-as-critical ttft:200ms,tpot:15ms 800 1700
alone capacity-s2-as-standard ttft:500ms,tpot:25ms 1000 1800
alone capacity-s2-as-sheddable ttft:2s,tpot:50ms 1000 1900
[ "$out" != reports/target-v2 ] || node --import tsx "$(dirname "$0")/write-page.ts"
