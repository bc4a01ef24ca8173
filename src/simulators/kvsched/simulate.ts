import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { gpuFactors } from './gpu-latency.ts';
import { StageLoads } from './loads.ts';
import { strayEnds } from './network-ends.ts';
import { PythonRandom } from './python-random.ts';
import type { NodeSpec, Scenario } from './scenario.ts';
import { type ClusterView, createScheduler } from './schedulers.ts';
import type { RunSettings } from './settings.ts';
import { TransferTable, visibleTransferMs } from './transfer.ts';
import { requestTemplates } from './workload.ts';

/** One entry per request, in order of arrival. */
export interface RunRecord {
  readonly prefillMs: Float64Array;
  readonly decodeMs: Float64Array;
  readonly totalMs: Float64Array;
  /** Index of the prefill node and of the decode node. */
  readonly owners: Int32Array;
  readonly targets: Int32Array;
  readonly migrations: number;
  readonly migrationBytes: number;
}

const PREFILL_BASE_MS = 20;
const PREFILL_MS_PER_TOKEN = 0.06;
const PREFILL_MS_PER_REQUEST = 2;
const DECODE_BASE_MS = 10;
const DECODE_MS_PER_REQUEST = 1;
const LEGACY_MIGRATION_MS = 8;

/**
 * Routes one request per tick through a prefill node and a decode node.
 * @throws InputError when the scenario and the settings contradict each other
 */
export function simulate(scenario: Scenario, settings: RunSettings): RunRecord {
  checkRun(scenario, settings);
  const { nodes, network } = scenario;
  const { ticks, seed, fidelity, policy } = settings;
  const legacy = fidelity === 'legacy';
  const walking = scenario.dynamics === 'walk';
  const templates = requestTemplates(scenario.workload, fidelity, seed);
  const prefill = new StageLoads(nodes, 'prefill');
  const decode = new StageLoads(nodes, 'decode');
  const transfers = new TransferTable(
    network,
    nodes.map(({ id }) => id),
    settings.links,
  );
  const factors = gpuFactors(scenario);
  const dynamics = new PythonRandom(seed);
  const decide = createScheduler(settings.scheduler, {
    weights: settings.weights,
    policy,
    hysteresisMs: legacy ? 0 : policy.hysteresisMs,
    rng: new PythonRandom(seed),
  });
  const prefillNodes = prefillCandidates(nodes);
  const view = clusterView(scenario, settings, decode, transfers);
  const record = emptyRecord(ticks);
  let migrations = 0;
  let migrationBytes = 0;

  for (let tick = 0; tick < ticks; tick++) {
    const now = tick * scenario.tickMs;
    if (!walking) {
      prefill.release(now);
      decode.release(now);
    }
    const request = tick % templates.count;
    let owner = prefillNodes[0]!;
    for (const node of prefillNodes) if (prefill.load(node) < prefill.load(owner)) owner = node;
    const prefillBase = PREFILL_BASE_MS + PREFILL_MS_PER_TOKEN * templates.promptTokens[request]!;
    const prefillMs = prefillBase * factors[owner]! + PREFILL_MS_PER_REQUEST * prefill.load(owner);
    if (walking) prefill.walk(owner, dynamics);
    else prefill.admit(owner, now + prefillMs);

    const kvBytes = templates.kvBytes[request]!;
    const { target, prefetch } = decide({ owner, kvBytes, maxNewTokens: templates.maxNewTokens[request]! }, view);
    const computeMs = DECODE_BASE_MS * factors[target]! + DECODE_MS_PER_REQUEST * decode.load(target);
    let migrationMs = 0;
    if (target !== owner) {
      migrationMs = legacy
        ? LEGACY_MIGRATION_MS
        : visibleTransferMs(transfers.rawMs(owner, target, kvBytes), {
            computeMs,
            overlapRatio: policy.overlapRatio,
            prefetch,
            maxHideMs: network?.maxHideMs ?? null,
          });
      migrations++;
      migrationBytes += kvBytes;
    }
    const decodeMs = computeMs + migrationMs;
    record.owners[tick] = owner;
    record.targets[tick] = target;
    record.prefillMs[tick] = prefillMs;
    record.decodeMs[tick] = decodeMs;
    record.totalMs[tick] = prefillMs + decodeMs;
    if (walking) decode.walk(target, dynamics);
    else decode.admit(target, now + prefillMs + decodeMs);
  }
  return { ...record, migrations, migrationBytes };
}

function emptyRecord(ticks: number): Omit<RunRecord, 'migrations' | 'migrationBytes'> {
  return {
    prefillMs: new Float64Array(ticks),
    decodeMs: new Float64Array(ticks),
    totalMs: new Float64Array(ticks),
    owners: new Int32Array(ticks),
    targets: new Int32Array(ticks),
  };
}

function checkRun(scenario: Scenario, { ticks, fidelity }: RunSettings): void {
  if (!Number.isSafeInteger(ticks) || ticks < 1) {
    throw new InputError(`ticks must be an integer ≥ 1, got ${ticks}`, { path: ['ticks'] });
  }
  const foreign: readonly [string, boolean][] = [
    ['dynamics', scenario.dynamics !== 'walk'],
    ['gpu_latency', scenario.gpuLatency],
    ['decode_roles', scenario.decodeRoles !== null],
  ];
  const option = foreign.find(([, used]) => fidelity === 'legacy' && used);
  if (option !== undefined) {
    throw new InputError('does not exist in the legacy fidelity', {
      path: [option[0]],
      suggestion: 'remove it, or run the wired fidelity',
    });
  }
  const { nodes, network } = scenario;
  const ids = nodes.map(({ id }) => id);
  const [stray] = strayEnds(ids, network?.links ?? [], [...(network?.utilByPair.keys() ?? [])]);
  if (stray !== undefined) throw stray;
}

/** Nodes tagged `prefill`, or all where none is. */
function prefillCandidates(nodes: readonly NodeSpec[]): readonly number[] {
  const all = nodes.map((_, index) => index);
  const tagged = all.filter((index) => nodes[index]!.role === 'prefill');
  return tagged.length > 0 ? tagged : all;
}

function clusterView(
  scenario: Scenario,
  settings: RunSettings,
  decode: StageLoads,
  transfers: TransferTable,
): ClusterView {
  const { nodes } = scenario;
  const candidates = nodes.map((_, owner) => decodeCandidates(scenario, settings, transfers, owner));
  const pressure = nodes.map(({ vramTotalBytes: total, vramFreeBytes: free }) =>
    total <= 0 ? 1 : (total - free) / total,
  );
  return {
    candidates: (owner) => {
      const found = candidates[owner]!;
      if (found.length > 0) return found;
      throw new InputError(`no decode node can be reached from ${shortText(nodes[owner]!.id)}`, {
        path: ['decode_roles'],
        suggestion: 'add a link or a decode node',
      });
    },
    decodeLoad: (node) => decode.load(node),
    memPressure: (node) => pressure[node]!,
    transferMs: (owner, node, bytes) => transfers.rawMs(owner, node, bytes),
  };
}

function decodeCandidates(
  { nodes, decodeRoles }: Scenario,
  { links }: RunSettings,
  transfers: TransferTable,
  owner: number,
): readonly number[] {
  const found: number[] = [];
  for (const [index, { role }] of nodes.entries()) {
    const allowed = decodeRoles === null || role === null || decodeRoles.includes(role);
    if (allowed && (links !== 'skip' || transfers.reachable(owner, index))) found.push(index);
  }
  return found;
}
