import { workerData } from 'piscina';
import { type ChartSpec, type Picture, renderPicture } from '../../report/chart/render.ts';
import type { Scenario } from '../../simulators/kvsched/scenario.ts';
import { type RunOutcome, type RunTask, runTask } from './task.ts';

const scenarios = workerData as readonly Scenario[];

/** One simulation in a worker thread. */
export default function run({ scenario, settings }: RunTask): RunOutcome {
  return runTask(scenarios[scenario]!, settings);
}

/** One figure in a worker thread. */
export async function render(spec: ChartSpec): Promise<Picture> {
  const { svg, png } = await renderPicture(spec);
  // Of bytes alone: what crosses threads is copied, and a Buffer brings its pool along.
  return { svg, png: new Uint8Array(png) };
}
