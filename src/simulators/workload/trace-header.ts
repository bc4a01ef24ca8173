import { unknownName } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { type DocumentPath, MappingReader } from '../../document/document-reader.ts';

/** The YAML file that goes with a TraceV2 CSV file. */
export interface TraceHeader {
  readonly traceVersion: number;
  readonly timeUnit: string;
  readonly createdAt: string;
  readonly mode: TraceMode;
  readonly warmUpRequests: number;
  readonly workloadSeed: bigint | null;
  readonly workloadSpec: string;
  /** Whether the rounds of a session carry the conversation along. */
  readonly accumulate: boolean;
  /** server, network, goodput_slo_targets, kv_offload, observed_kv_metrics: as they are written. */
  readonly blocks: Readonly<Record<string, Json>>;
}

export type TraceMode = 'generated' | 'replayed' | 'real';

const MODES: readonly TraceMode[] = ['generated', 'replayed', 'real'];
const BLOCKS = ['server', 'network', 'goodput_slo_targets', 'kv_offload', 'observed_kv_metrics'];
const SERVER_KEYS = [
  'type',
  'model',
  'tensor_parallel',
  'max_num_seqs',
  'block_size',
  'gpu_memory_utilization',
  'max_model_len',
];
const KEYS = [
  'trace_version',
  'time_unit',
  'created_at',
  'mode',
  'warm_up_requests',
  'workload_seed',
  'workload_spec',
  'session_context_growth',
  ...BLOCKS,
];

/** @throws InputError for unknown keys and wrong values */
export function parseTraceHeader(value: unknown, path: DocumentPath = []): TraceHeader {
  const reader = new MappingReader(value, path, KEYS);
  const mode = reader.text('mode');
  if (!MODES.includes(mode as TraceMode)) throw unknownName('trace mode', mode, MODES, { path: reader.at('mode') });
  const growth = reader.text('session_context_growth');
  if (growth !== '' && growth !== 'accumulate') {
    throw unknownName('context growth', growth, ['accumulate'], { path: reader.at('session_context_growth') });
  }
  reader.child('server', (item, at) => new MappingReader(item, at, SERVER_KEYS));
  reader.child('network', (item, at) => new MappingReader(item, at, ['measured_rtt_ms']));
  const blocks: Record<string, Json> = {};
  for (const name of BLOCKS) if (reader.has(name)) blocks[name] = reader.raw(name) as Json;
  return {
    traceVersion: reader.integer('trace_version', 0),
    timeUnit: reader.text('time_unit'),
    createdAt: reader.text('created_at'),
    mode: mode as TraceMode,
    warmUpRequests: reader.integer('warm_up_requests', 0),
    workloadSeed: reader.has('workload_seed') ? reader.integer64('workload_seed', 0n) : null,
    workloadSpec: reader.text('workload_spec'),
    accumulate: growth === 'accumulate',
    blocks,
  };
}

/** The header of a freshly generated trace. @param blocks - what the run obeyed: targets of goodput, KV offload */
export function generatedHeader(workloadSeed: bigint, blocks: TraceHeader['blocks'] = {}): TraceHeader {
  return { ...simulatedHeader(blocks), mode: 'generated', workloadSeed };
}

/** The header of the trace that a replay writes: its contents are not those of the seed of the trace it replayed. */
export function replayedHeader(blocks: TraceHeader['blocks']): TraceHeader {
  return { ...simulatedHeader(blocks), mode: 'replayed', workloadSeed: null };
}

function simulatedHeader(blocks: TraceHeader['blocks']): Omit<TraceHeader, 'mode' | 'workloadSeed'> {
  return {
    traceVersion: 3,
    timeUnit: 'microseconds',
    createdAt: '',
    warmUpRequests: 0,
    workloadSpec: '',
    accumulate: false,
    blocks,
  };
}
