import { InputError, unknownName } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';
import { parseArrival, parseLength } from './parse-distributions.ts';
import {
  type ArrivalSpec,
  type LengthSpec,
  type ModalitySpec,
  type MultimodalSpec,
  SLO_CLASSES,
  type TrafficSpec,
} from './workload-spec.ts';

/** Keys that clients and cohorts have in common. */
export const TRAFFIC_KEYS = [
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

/** Class names of documents without version. */
const OLD_CLASSES: Readonly<Record<string, string>> = { realtime: 'critical', interactive: 'standard' };
/** What concurrency clients have instead of an arrival process. */
const NO_ARRIVAL: ArrivalSpec = { process: 'poisson', cv: null, shape: null, scale: null };

/**
 * What clients and cohorts have in common.
 * @param hasUsers - virtual users in place of a rate
 * @param warnings - collects notes on old class names; null where they are not accepted
 */
export function parseTraffic(reader: MappingReader, hasUsers: boolean, warnings: string[] | null): TrafficSpec {
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

function required<T>(reader: MappingReader, key: string, read: (value: unknown, path: DocumentPath) => T): T {
  const value = reader.child(key, read);
  if (value === null) throw new InputError(`needs the key ${shortText(key)}`, { path: reader.path });
  return value;
}

/** An integer ≥ `low`; absent counts as `fallback`, which may itself be out of range. */
export function atLeast(reader: MappingReader, key: string, low: number, fallback = low): number {
  const value = reader.integer(key, fallback);
  if (value < low) throw reader.fail(key, `must be ≥ ${low}, got ${value}`);
  return value;
}
