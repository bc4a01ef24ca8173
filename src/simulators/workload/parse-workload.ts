import { InputError, unknownName } from '../../base/errors.ts';
import { type DocumentPath, MappingReader } from './document-reader.ts';
import { parseArrival, parseLength } from './parse-distributions.ts';
import {
  type ArrivalSpec,
  type ClientSpec,
  type CohortSpec,
  type GoodputTarget,
  type InferencePerfSpec,
  type LengthSpec,
  type ModalitySpec,
  type MultimodalSpec,
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
const TRAFFIC_KEYS = [
  'id',
  'tenant_id',
  'slo_class',
  'model',
  'adapter',
  'rate_fraction',
  'arrival',
  'input_distribution',
  'output_distribution',
  'prefix_group',
  'prefix_length',
  'streaming',
  'network',
  'multimodal',
  'reasoning',
  'closed_loop',
  'timeout',
  'slo_target_us',
];
const CLIENT_KEYS = [...TRAFFIC_KEYS, 'concurrency', 'think_time_us', 'lifecycle'];
const COHORT_KEYS = [...TRAFFIC_KEYS, 'population', 'prefix_sharing', 'diurnal', 'spike', 'drain'];
const CATEGORIES = ['', 'language', 'multimodal', 'reasoning'];
/** Class names of documents without version. */
const OLD_CLASSES: Readonly<Record<string, string>> = { realtime: 'critical', interactive: 'standard' };
/** What concurrency clients have instead of an arrival process. */
const NO_ARRIVAL: ArrivalSpec = { process: 'poisson', cv: null, shape: null, scale: null };

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
    goodputTargets: reader.child('goodput_slo_targets', parseGoodput),
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

function parseTraffic(reader: MappingReader, hasUsers: boolean, warnings: string[] | null): TrafficSpec {
  const rateFraction = reader.number('rate_fraction', 0);
  if (!hasUsers && !(Number.isFinite(rateFraction) && rateFraction > 0)) {
    throw reader.fail('rate_fraction', `must be finite and > 0, got ${rateFraction}`);
  }
  if (reader.has('network')) {
    const network = new MappingReader(reader.raw('network'), reader.at('network'), ['rtt_ms', 'bandwidth_mbps']);
    network.number('rtt_ms', 0);
    network.number('bandwidth_mbps', 0);
  }
  const reasoning = reader.child('reasoning', parseReasoning);
  return {
    id: reader.text('id'),
    tenant: reader.text('tenant_id'),
    sloClass: parseClass(reader, warnings),
    model: reader.text('model'),
    adapter: reader.text('adapter'),
    rateFraction,
    arrival: hasUsers ? NO_ARRIVAL : required(reader, 'arrival', parseArrival),
    input: required(reader, 'input_distribution', parseLength),
    output: required(reader, 'output_distribution', parseLength),
    prefixGroup: reader.text('prefix_group'),
    prefixLength: atLeast(reader, 'prefix_length', 0),
    streaming: reader.flag('streaming', false),
    multimodal: reader.child('multimodal', parseMultimodal),
    reasonRatio: reasoning?.reasonRatio ?? null,
    multiTurn: reasoning?.multiTurn ?? null,
    closedLoop: reader.has('closed_loop') ? reader.flag('closed_loop', false) : null,
    timeoutUs: reader.has('timeout') ? atLeast(reader, 'timeout', 0) : null,
    sloTargetUs: atLeast(reader, 'slo_target_us', 0),
  };
}

function parseClass(reader: MappingReader, warnings: string[] | null): string {
  const name = reader.text('slo_class');
  const renamed = warnings === null ? undefined : OLD_CLASSES[name];
  if (renamed !== undefined) {
    warnings?.push(`slo_class "${name}" is an old name, read as "${renamed}"`);
    return renamed;
  }
  if (name !== '' && !(SLO_CLASSES as readonly string[]).includes(name)) {
    throw unknownName('SLO class', name, SLO_CLASSES, { path: reader.at('slo_class') });
  }
  return name;
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

function parseReasoning(value: unknown, path: DocumentPath): Pick<TrafficSpec, 'reasonRatio' | 'multiTurn'> {
  const reader = new MappingReader(value, path, ['reason_ratio_distribution', 'multi_turn']);
  return {
    reasonRatio: reader.child('reason_ratio_distribution', parseOptionalLength),
    multiTurn: reader.child('multi_turn', (item, at) => {
      const keys = ['max_rounds', 'think_time_us', 'context_growth', 'single_session'];
      const turns = new MappingReader(item, at, keys);
      return {
        maxRounds: atLeast(turns, 'max_rounds', 1, 0),
        thinkTimeUs: atLeast(turns, 'think_time_us', 0),
        accumulate: turns.text('context_growth') === 'accumulate',
        singleSession: turns.flag('single_session', false),
      };
    }),
  };
}

/** A distribution without a type counts as absent. */
function parseOptionalLength(value: unknown, path: DocumentPath): LengthSpec | null {
  const reader = new MappingReader(value, path, ['type', 'params', 'file']);
  return reader.text('type') === '' ? null : parseLength(value, path);
}

function parseMultimodal(value: unknown, path: DocumentPath): MultimodalSpec {
  const modalities = ['image', 'audio', 'video'] as const;
  const keys = ['text_distribution', ...modalities.flatMap((m) => [`${m}_distribution`, `${m}_count_distribution`])];
  const reader = new MappingReader(value, path, keys);
  const part = (name: string): ModalitySpec | null => {
    const length = reader.child(`${name}_distribution`, parseOptionalLength);
    const count = reader.child(`${name}_count_distribution`, parseOptionalLength);
    return length === null || count === null ? null : { length, count };
  };
  return {
    text: reader.child('text_distribution', parseOptionalLength),
    image: part('image'),
    audio: part('audio'),
    video: part('video'),
  };
}

function parseCohort(value: unknown, path: DocumentPath): CohortSpec {
  const reader = new MappingReader(value, path, COHORT_KEYS);
  const population = reader.integer('population', 0);
  if (population < 1 || population > 100_000) {
    throw reader.fail('population', `must be within 1 … 100000, got ${population}`);
  }
  const traffic = parseTraffic(reader, false, null);
  const sharing = reader.text('prefix_sharing', 'shared');
  if (sharing !== '' && sharing !== 'shared' && sharing !== 'per_member') {
    throw unknownName('prefix sharing', sharing, ['shared', 'per_member'], { path: reader.at('prefix_sharing') });
  }
  if (sharing === 'per_member' && traffic.prefixGroup === '') {
    throw reader.fail('prefix_sharing', 'per_member needs a prefix_group');
  }
  return {
    ...traffic,
    population,
    prefixSharing: sharing === 'per_member' ? 'per_member' : 'shared',
    diurnal: reader.child('diurnal', parseDiurnal),
    spike: reader.child('spike', parseSpike),
    drain: reader.child('drain', parseDrain),
  };
}

function parseDiurnal(value: unknown, path: DocumentPath): NonNullable<CohortSpec['diurnal']> {
  const reader = new MappingReader(value, path, ['peak_hour', 'peak_to_trough_ratio']);
  const peakHour = reader.integer('peak_hour', 0);
  if (peakHour < 0 || peakHour > 23) throw reader.fail('peak_hour', `must be within 0 … 23, got ${peakHour}`);
  const peakToTrough = reader.number('peak_to_trough_ratio', 0);
  if (!(Number.isFinite(peakToTrough) && peakToTrough >= 1)) {
    throw reader.fail('peak_to_trough_ratio', `must be finite and ≥ 1, got ${peakToTrough}`);
  }
  return { peakHour, peakToTrough };
}

function parseSpike(value: unknown, path: DocumentPath): NonNullable<CohortSpec['spike']> {
  const reader = new MappingReader(value, path, ['start_time_us', 'duration_us', 'trace_rate']);
  const traceRate = reader.has('trace_rate') ? reader.number('trace_rate', 0) : null;
  if (traceRate !== null && !(Number.isFinite(traceRate) && traceRate >= 0)) {
    throw reader.fail('trace_rate', `must be finite and ≥ 0, got ${traceRate}`);
  }
  return {
    startUs: atLeast(reader, 'start_time_us', 0),
    durationUs: atLeast(reader, 'duration_us', 1, 0),
    traceRate,
  };
}

function parseDrain(value: unknown, path: DocumentPath): NonNullable<CohortSpec['drain']> {
  const reader = new MappingReader(value, path, ['start_time_us', 'ramp_duration_us']);
  return { startUs: atLeast(reader, 'start_time_us', 0), rampUs: atLeast(reader, 'ramp_duration_us', 1, 0) };
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

function parseGoodput(value: unknown, path: DocumentPath): Record<string, GoodputTarget> {
  const names = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const reader = new MappingReader(value, path, names);
  const targets: Record<string, GoodputTarget> = {};
  for (const name of names) {
    if (!(SLO_CLASSES as readonly string[]).includes(name)) {
      throw unknownName('SLO class', name, SLO_CLASSES, { path: reader.at(name) });
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

function required<T>(reader: MappingReader, key: string, read: (value: unknown, path: DocumentPath) => T): T {
  const value = reader.child(key, read);
  if (value === null) throw new InputError(`needs the key "${key}"`, { path: reader.path });
  return value;
}

/** An integer ≥ `low`; absent counts as `fallback`, which may itself be out of range. */
function atLeast(reader: MappingReader, key: string, low: number, fallback = low): number {
  const value = reader.integer(key, fallback);
  if (value < low) throw reader.fail(key, `must be ≥ ${low}, got ${value}`);
  return value;
}
