import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { program, recordedRun, type Scene, WORKLOAD } from './scene.ts';

const EXPERIMENT = `name: experiment
title: Experiment
question: none
strategy: plain-strategy.yaml
workload: ${WORKLOAD}
seeds: [1, 2, 3, 4, 5, 6]
arms: {one: {values: {n: 8}}, two: {values: {n: 16}}}
claims: [{id: a, statement: equal, kind: equals, metric: ttft_p99_ms, arm: one, against: two, within: 0.5}]
`;

const BENCH = `gpu,seq_len,batch,latency_ms
${[1, 2, 3].map((n) => `A,${n},1,${n}\nA,${n},2,${n + 1}\n`).join('')}`;

/** Files that command lines name: a study, an experiment, a run of the study, a dataset, samples, latencies. */
export async function prepared(scene: Scene): Promise<void> {
  if (existsSync(scene.at('dataset.jsonl'))) return;
  await recordedRun(scene);
  writeFileSync(scene.at('experiment.yaml'), EXPERIMENT);
  writeFileSync(scene.at('bench.csv'), BENCH);
  for (const line of [
    ['pd-slo', 'run', '--requests', '50', '--out', 'pd'],
    ['cloud-edge', 'build-dataset', '--synthetic', '20', '--name', 'x', '--out', 'data', '--quiet'],
  ]) {
    const { code, stderr } = await program(line, { cwd: scene.folder });
    if (code !== 0) throw new Error(`${line.join(' ')}: ${stderr}`);
  }
  const [made] = readdirSync(scene.at('data')).filter((name) => name.endsWith('.jsonl'));
  copyFileSync(scene.at('data', made!), scene.at('dataset.jsonl'));
}
