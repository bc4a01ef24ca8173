import { InputError } from '../../base/errors.ts';
import { MICROS_PER_SECOND } from '../../base/units.ts';
import type {
  ArrivalSpec,
  ClientSpec,
  CohortSpec,
  InferencePerfSpec,
  WindowSpec,
  WorkloadSpec,
} from './workload-spec.ts';

/** Arrivals that do not follow from the client's share of the total rate. */
export type FixedArrivals =
  /** `count` gaps that sum to `durationUs`. */
  | { readonly kind: 'spread'; readonly count: number; readonly durationUs: number }
  | { readonly kind: 'poisson'; readonly ratePerUs: number };

/** A client after expansion of cohorts and stages. */
export interface TrafficClient extends ClientSpec {
  readonly fixedArrivals: FixedArrivals | null;
}

export interface Traffic {
  readonly clients: readonly TrafficClient[];
  /** Requests/s. */
  readonly aggregateRate: number;
}

const HOUR_US = 3.6e9;
const POISSON: ArrivalSpec = { process: 'poisson', cv: null, shape: null, scale: null };
const MAX_SPREAD_REQUESTS = 10_000_000;

/** All clients of a workload in generation order: those of the document, then the members of the cohorts. */
export function expandClients(spec: WorkloadSpec): Traffic {
  const own = spec.clients.map((client): TrafficClient => ({ ...client, fixedArrivals: null }));
  const staged = spec.inferencePerf === null ? [] : stageClients(spec.inferencePerf);
  const members = spec.cohorts.flatMap(cohortMembers);
  const stageRate = spec.inferencePerf?.stages.reduce((sum, stage) => sum + stage.rate, 0);
  return { clients: [...own, ...staged, ...members], aggregateRate: stageRate ?? spec.aggregateRate };
}

function cohortMembers(cohort: CohortSpec): TrafficClient[] {
  const { population, prefixSharing, diurnal, spike, drain, ...traffic } = cohort;
  const windows: WindowSpec[] = [
    ...(diurnal === null ? [] : diurnalWindows(diurnal.peakHour, diurnal.peakToTrough)),
    ...(spike === null
      ? []
      : [
          window(
            spike.startUs,
            spike.startUs + spike.durationUs,
            spike.traceRate === null ? null : spike.traceRate / population,
          ),
        ]),
    ...(drain === null ? [] : drainWindows(drain.startUs, drain.rampUs)),
  ];
  return Array.from({ length: population }, (_, j) => ({
    ...traffic,
    id: `${cohort.id}-${j}`,
    rateFraction: cohort.rateFraction / population,
    prefixGroup: prefixSharing === 'per_member' ? `${cohort.prefixGroup}-${j}` : cohort.prefixGroup,
    concurrency: 0,
    thinkTimeUs: 0,
    windows: windows.length === 0 ? null : windows,
    fixedArrivals: null,
  }));
}

/** One window an hour for one day; its length follows a raised cosine with the given peak. */
function diurnalWindows(peakHour: number, peakToTrough: number): WindowSpec[] {
  return Array.from({ length: 24 }, (_, hour) => {
    const wave = (1 + Math.cos((2 * Math.PI * (hour - peakHour)) / 24)) / 2;
    const share = wave * (1 - 1 / peakToTrough) + 1 / peakToTrough;
    const start = hour * HOUR_US;
    return window(start, start + Math.min(HOUR_US, Math.max(1, Math.trunc(HOUR_US * share))), null);
  });
}

/** Full activity until `startUs`, then ten windows that shrink to nothing. */
function drainWindows(startUs: number, rampUs: number): WindowSpec[] {
  const step = Math.max(1, Math.floor(rampUs / 10));
  const ramp = Array.from({ length: 10 }, (_, i) => {
    const start = startUs + i * step;
    return window(start, start + Math.max(1, Math.trunc(step * ((10 - i) / 10))), null);
  });
  return startUs > 0 ? [window(0, startUs, null), ...ramp] : ramp;
}

function window(startUs: number, endUs: number, traceRate: number | null): WindowSpec {
  return { startUs, endUs, traceRate, arrival: null, input: null, output: null };
}

/** Users of shared system prompts, one client per stage, prompt and user. */
function stageClients(spec: InferencePerfSpec): TrafficClient[] {
  const users = spec.systemPrompts * spec.usersPerPrompt;
  const single = spec.stages.length === 1;
  const clients: TrafficClient[] = [];
  let startUs = 0;
  spec.stages.forEach((stage, s) => {
    const durationUs = stage.durationS * MICROS_PER_SECOND;
    const total = Math.trunc(stage.rate * stage.durationS);
    if (total < 1) throw stageError(s, `must ask for at least one request, got rate·duration ${total}`);
    const windows = single ? null : [window(startUs, startUs + durationUs, null)];
    for (let user = 0; user < users; user++) {
      const prompt = Math.floor(user / spec.usersPerPrompt);
      const count = Math.floor(total / users) + (user < total % users ? 1 : 0);
      const name = `prompt-${prompt}-user-${user % spec.usersPerPrompt}`;
      if (spec.multiTurn && count < 1) {
        throw stageError(s, `must give each of the ${users} users at least one round, got ${total} requests in all`);
      }
      clients.push({
        ...stageTraffic(spec, prompt, count, Math.trunc((users / stage.rate) * 1e6)),
        id: single ? name : `stage-${s}-${name}`,
        rateFraction: single ? 1 / users : 1,
        windows,
        fixedArrivals: single
          ? spec.multiTurn
            ? null
            : spread(s, count, durationUs)
          : { kind: 'poisson', ratePerUs: stage.rate / users / 1e6 },
      });
    }
    startUs += durationUs;
  });
  return clients;
}

function spread(stage: number, count: number, durationUs: number): FixedArrivals {
  if (count < 1 || count > MAX_SPREAD_REQUESTS || durationUs < count) {
    throw stageError(
      stage,
      `must give each user 1 … ${MAX_SPREAD_REQUESTS} requests, at most one per µs, got ${count}`,
    );
  }
  return { kind: 'spread', count, durationUs };
}

function stageError(stage: number, rule: string): InputError {
  return new InputError(rule, { path: ['inference_perf', 'stages', stage] });
}

function stageTraffic(
  spec: InferencePerfSpec,
  prompt: number,
  count: number,
  thinkTimeUs: number,
): Omit<TrafficClient, 'id' | 'rateFraction' | 'windows' | 'fixedArrivals'> {
  return {
    tenant: `prompt-${prompt}`,
    sloClass: 'standard',
    model: '',
    adapter: '',
    arrival: POISSON,
    input: { kind: 'constant', value: spec.questionTokens },
    output: { kind: 'constant', value: spec.outputTokens },
    prefixGroup: `prompt-${prompt}`,
    prefixLength: spec.systemPromptTokens,
    streaming: false,
    multimodal: null,
    reasonRatio: spec.multiTurn ? { kind: 'constant', value: 0 } : null,
    multiTurn: spec.multiTurn ? { maxRounds: count, thinkTimeUs, accumulate: false, singleSession: true } : null,
    closedLoop: null,
    timeoutUs: null,
    sloTargetUs: 0,
    concurrency: 0,
    thinkTimeUs: 0,
  };
}
