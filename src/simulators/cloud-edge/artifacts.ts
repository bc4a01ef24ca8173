import { csvLine } from '../../document/csv.ts';
import type { CloudEdgeConfig } from './config-schema.ts';
import { fileSafeName } from './dataset-lines.ts';
import { SCHEDULER_LABELS } from './scheduler-names.ts';
import type { RunRecord } from './simulate.ts';
import type { RunSummary } from './summary.ts';

/** One run of an experiment; `summary` is null when nothing finished. */
export interface ExperimentRun {
  readonly epoch: number;
  readonly seed: number;
  readonly config: CloudEdgeConfig;
  readonly summary: RunSummary | null;
  readonly record: RunRecord;
}

export const NOTHING_COMPLETED = 'No requests completed';

const SUMMARY_COLUMNS: readonly (keyof RunSummary)[] = [
  'total_completed_requests',
  'edge_completed_requests',
  'cloud_completed_requests',
  'simulation_duration_actual',
  'total_throughput_rps',
  'edge_throughput_rps',
  'cloud_offload_rate',
  'avg_jct_s',
  'p95_jct_s',
  'p99_jct_s',
  'avg_queueing_delay_s',
  'avg_prediction_error_s_edge_nn',
  'p95_prediction_error_s_edge_nn',
  'p99_prediction_error_s_edge_nn',
  'backlog_at_end',
  'avg_jct_with_backlog_s',
  'slo_attainment',
];

export type ArtifactKind = 'summary' | 'timeseries' | 'completed_requests';

/** File name of an artifact, in the published form. */
export function artifactName(kind: ArtifactKind, config: CloudEdgeConfig): string {
  const suffix = `${fileSafeName(config.llm_name)}_epoch_${config.cnducb_nu}nu_${config.clinucb_lambda_reg}lam.csv`;
  return `exp_${kind}_batch_addbaseline_${suffix}`;
}

/** Which artifacts a configuration writes: the plain static simulator keeps no decision log. */
export function artifactKinds(config: CloudEdgeConfig): readonly ArtifactKind[] {
  const logged = config.mode !== 'static' && config.enable_dynamics_logging;
  return logged ? ['summary', 'timeseries', 'completed_requests'] : ['summary', 'completed_requests'];
}

const HEADERS: Readonly<Record<ArtifactKind, string>> = {
  summary: `epoch,scheduler_name,${SUMMARY_COLUMNS.join(',')},error`,
  timeseries:
    'epoch,scheduler_name,timestamp,queue_len,edge_busy_slots,edge_total_slots,edge_batch_capacity,cloud_busy_slots,cloud_total_slots,actual_reward',
  completed_requests:
    'epoch,scheduler_name,id,arrival_time,start_time,completion_time,assigned_node,simulated_processing_time_on_node,base_edge_inference_time,predicted_processing_time,queueing_delay,prediction_error,is_edge,jct',
};

export function artifactHeader(kind: ArtifactKind): string {
  return `${HEADERS[kind]}\n`;
}

/** The CSV lines that one run adds. */
export function artifactRows(kind: ArtifactKind, run: ExperimentRun): string {
  const head = [run.epoch, SCHEDULER_LABELS[run.config.scheduler]];
  switch (kind) {
    case 'summary':
      return line([...head, ...summaryCells(run.summary), run.summary === null ? NOTHING_COMPLETED : '']);
    case 'timeseries':
      return decisionLines(run, head);
    case 'completed_requests':
      return completedLines(run, head);
    default:
      return kind satisfies never;
  }
}

function summaryCells(summary: RunSummary | null): readonly Cell[] {
  return SUMMARY_COLUMNS.map((column) => {
    const value = summary?.[column] ?? null;
    return value === null ? '' : Math.round(value * 1e4) / 1e4;
  });
}

function decisionLines({ config, record }: ExperimentRun, head: readonly Cell[]): string {
  const { edge_batch_capacity_k: capacity, edge_concurrency, cloud_concurrency } = config;
  const edgeSlots = config.mode === 'continuous' ? edge_concurrency * capacity : edge_concurrency;
  return record.decisions
    .map(({ time, queueLength, edgeBusy, cloudBusy, reward }) =>
      line([...head, time, queueLength, edgeBusy, edgeSlots, capacity, cloudBusy, cloud_concurrency, reward]),
    )
    .join('');
}

function completedLines({ config, record }: ExperimentRun, head: readonly Cell[]): string {
  return record.completed
    .map(({ id, arrivedAt, startedAt, completedAt, side, ownTime, baseTime, prediction }) =>
      line([
        ...head,
        id,
        arrivedAt,
        startedAt,
        completedAt,
        side === 'edge' ? config.edge_node_name : 'cloud0',
        ownTime,
        baseTime,
        prediction ?? '',
        Math.max(0, startedAt - arrivedAt),
        side === 'edge' && prediction !== null ? ownTime - prediction : '',
        side === 'edge' ? 'True' : 'False',
        completedAt - arrivedAt,
      ]),
    )
    .join('');
}

type Cell = string | number;

function line(cells: readonly Cell[]): string {
  return `${csvLine(cells)}\n`;
}
