import { InputError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { MICROS_PER_SECOND } from '../../base/units.ts';
import { parseWorkload } from '../../simulators/workload/parse-workload.ts';
import type { Conversion } from './conversion.ts';
import { readStagedLoad, type StagedLoad } from './staged-load.ts';

export interface InferencePerfOptions {
  /** What the reference writes, whose requests are not those of the source. */
  readonly compat: boolean;
}

/** By which every request has been answered or given up: what a client waits by default. */
const PATIENCE_S = 300;

/**
 * Clients for stages of load by users of shared system prompts.
 * @throws InputError whose path starts at the document, for what `readStagedLoad` refuses and stages without requests
 */
export function convertInferencePerf(source: Json, { compat }: InferencePerfOptions): Conversion {
  const load = readStagedLoad(source);
  const { stages, multiTurn } = load.spec;
  const timed = timeline(load);
  const clients = timed.flatMap((stage) => stageClients(load, stage, { compat, isOnly: timed.length === 1 }));
  const hasOwnRates = !compat && timed.length > 1;
  const document = {
    version: '2',
    seed: load.seed as Json,
    category: multiTurn ? 'reasoning' : 'language',
    clients,
    aggregate_rate: hasOwnRates ? 0 : stages.reduce((sum, { rate }) => sum + rate, 0),
    ...load.kept,
    ...(compat || hasEnd(load) ? {} : { horizon: timed.at(-1)!.endUs + PATIENCE_S * MICROS_PER_SECOND }),
  };
  parseWorkload(document);
  return { document, notes: load.notes };
}

function hasEnd({ kept }: StagedLoad): boolean {
  return Boolean(kept['num_requests']) || Boolean(kept['horizon']);
}

interface TimedStage {
  readonly index: number;
  readonly rate: number;
  readonly durationS: number;
  readonly startUs: number;
  readonly endUs: number;
  /** Requests of each user, in order. */
  readonly counts: readonly number[];
}

/** Stages one after the other; each deals its requests out evenly. */
function timeline({ spec, pauseS }: StagedLoad): readonly TimedStage[] {
  const users = spec.systemPrompts * spec.usersPerPrompt;
  let startUs = 0;
  return spec.stages.map(({ rate, durationS }, index) => {
    const total = Math.trunc(rate * durationS);
    if (total < 1 || users < 1) {
      throw new InputError(`stage ${index} must ask for at least one request, got ${total} of ${users} users`);
    }
    if (spec.multiTurn && total < users) {
      throw new InputError(`stage ${index} must give each of the ${users} users a round, got ${total} in all`);
    }
    const endUs = startUs + durationS * MICROS_PER_SECOND;
    const counts = Array.from(
      { length: users },
      (_, user) => Math.floor(total / users) + (user < total % users ? 1 : 0),
    );
    const stage = { index, rate, durationS, startUs, endUs, counts };
    startUs = endUs + Math.round(pauseS * MICROS_PER_SECOND);
    return stage;
  });
}

interface StageOptions extends InferencePerfOptions {
  readonly isOnly: boolean;
}

function stageClients(load: StagedLoad, stage: TimedStage, options: StageOptions): readonly JsonObject[] {
  const { spec } = load;
  return stage.counts.flatMap((count, user) => {
    // Only with own rates does a user without requests matter: a rate of 0 is none.
    if (count === 0 && !options.isOnly && !options.compat) return [];
    const prompt = Math.floor(user / spec.usersPerPrompt);
    const name = `prompt-${prompt}-user-${user % spec.usersPerPrompt}`;
    return [
      {
        id: options.isOnly ? name : `stage-${stage.index}-${name}`,
        tenant_id: `prompt-${prompt}`,
        slo_class: 'standard',
        rate_fraction: options.isOnly ? 1 / stage.counts.length : 1,
        arrival: { process: 'poisson' },
        input_distribution: load.question,
        output_distribution: load.output,
        prefix_group: `prompt-${prompt}`,
        prefix_length: spec.systemPromptTokens,
        streaming: load.streaming,
        ...lifecycle(load, stage, { ...options, count }),
        ...sessions(load, stage, { ...options, count }),
      },
    ];
  });
}

interface UserOptions extends StageOptions {
  readonly count: number;
}

/** A single stage of sessions ends with them. */
function lifecycle({ spec }: StagedLoad, stage: TimedStage, { compat, isOnly, count }: UserOptions): JsonObject {
  if (isOnly && (compat || spec.multiTurn)) return {};
  // A window with a rate of its own holds one request less than the rate gives, rounded up.
  const ownRate = compat || isOnly ? {} : { trace_rate: (count + 0.5) / stage.durationS };
  return { lifecycle: { windows: [{ start_us: stage.startUs, end_us: stage.endUs, ...ownRate }] } };
}

/**
 * Rounds of a chat; in windows with rates of their own also single requests are sessions, of one round: others would
 * lose their prefix there.
 */
function sessions({ spec }: StagedLoad, stage: TimedStage, { compat, isOnly, count }: UserOptions): JsonObject {
  if (spec.multiTurn) {
    const thinkTimeUs = Math.trunc((stage.counts.length / stage.rate) * 1e6);
    return {
      reasoning: {
        reason_ratio_distribution: { type: 'constant', params: { value: 0 } },
        multi_turn: { max_rounds: count, think_time_us: thinkTimeUs, context_growth: '', single_session: true },
      },
    };
  }
  if (compat || isOnly) return {};
  return { closed_loop: false, timeout: 0, reasoning: { multi_turn: { max_rounds: 1 } } };
}
