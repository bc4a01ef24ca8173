import { expect, it } from 'vitest';
import { type Outcome, repeat } from '../../cli/blis/recorded-runs.ts';
import { commandLine, type Draw, draws, KINDS, type Typed } from './command-lines.ts';

const EACH = { disaggregated: 25, 'data-parallel': 15, replay: 20 } as const;

interface Figures {
  readonly [name: string]: number;
}

/** Blocks of figures on stdout: one for each instance, then the cluster's; a single instance has one. */
function blocks(stdout: string): readonly Figures[] {
  return [...stdout.matchAll(/^=== Simulation Metrics ===\n(\{\n[\s\S]*?\n\})/gm)].map(
    ([, text]) => JSON.parse(text!) as Figures,
  );
}

function counter(stdout: string, name: string): number {
  return Number(new RegExp(`^${name.replace(/[()]/g, '\\$&')}: (\\d+)$`, 'm').exec(stdout)?.[1] ?? 0);
}

const ENDS = ['completed_requests', 'still_queued', 'still_running', 'dropped_unservable', 'timed_out_requests'];
const HELD = [
  ...['Rejected Requests (Admission)', 'Rejected Requests (Routing)', 'Gateway Expired (TTL)'],
  ...['Gateway Queue Rejected', 'Gateway Queue Depth (horizon)', 'Gateway Evicted (in-flight)'],
];

/** What holds whatever was simulated. */
function checkSums({ stdout, outputs }: Outcome, { arriving }: Typed): void {
  const all = blocks(stdout);
  const cluster = all.at(-1)!;
  const metrics = JSON.parse(outputs['metrics.json']!) as Figures & { readonly requests?: readonly object[] };
  for (const name of [...ENDS, 'injected_requests']) expect(metrics[name], name).toBe(cluster[name]);
  expect(ENDS.reduce((sum, name) => sum + cluster[name]!, 0)).toBe(cluster['injected_requests']);
  if (all.length > 1) {
    const instances = all.slice(0, -1);
    const tokens = (block: Figures) => block['total_output_tokens']!;
    expect(instances.reduce((sum, block) => sum + tokens(block), 0)).toBeGreaterThanOrEqual(tokens(cluster));
  }
  const held = HELD.reduce((sum, name) => sum + counter(stdout, name), 0);
  if (arriving !== null) expect(cluster['injected_requests']! + held).toBe(arriving);
  for (const [name, value] of Object.entries(cluster)) {
    if (typeof value === 'number') expect(value, name).toBeGreaterThanOrEqual(0);
  }
  expect(metrics.requests?.length ?? 0).toBeLessThanOrEqual(cluster['injected_requests']! + held);
  const trace = outputs['trace.csv'];
  if (trace !== undefined) expect(trace.split('\n')[0]).toMatch(/^request_id,client_id,/);
  const results = outputs['results.json'];
  if (results !== undefined) {
    const ids = (JSON.parse(results) as { request_id: number }[]).map(({ request_id }) => request_id);
    expect(new Set(ids).size).toBe(ids.length);
    // Requests lost between prefill and decode are among the results, as in the reference.
    const lost = cluster['dropped_unservable']! + cluster['timed_out_requests']!;
    expect(ids.length).toBeLessThanOrEqual(cluster['completed_requests']! + lost);
  }
}

let ran = 0;

it.each(KINDS.flatMap((kind) => Array.from({ length: EACH[kind] }, (_, i) => [kind, i] as const)))(
  'a random command line runs to its end, its sums add up, and it says the same again: %s %i',
  async (kind, number) => {
    const draw: Draw = draws(`${kind} ${number}`);
    const typed = commandLine(kind, draw);
    const files: Record<string, string> = { ...typed.files };
    if (typed.recorded !== null) {
      const run = await repeat({ command: 'run', ...typed.recorded });
      expect(run.code, run.stderr).toBe(0);
      Object.assign(files, { 't.yaml': run.outputs['t.yaml']!, 't.csv': run.outputs['t.csv']! });
    }
    const outcome = await repeat({ command: typed.command, flags: typed.flags, files });
    const line = `${typed.command} ${typed.flags.map(([name, value]) => `--${name}=${value}`).join(' ')}`;
    if (outcome.code !== 0) {
      // A cluster that cannot be: too small a memory, a context that does not fit.
      expect([outcome.code, outcome.stderr.trim().split('\n').length], `${line}\n${outcome.stderr}`).toEqual([2, 1]);
      expect(outcome.outputs).toEqual({});
      return;
    }
    ran++;
    checkSums(outcome, typed);
    expect(await repeat({ command: typed.command, flags: typed.flags, files })).toEqual(outcome);
  },
);

it('few of the command lines are refused', () => {
  expect(ran).toBeGreaterThan(50);
});
