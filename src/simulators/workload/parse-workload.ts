import { InputError, unknownName } from '../../base/errors.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';
import { parseCohort } from './parse-cohort.ts';
import { parseArrival, parseLength } from './parse-distributions.ts';
import { atLeast, parseTraffic, TRAFFIC_KEYS } from './parse-traffic.ts';
import {
  type ClientSpec,
  type GoodputTarget,
  type InferencePerfSpec,
  SLO_CLASSES,
  type TrafficSpec,
  type WindowSpec,
  type WorkloadSpec,
} from './workload-spec.ts';

const TOP_KEYS = [
  'version',
  'seed',
  'category',
  'aggregate_rate',
  'num_requests',
  'horizon',
  'clients',
  'cohorts',
  'goodput_slo_targets',
  'inference_perf',
  'servegen_data',
];
const CLIENT_KEYS = [...TRAFFIC_KEYS, 'concurrency', 'think_time_us', 'lifecycle'];
/** What requests without a class count as where goodput is measured. */
const CLASS_OF_THE_UNNAMED = 'default';
const CATEGORIES = ['', 'language', 'multimodal', 'reasoning'];

/**
 * Checks a workload document and gives it types.
 * @param value - the document as plain data; integers beyond 2^53 may be bigint
 * @param path - where the document sits, for messages
 * @throws InputError for unknown keys, wrong types, values out of range and contradictions
 */
export function parseWorkload(value: unknown, path: DocumentPath = []): WorkloadSpec {
  const reader = new MappingReader(value, path, TOP_KEYS);
  const version = reader.text('version');
  const category = reader.text('category');
  if (!CATEGORIES.includes(category)) {
    throw unknownName('category', category, CATEGORIES.slice(1), { path: reader.at('category') });
  }
  const warnings: string[] = [];
  const renameClasses = version === '' || version === '1';
  const spec: WorkloadSpec = {
    seed: reader.integer64('seed', 0n),
    aggregateRate: reader.number('aggregate_rate', 0),
    numRequests: atLeast(reader, 'num_requests', 0),
    horizonUs: parseHorizon(reader),
    clients: reader.items('clients', (item, at) => parseClient(item, at, renameClasses ? warnings : null)),
    cohorts: reader.items('cohorts', parseCohort),
    inferencePerf: reader.child('inference_perf', parseInferencePerf),
    goodputTargets: reader.child('goodput_slo_targets', (targets, at) => parseGoodput(targets, at, warnings)),
    warnings,
  };
  checkSources(reader, spec);
  checkRates(reader, spec);
  checkTogether(reader, spec);
  return spec;
}

/** Horizons beyond exact doubles (the reference's default is 2^63 − 1) are no limit. */
function parseHorizon(reader: MappingReader): number {
  const horizon = reader.integer64('horizon', 0n);
  if (horizon < 0n) throw reader.fail('horizon', `must be ≥ 0, got ${horizon}`);
  return horizon > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(horizon);
}

function checkSources(reader: MappingReader, spec: WorkloadSpec): void {
  if (reader.has('servegen_data')) {
    throw reader.fail('servegen_data', 'is not supported', 'convert the trace to clients first');
  }
  if (spec.inferencePerf !== null && spec.clients.length > 0) {
    throw reader.fail('inference_perf', 'cannot be combined with clients', 'remove one of the two');
  }
  if (spec.clients.length === 0 && spec.cohorts.length === 0 && spec.inferencePerf === null) {
    throw new InputError('needs at least one client, cohort or inference_perf block', { path: reader.path });
  }
}

/** A positive total rate, or zero with a rate on every window. */
function checkRates(reader: MappingReader, spec: WorkloadSpec): void {
  if (spec.inferencePerf !== null) return;
  const rateClients = spec.clients.filter((client) => client.concurrency === 0);
  if (rateClients.length === 0 && spec.cohorts.length === 0) return;
  const rate = spec.aggregateRate;
  if (Number.isFinite(rate) && rate > 0) return;
  if (rate !== 0) throw reader.fail('aggregate_rate', `must be finite and > 0, got ${rate}`);
  const windowed = rateClients.every((c) => c.windows?.every((w) => w.traceRate !== null) ?? false);
  const spiked = spec.cohorts.every((c) => {
    const spikeRate = c.spike?.traceRate ?? 0;
    return Number.isFinite(spikeRate) && spikeRate > 0 && c.diurnal === null && c.drain === null;
  });
  if (windowed && spiked) return;
  throw reader.fail(
    'aggregate_rate',
    'must be > 0, got 0',
    'give the total rate in requests/s, or a trace_rate on every window of every client and on every cohort spike',
  );
}

