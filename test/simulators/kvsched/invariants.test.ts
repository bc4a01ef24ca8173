import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fidelity } from '../../../src/simulators/kvsched/scenario.ts';
import { SCHEDULERS } from '../../../src/simulators/kvsched/scheduler-names.ts';
import { type RunSettings, resolvePolicy, resolveWeights } from '../../../src/simulators/kvsched/settings.ts';
import { type RunRecord, simulate } from '../../../src/simulators/kvsched/simulate.ts';
import { freeScenarios, loadScenario, settingsFor } from './scenario-files.ts';

const TICKS = 300;
const scenarioNames = fc.constantFrom(...freeScenarios());
const seeds = fc.integer({ min: 0, max: 1_000_000 });
const fidelities = fc.constantFrom<Fidelity>('legacy', 'wired');
const RUNS = { numRuns: 25 };

type Options = Partial<RunSettings> & { readonly fidelity: Fidelity };

function record(name: string, scheduler: RunSettings['scheduler'], options: Options): RunRecord {
  const scenario = loadScenario(name, options.fidelity);
  return simulate(scenario, settingsFor(scenario, scheduler, { ticks: TICKS, ...options }));
}

describe('every run', () => {
  it('adds its stages up, counts its migrations, and repeats to the bit', () => {
    fc.assert(
      fc.property(
        scenarioNames,
        fc.constantFrom(...SCHEDULERS),
        fidelities,
        seeds,
        (name, scheduler, fidelity, seed) => {
          const once = record(name, scheduler, { fidelity, seed });
          let moved = 0;
          for (let tick = 0; tick < TICKS; tick++) {
            expect(once.totalMs[tick]).toBe(once.prefillMs[tick]! + once.decodeMs[tick]!);
            expect(once.prefillMs[tick]).toBeGreaterThanOrEqual(20);
            expect(once.decodeMs[tick]).toBeGreaterThanOrEqual(10);
            if (once.owners[tick] !== once.targets[tick]) moved++;
          }
          expect(once.migrations).toBe(moved);
          expect(record(name, scheduler, { fidelity, seed })).toEqual(once);
        },
      ),
      RUNS,
    );
  });

  it('meets the same prefill latencies under every scheduler', () => {
    fc.assert(
      fc.property(scenarioNames, fidelities, seeds, (name, fidelity, seed) => {
        const [first, ...others] = SCHEDULERS.map((scheduler) => record(name, scheduler, { fidelity, seed }).prefillMs);
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: 8 },
    );
  });
});

describe('kv_only', () => {
  it('never migrates', () => {
    fc.assert(
      fc.property(scenarioNames, fidelities, seeds, (name, fidelity, seed) => {
        const { migrations, migrationBytes } = record(name, 'kv_only', { fidelity, seed });
        expect([migrations, migrationBytes]).toEqual([0, 0]);
      }),
      RUNS,
    );
  });
});

describe('kv_heuristic', () => {
  it('with a huge migration weight is kv_only', () => {
    const weights = resolveWeights({ migrationMs: 1e9 });
    fc.assert(
      fc.property(scenarioNames, fidelities, seeds, (name, fidelity, seed) => {
        expect(record(name, 'kv_heuristic', { fidelity, seed, weights })).toEqual(
          record(name, 'kv_only', { fidelity, seed }),
        );
      }),
      RUNS,
    );
  });

  it('without migration and memory weights places like load_only', () => {
    const weights = resolveWeights({ migrationMs: 0, memPressure: 0 });
    fc.assert(
      fc.property(scenarioNames, fidelities, seeds, (name, fidelity, seed) => {
        const policy = resolvePolicy(loadScenario(name, fidelity), { hysteresisMs: 0 });
        const heuristic = record(name, 'kv_heuristic', { fidelity, seed, weights, policy });
        expect(heuristic.targets).toEqual(record(name, 'load_only', { fidelity, seed }).targets);
      }),
      RUNS,
    );
  });

  it('with an endless hysteresis never migrates', () => {
    fc.assert(
      fc.property(scenarioNames, seeds, (name, seed) => {
        const policy = resolvePolicy(loadScenario(name, 'wired'), { hysteresisMs: 1e9 });
        expect(record(name, 'kv_heuristic', { fidelity: 'wired', seed, policy }).migrations).toBe(0);
      }),
      RUNS,
    );
  });
});

describe('prefetch and overlap', () => {
  const policies = [
    { enablePrefetch: false, enableOverlap: false },
    { enablePrefetch: true, enableOverlap: false },
    { enablePrefetch: false, enableOverlap: true },
    { enablePrefetch: true, enableOverlap: true },
  ];

  it('change latencies, never placements; more hiding is never slower', () => {
    fc.assert(
      fc.property(scenarioNames, seeds, (name, seed) => {
        const scenario = loadScenario(name, 'wired');
        const [plain, ...hidden] = policies.map((policy) =>
          record(name, 'kv_heuristic', { fidelity: 'wired', seed, policy: resolvePolicy(scenario, policy) }),
        );
        for (const run of hidden) {
          expect(run.targets).toEqual(plain!.targets);
          for (let tick = 0; tick < TICKS; tick++) {
            expect(run.decodeMs[tick]).toBeLessThanOrEqual(plain!.decodeMs[tick]!);
            if (run.owners[tick] === run.targets[tick]) expect(run.decodeMs[tick]).toBe(plain!.decodeMs[tick]);
          }
        }
      }),
      RUNS,
    );
  });

  it('do nothing in the legacy fidelity, nor do hysteresis and the stay rule', () => {
    const scenario = loadScenario('S1_cloud', 'legacy');
    const weights = resolveWeights({ migrationMs: 0.01 });
    const [first, ...others] = [...policies, { hysteresisMs: 1e9 }].map((policy) =>
      record('S1_cloud', 'kv_heuristic', { fidelity: 'legacy', weights, policy: resolvePolicy(scenario, policy) }),
    );
    expect(first!.migrations).toBeGreaterThan(0);
    for (const other of others) expect(other).toEqual(first);
  });

  it('a horizon beyond every request is no prefetch', () => {
    const scenario = loadScenario('S1_kv_vs_load', 'wired');
    const far = resolvePolicy(scenario, { enableOverlap: false, prefetchHorizonTokens: 257 });
    const off = resolvePolicy(scenario, { enableOverlap: false, enablePrefetch: false });
    const run = (policy: RunSettings['policy']): RunRecord =>
      record('S1_kv_vs_load', 'kv_heuristic', { fidelity: 'wired', policy });
    expect(run(far)).toEqual(run(off));
    expect(run(resolvePolicy(scenario, { enableOverlap: false }))).not.toEqual(run(off));
  });
});

describe('strict links', () => {
  it('are the only ones used', () => {
    fc.assert(
      fc.property(scenarioNames, fc.constantFrom(...SCHEDULERS), seeds, (name, scheduler, seed) => {
        const scenario = loadScenario(name, 'wired');
        const { owners, targets } = record(name, scheduler, { fidelity: 'wired', seed, links: 'skip' });
        const links = new Set(scenario.network!.links.map(({ src, dst }) => `${src}->${dst}`));
        for (let tick = 0; tick < TICKS; tick++) {
          const [from, to] = [scenario.nodes[owners[tick]!]!.id, scenario.nodes[targets[tick]!]!.id];
          if (from !== to) expect(links).toContain(`${from}->${to}`);
        }
      }),
      RUNS,
    );
  });

  it('end a run of the published program, whose leaked nodes have no link', () => {
    expect(() => record('S1_cloud', 'kv_heuristic', { fidelity: 'legacy', links: 'error' })).toThrow(
      'No link found for cloud_p0 -> nodeA (strict mode)',
    );
    expect(record('S1_cloud', 'load_only', { fidelity: 'legacy', links: 'error' }).migrations).toBeGreaterThan(0);
  });
});
