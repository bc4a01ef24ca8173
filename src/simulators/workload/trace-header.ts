import { isJsonObject, type Json } from '../../base/json.ts';
import { type Form, fields } from '../../document/form.ts';
import { anything, choice, integer, integer64, text } from '../../document/form-values.ts';

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

const BLOCKS = ['server', 'network', 'goodput_slo_targets', 'kv_offload', 'observed_kv_metrics'] as const;

const serverKeys = fields(
  {},
  {
    type: anything,
    model: anything,
    tensor_parallel: anything,
    max_num_seqs: anything,
    block_size: anything,
    gpu_memory_utilization: anything,
    max_model_len: anything,
  },
);

const headerForm = fields(
  { mode: choice('trace mode', ['generated', 'replayed', 'real'] satisfies readonly TraceMode[]) },
  {
    trace_version: integer({}),
    time_unit: text,
    created_at: text,
    warm_up_requests: integer({}),
    workload_seed: integer64({}),
    workload_spec: text,
    session_context_growth: choice('context growth', ['', 'accumulate']),
    server: asWritten(serverKeys),
    network: asWritten(fields({}, { measured_rtt_ms: anything })),
    goodput_slo_targets: anything,
    kv_offload: anything,
    observed_kv_metrics: anything,
  },
);

/** A value that `form` accepts, unchanged. */
function asWritten(form: Form<unknown>): Form<unknown> {
  return {
    ...form,
    read(value) {
      form.read(value);
      return value;
    },
  };
}

/** @throws InputError for unknown keys and wrong values */
export function parseTraceHeader(value: unknown): TraceHeader {
  const written = headerForm.read(value);
  const blocks: Record<string, Json> = {};
  for (const name of BLOCKS) if (written[name] !== null) blocks[name] = written[name] as Json;
  return {
    traceVersion: written.trace_version ?? 0,
    timeUnit: written.time_unit ?? '',
    createdAt: written.created_at ?? '',
    mode: written.mode,
    warmUpRequests: written.warm_up_requests ?? 0,
    workloadSeed: written.workload_seed,
    workloadSpec: written.workload_spec ?? '',
    accumulate: written.session_context_growth === 'accumulate',
    blocks,
  };
}

/** The round trip that the header tells, µs; 0 where it tells none. */
export function measuredRttUs({ blocks: { network } }: TraceHeader): number {
  const milliseconds = isJsonObject(network) ? network['measured_rtt_ms'] : undefined;
  return typeof milliseconds === 'number' && milliseconds > 0 ? milliseconds * 1000 : 0;
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