function checkTogether(reader: MappingReader, spec: WorkloadSpec): void {
  const traffic: readonly TrafficSpec[] = [...spec.clients, ...spec.cohorts];
  const users = spec.clients.findIndex((client) => client.concurrency > 0);
  const perfSessions = spec.inferencePerf?.multiTurn === true;
  if (users >= 0 && (perfSessions || traffic.some((t) => t.multiTurn !== null))) {
    throw new InputError('concurrency clients and multi_turn traffic cannot be in one workload', {
      path: [...reader.path, 'clients', users, 'concurrency'],
    });
  }
  const named = traffic.filter((t) => t.sloClass !== '').length;
  if (named > 0 && named < traffic.length) {
    const list = spec.clients.some((c) => c.sloClass === '') ? 'clients' : 'cohorts';
    const index = spec[list].findIndex((t) => t.sloClass === '');
    throw new InputError('slo_class must be given for all clients and cohorts or for none', {
      path: [...reader.path, list, index],
      suggestion: `add slo_class, one of ${SLO_CLASSES.join(', ')}`,
    });
  }
}

function parseClient(value: unknown, path: DocumentPath, warnings: string[] | null): ClientSpec {
  const reader = new MappingReader(value, path, CLIENT_KEYS);
  const concurrency = atLeast(reader, 'concurrency', 0);
  if (concurrency > 0 && reader.number('rate_fraction', 0) > 0) {
    throw reader.fail('rate_fraction', 'cannot be combined with concurrency', 'remove one of the two');
  }
  const traffic = parseTraffic(reader, concurrency > 0, warnings);
  return {
    ...traffic,
    concurrency,
    thinkTimeUs: atLeast(reader, 'think_time_us', 0),
    windows: reader.child('lifecycle', parseLifecycle),
  };
}

function parseLifecycle(value: unknown, path: DocumentPath): WindowSpec[] {
  const reader = new MappingReader(value, path, ['windows']);
  const windows = reader.items('windows', parseWindow);
  if (windows.length === 0) throw reader.fail('windows', 'needs at least one window');
  return windows;
}

function parseWindow(value: unknown, path: DocumentPath): WindowSpec {
  const keys = ['start_us', 'end_us', 'trace_rate', 'arrival', 'input_distribution', 'output_distribution'];
  const reader = new MappingReader(value, path, keys);
  const startUs = atLeast(reader, 'start_us', 0);
  const endUs = reader.integer('end_us', 0);
  if (endUs <= startUs) throw reader.fail('end_us', `must be > start_us ${startUs}, got ${endUs}`);
  const traceRate = reader.has('trace_rate') ? reader.number('trace_rate', 0) : null;
  if (traceRate !== null && !(Number.isFinite(traceRate) && traceRate >= 0)) {
    throw reader.fail('trace_rate', `must be finite and ≥ 0, got ${traceRate}`);
  }
  return {
    startUs,
    endUs,
    traceRate,
    arrival: reader.child('arrival', parseArrival),
    input: reader.child('input_distribution', parseLength),
    output: reader.child('output_distribution', parseLength),
  };
}

function parseInferencePerf(value: unknown, path: DocumentPath): InferencePerfSpec {
  const reader = new MappingReader(value, path, ['stages', 'shared_prefix']);
  const stages = reader.items('stages', (item, at) => {
    const stage = new MappingReader(item, at, ['rate', 'duration']);
    const rate = stage.number('rate', 0);
    if (!(Number.isFinite(rate) && rate > 0)) throw stage.fail('rate', `must be finite and > 0, got ${rate}`);
    return { rate, durationS: atLeast(stage, 'duration', 1, 0) };
  });
  if (stages.length === 0) throw reader.fail('stages', 'needs at least one stage');
  const keys = [
    'num_unique_system_prompts',
    'num_users_per_system_prompt',
    'system_prompt_len',
    'question_len',
    'output_len',
    'enable_multi_turn_chat',
  ];
  const shared = new MappingReader(reader.raw('shared_prefix') ?? {}, reader.at('shared_prefix'), keys);
  return {
    stages,
    systemPrompts: atLeast(shared, 'num_unique_system_prompts', 1, 0),
    usersPerPrompt: atLeast(shared, 'num_users_per_system_prompt', 1, 0),
    systemPromptTokens: atLeast(shared, 'system_prompt_len', 0),
    questionTokens: atLeast(shared, 'question_len', 0),
    outputTokens: atLeast(shared, 'output_len', 0),
    multiTurn: shared.flag('enable_multi_turn_chat', false),
  };
}

/** Names are open, as in the reference, but only requests of the classes of this format can meet a target. */
function parseGoodput(value: unknown, path: DocumentPath, warnings: string[]): Record<string, GoodputTarget> {
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const reader = new MappingReader(value, path, names);
  const targets: Record<string, GoodputTarget> = {};
  for (const name of names) {
    if (name !== CLASS_OF_THE_UNNAMED && !(SLO_CLASSES as readonly string[]).includes(name)) {
      warnings.push(
        `goodput_slo_targets.${name}: no request can have this SLO class; known: ${SLO_CLASSES.join(', ')}`,
      );
    }
    const target = new MappingReader(reader.raw(name), reader.at(name), ['ttft_ms', 'itl_ms', 'e2e_ms']);
    targets[name] = {
      ...(target.has('ttft_ms') ? { ttftMs: target.number('ttft_ms', 0) } : {}),
      ...(target.has('itl_ms') ? { itlMs: target.number('itl_ms', 0) } : {}),
      ...(target.has('e2e_ms') ? { e2eMs: target.number('e2e_ms', 0) } : {}),
    };
  }
  return targets;
}
