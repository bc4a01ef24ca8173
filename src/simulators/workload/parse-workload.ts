import { InputError, within } from '../../base/errors.ts';
import { checkAll, mapAll } from '../../base/problem-list.ts';
import { shortKey } from '../../base/short-text.ts';
import { type Fields, fields, list, mapped, record } from '../../document/form.ts';
import { choice, finite, flag, integer, integer64, number, text } from '../../document/form-values.ts';
import { cohortForm } from './parse-cohort.ts';
import { arrivalForm, lengthForm } from './parse-distributions.ts';
import { RATE_SCHEMA, TRAFFIC_OPTIONAL, TRAFFIC_REQUIRED, toTraffic } from './parse-traffic.ts';
import { SERVEGEN_KEY, servegenForm } from './servegen-section.ts';
import {
  type ClientSpec,
  type GoodputTarget,
  type InferencePerfSpec,
  SLO_CLASSES,
  type TrafficSpec,
  type WindowSpec,
  type WorkloadSpec,
} from './workload-spec.ts';

/** What requests without a class count as where goodput is measured. */
const CLASS_OF_THE_UNNAMED = 'default';

const windowForm = mapped(
  fields(
    { end_us: integer({}) },
    {
      start_us: integer({ min: 0 }),
      trace_rate: finite({ min: 0 }),
      arrival: arrivalForm,
      input_distribution: lengthForm,
      output_distribution: lengthForm,
    },
  ),
  (written): WindowSpec => {
    const { start_us: startUs, end_us: endUs } = { ...written, start_us: written.start_us ?? 0 };
    if (endUs <= startUs) throw new InputError(`must be > start_us ${startUs}, got ${endUs}`, { path: ['end_us'] });
    return {
      startUs,
      endUs,
      traceRate: written.trace_rate,
      arrival: written.arrival,
      input: written.input_distribution,
      output: written.output_distribution,
    };
  },
);

const CLIENT_OPTIONAL = {
  ...TRAFFIC_OPTIONAL,
  concurrency: integer({ min: 0 }),
  think_time_us: integer({ min: 0 }),
  lifecycle: fields({ windows: list(windowForm, { min: 1 }) }, {}),
};

const clientForm = fields(TRAFFIC_REQUIRED, CLIENT_OPTIONAL, {
  if: { required: ['concurrency'], properties: { concurrency: { type: ['number', 'string'], minimum: 1 } } },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { properties: { rate_fraction: { maximum: 0 } } },
  else: RATE_SCHEMA,
});

const inferencePerf = mapped(
  fields(
    {
      stages: list(
        mapped(
          fields({ rate: finite({ above: 0 }), duration: integer({ min: 1 }) }, {}),
          ({ rate, duration: durationS }) => ({ rate, durationS }),
        ),
        { min: 1 },
      ),
      shared_prefix: fields(
        { num_unique_system_prompts: integer({ min: 1 }), num_users_per_system_prompt: integer({ min: 1 }) },
        {
          system_prompt_len: integer({ min: 0 }),
          question_len: integer({ min: 0 }),
          output_len: integer({ min: 0 }),
          enable_multi_turn_chat: flag,
        },
      ),
    },
    {},
  ),
  ({ stages, shared_prefix: shared }): InferencePerfSpec => ({
    stages,
    systemPrompts: shared.num_unique_system_prompts,
    usersPerPrompt: shared.num_users_per_system_prompt,
    systemPromptTokens: shared.system_prompt_len ?? 0,
    questionTokens: shared.question_len ?? 0,
    outputTokens: shared.output_len ?? 0,
    multiTurn: shared.enable_multi_turn_chat ?? false,
  }),
);

export const goodputTarget = mapped(
  fields({}, { ttft_ms: number, itl_ms: number, e2e_ms: number }),
  ({ ttft_ms, itl_ms, e2e_ms }): GoodputTarget => ({
    ...(ttft_ms === null ? {} : { ttftMs: ttft_ms }),
    ...(itl_ms === null ? {} : { itlMs: itl_ms }),
    ...(e2e_ms === null ? {} : { e2eMs: e2e_ms }),
  }),
);

/** The form of a workload document: what of it a JSON Schema can say. */
export const workloadForm = fields(
  {},
  {
    version: text,
    seed: integer64({}),
    category: choice('category', ['', 'language', 'multimodal', 'reasoning']),
    aggregate_rate: number,
    num_requests: integer({ min: 0 }),
    /** Signed 64 bit: the reference's default is 2^63 − 1. */
    horizon: integer64({ min: 0n }),
    clients: list(clientForm),
    cohorts: list(cohortForm),
    goodput_slo_targets: record(goodputTarget),
    inference_perf: inferencePerf,
    servegen_data: servegenForm,
  },
);

/**
 * Checks a workload document and gives it types.
 * @param value - the document as plain data; integers beyond 2^53 may be bigint
 * @param path - where the document sits, for messages
 * @throws InputError for unknown keys, wrong types, values out of range and contradictions
 */
