import { InputError } from '../../base/errors.ts';
import { pairProbabilities } from '../../simulators/kernel/pair-selection.ts';
import type { PairRouter } from '../../simulators/pd-slo/pair-router.ts';
import type { Placement } from '../../simulators/pd-slo/placement.ts';
import type { ReadConfig } from '../../simulators/pd-slo/read-config.ts';
import { hostPort, runPdSlo } from '../../simulators/pd-slo/run-simulation.ts';
import { PREFILLER_HEADER } from '../../simulators/pd-slo/slo-headers.ts';

/** One row of a pair table; times in ms. */
export interface ExplainedPair {
  readonly prefill: string;
  readonly decode: string;
  readonly prefillTtftMs: number;
  readonly decodeTtftMs: number;
  readonly transferMs: number;
  readonly jointTtftMs: number;
  readonly tpotMs: number;
  readonly ttftHeadroomMs: number;
  readonly tpotHeadroomMs: number;
  readonly blendedMs: number;
  readonly positive: boolean;
  readonly probability: number;
  readonly chosen: boolean;
}

export interface ExplainedDecision {
  readonly request: number;
  readonly arrivalMs: number;
  readonly inputTokens: number;
  readonly sloClass: string;
  readonly ttftTargetMs: number | null;
  readonly tpotTargetMs: number | null;
  readonly kind: Placement['kind'] | 'rejected';
  readonly outcome: Placement['outcome'];
  readonly prefillPod: string | null;
  readonly decodePod: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where the decision compared no pairs: another mode, no targets, or decode only. */
  readonly pairs: readonly ExplainedPair[];
}

/**
 * Replays the simulation up to one request and answers why it went where it went.
 * @throws InputError when the run has no such request
 */
export function explainDecision(setup: ReadConfig, seed: number, request: number): ExplainedDecision {
  const { requests: count } = setup.config.workload;
  if (!Number.isInteger(request) || request < 0 || request >= count) {
    throw new InputError(`request must be an integer within 0 … ${count - 1}, got ${request}`, { path: ['request'] });
  }
  let pairs: readonly ExplainedPair[] = [];
  const run = runPdSlo(setup, {
    seed,
    fidelity: (request + 1) / count,
    observe: (router) => (index, _routed, placement) => {
      if (index !== request || setup.config.mode !== 'joint' || placement.outcome === 'none') return;
      pairs = explainedPairs(setup, router, placement);
    },
  });
  const { requests, log } = run;
  const placement = log.placements[request] ?? null;
  const kind = requests.classIndex[request]!;
  const targets = requests.hasHeaders[request] === 1 ? requests.targets[kind]! : { ttftMs: null, tpotMs: null };
  const prefill = placement?.prefill ?? -1;
  const decode = placement?.decode ?? -1;
  return {
    request,
    arrivalMs: requests.arrivalMs[request]!,
    inputTokens: requests.inputTokens[request]!,
    sloClass: setup.config.workload.classes[kind]!.name,
    ttftTargetMs: targets.ttftMs,
    tpotTargetMs: targets.tpotMs,
    kind: placement?.kind ?? 'rejected',
    outcome: placement?.outcome ?? 'none',
    prefillPod: prefill < 0 ? null : setup.prefillPods[prefill]!.name,
    decodePod: decode < 0 ? null : setup.decodePods[decode]!.name,
    headers: prefill < 0 ? {} : { [PREFILLER_HEADER]: hostPort(setup, prefill) },
    pairs,
  };
}

/** The pair table of a router as it stands, and which pair was taken. */
function explainedPairs(setup: ReadConfig, router: PairRouter, placement: Placement): readonly ExplainedPair[] {
  const { table } = router;
  const probabilities = pairProbabilities(table, router.selection);
  const decodes = setup.decodePods.length;
  return Array.from({ length: table.count }, (_, pair) => {
    const prefill = Math.floor(pair / decodes);
    const decode = pair % decodes;
    return {
      prefill: setup.prefillPods[prefill]!.name,
      decode: setup.decodePods[decode]!.name,
      prefillTtftMs: router.prefillTtftMs[prefill]!,
      decodeTtftMs: router.decodeTtftMs[decode]!,
      transferMs: setup.config.pair_optimizer.transferOverheadMs,
      jointTtftMs: table.ttftMs[pair]!,
      tpotMs: table.tpotMs[pair]!,
      ttftHeadroomMs: table.ttftHeadroomMs[pair]!,
      tpotHeadroomMs: table.tpotHeadroomMs[pair]!,
      blendedMs: table.blendedMs[pair]!,
      positive: table.positive[pair] === 1,
      probability: probabilities[pair]!,
      chosen: prefill === placement.prefill && decode === placement.decode,
    };
  });
}
