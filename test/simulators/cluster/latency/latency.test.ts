import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createLatencyModel } from '../../../../src/simulators/cluster/latency/create-latency-model.ts';
import type { LatencyModel } from '../../../../src/simulators/cluster/latency/latency-model.ts';
import { HARDWARE } from '../../../../src/simulators/cluster/settings/hardware-catalog.ts';
import { MODEL_CONFIGS } from '../../../../src/simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../../../src/simulators/cluster/settings/model-config.ts';

/** [progress before the step, prompt length, output length, new tokens] */
type Entry = readonly [number, number, number, number];

interface Golden {
  readonly alpha: readonly number[];
  readonly beta: readonly number[];
  readonly batches: readonly (readonly Entry[])[];
  readonly rows: readonly {
    readonly model: string;
    readonly gpu: string;
    readonly tp: number;
    readonly backend: 'roofline' | 'trained-physics';
    readonly step_us: readonly number[] | null;
    readonly error: string | null;
  }[];
}

const golden = JSON.parse(
  gunzipSync(readFileSync(new URL('../../../fixtures/cluster/latency.json.gz', import.meta.url))).toString(),
) as Golden;

/** Both ways of computing it, which must agree wherever the first one knows. */
function stepUs(model: LatencyModel, batch: readonly Entry[]): number {
  const scheduled = batch.filter(([, , , tokens]) => tokens > 0);
  model.begin();
  for (const [context, input, , tokens] of scheduled) if (context < input) model.addPrefill(context, input, tokens);
  const contexts = scheduled.filter(([context, input, output]) => context >= input && output > 0).map(([c]) => c);
  const sum = contexts.reduce((total, context) => total + context, 0);
  const exact = model.exactUs(contexts, scheduled.length);
  const quick = model.stepUs(contexts.length, sum, scheduled.length);
  if (!Number.isNaN(quick)) expect(quick).toBe(exact);
  return exact;
}

describe('step time', () => {
  it.each(['roofline', 'trained-physics'] as const)('%s equals the reference to the µs', (kind) => {
    const rows = golden.rows.filter((row) => row.backend === kind && row.error === null);
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      const model = createLatencyModel({
        kind,
        alpha: golden.alpha,
        beta: golden.beta,
        model: parseModelConfig(MODEL_CONFIGS[row.model]!, row.model).architecture,
        hardware: HARDWARE[row.gpu]!,
        tp: row.tp,
        dp: 1,
        moeCommBackend: '',
      });
      const actual = golden.batches.map((batch) => stepUs(model, batch));
      expect(actual, `${row.model} ${row.gpu} tp ${row.tp}`).toEqual(row.step_us);
    }
  });

  it('blackbox is linear in prefill and decode tokens and at least 1 µs', () => {
    const model = createLatencyModel({ kind: 'blackbox', alpha: [100.9, 2.5, 7.9], beta: [10.5, 2, 0.25] });
    expect(model.queueingUs(3)).toBe(108);
    expect(model.outputTokenUs).toBe(7);
    expect(stepUs(model, [])).toBe(1);
    expect(stepUs(model, [[0, 5, 1, 5]])).toBe(20);
    expect(
      stepUs(model, [
        [0, 5, 1, 5],
        [8, 8, 9, 1],
        [9, 8, 9, 1],
      ]),
    ).toBe(21);
  });
});
