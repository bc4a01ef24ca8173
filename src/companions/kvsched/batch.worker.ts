import { workerData } from 'piscina';
import type { ChartSpec } from '../../report/chart/render.ts';
import { renderPng, renderSvg } from '../../report/chart/render.ts';
import type { Scenario } from '../../simulators/kvsched/scenario.ts';
import { type RunOutcome, type RunTask, runTask } from './task.ts';

const scenarios = workerData as readonly Scenario[];

/** One simulation in a worker thread. */
export default function run({ scenario, settings }: RunTask): RunOutcome {
  return runTask(scenarios[scenario]!, settings);
}

/** One figure in a worker thread. */
export async function render(spec: ChartSpec): Promise<{ svg: string; png: Uint8Array }> {
  const svg = await renderSvg(spec);
  return { svg, png: new Uint8Array(await renderPng(svg)) };
}