export function parseWorkload(value: unknown, path: readonly (string | number)[] = []): WorkloadSpec {
  return within(path, () => {
    const written = workloadForm.read(value);
    if (written.servegen_data !== null) {
      throw new InputError('is read in workload files only', {
        path: [SERVEGEN_KEY],
        suggestion: 'name a workload file that has it',
      });
    }
    const warnings: string[] = [];
    const isOld = written.version === null || written.version === '' || written.version === '1';
    const clients = mapAll(written.clients ?? [], (client, index) =>
      within(['clients', index], () => toClient(client, isOld ? warnings : null)),
    );
    const spec: WorkloadSpec = {
      seed: written.seed ?? 0n,
      aggregateRate: written.aggregate_rate ?? 0,
      numRequests: written.num_requests ?? 0,
      horizonUs: toHorizon(written.horizon ?? 0n),
      clients,
      cohorts: written.cohorts ?? [],
      inferencePerf: written.inference_perf,
      goodputTargets: written.goodput_slo_targets,
      warnings,
    };
    warnings.push(...strangeClasses(spec));
    checkAll(
      () => checkSources(spec),
      () => checkRates(spec),
      () => checkTogether(spec),
    );
    return spec;
  });
}

/** Horizons beyond exact doubles are no limit. */
function toHorizon(horizon: bigint): number {
  return horizon > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(horizon);
}

function toClient(
  written: Fields<typeof TRAFFIC_REQUIRED, typeof CLIENT_OPTIONAL>,
  warnings: string[] | null,
): ClientSpec {
  const concurrency = written.concurrency ?? 0;
  if (concurrency > 0 && (written.rate_fraction ?? 0) > 0) {
    throw new InputError('cannot be combined with concurrency', {
      path: ['rate_fraction'],
      suggestion: 'remove one of the two',
    });
  }
  return {
    ...toTraffic(written, { hasUsers: concurrency > 0, warnings }),
    concurrency,
    thinkTimeUs: written.think_time_us ?? 0,
    windows: written.lifecycle?.windows ?? null,
  };
}

function checkSources(spec: WorkloadSpec): void {
  if (spec.inferencePerf !== null && spec.clients.length > 0) {
    throw new InputError('cannot be combined with clients', {
      path: ['inference_perf'],
      suggestion: 'remove one of the two',
    });
  }
  if (spec.clients.length === 0 && spec.cohorts.length === 0 && spec.inferencePerf === null) {
    throw new InputError('needs at least one client, cohort or inference_perf block');
  }
}

/** A positive total rate, or zero with a rate on every window. */
function checkRates(spec: WorkloadSpec): void {
  if (spec.inferencePerf !== null) return;
  const rateClients = spec.clients.filter((client) => client.concurrency === 0);
  if (rateClients.length === 0 && spec.cohorts.length === 0) return;
  const rate = spec.aggregateRate;
  if (Number.isFinite(rate) && rate > 0) return;
  if (rate !== 0) throw new InputError(`must be finite and > 0, got ${rate}`, { path: ['aggregate_rate'] });
  const windowed = rateClients.every((c) => c.windows?.every((w) => w.traceRate !== null) ?? false);
  const spiked = spec.cohorts.every((c) => {
    const spikeRate = c.spike?.traceRate ?? 0;
    return Number.isFinite(spikeRate) && spikeRate > 0 && c.diurnal === null && c.drain === null;
  });
  if (windowed && spiked) return;
  throw new InputError('must be > 0, got 0', {
    path: ['aggregate_rate'],
    suggestion:
      'give the total rate in requests/s, or a trace_rate on every window of every client and on every cohort spike',
  });
}

function checkTogether(spec: WorkloadSpec): void {
  const traffic: readonly TrafficSpec[] = [...spec.clients, ...spec.cohorts];
  const users = spec.clients.findIndex((client) => client.concurrency > 0);
  const perfSessions = spec.inferencePerf?.multiTurn === true;
  if (users >= 0 && (perfSessions || traffic.some((t) => t.multiTurn !== null))) {
    throw new InputError('concurrency clients and multi_turn traffic cannot be in one workload', {
      path: ['clients', users, 'concurrency'],
    });
  }
  const named = traffic.filter((t) => t.sloClass !== '').length;
  if (named > 0 && named < traffic.length) {
    const list = spec.clients.some((c) => c.sloClass === '') ? 'clients' : 'cohorts';
    const index = spec[list].findIndex((t) => t.sloClass === '');
    throw new InputError('slo_class must be given for all clients and cohorts or for none', {
      path: [list, index],
      suggestion: `add slo_class, one of ${SLO_CLASSES.join(', ')}`,
    });
  }
}

/** Names are open, as in the reference, but only requests of the classes of this format can meet a target. */
function strangeClasses({ goodputTargets }: WorkloadSpec): readonly string[] {
  return Object.keys(goodputTargets ?? {})
    .filter((name) => name !== CLASS_OF_THE_UNNAMED && !(SLO_CLASSES as readonly string[]).includes(name))
    .map(
      (name) =>
        `goodput_slo_targets.${shortKey(name)}: no request can have this SLO class; known: ${SLO_CLASSES.join(', ')}`,
    );
}
