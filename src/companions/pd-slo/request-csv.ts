import { csvLine } from '../../document/csv.ts';
import { hostPort, type PdSloRun } from '../../simulators/pd-slo/run-simulation.ts';
import { requestTimes } from '../../simulators/pd-slo/summary.ts';

const COLUMNS = [
  'id',
  'class',
  'arrival_ms',
  'input_tokens',
  'output_tokens',
  'decision',
  'prefill_pod',
  'decode_pod',
  'predicted_prefill_ttft_ms',
  'actual_prefill_ttft_ms',
  'predicted_decode_ttft_ms',
  'actual_decode_ttft_ms',
  'predicted_ttft_ms',
  'actual_ttft_ms',
  'predicted_tpot_ms',
  'actual_tpot_ms',
  'ttft_headroom_ms',
  'tpot_headroom_ms',
  'blended',
  'outcome',
  'x_prefiller_host_port',
] as const;

/** One line for each request; cells of figures that do not exist stay empty. */
export function requestCsv(run: PdSloRun): string {
  const { requests, log, setup } = run;
  const times = requestTimes(run);
  const lines = [csvLine(COLUMNS)];
  for (let i = 0; i < requests.count; i++) {
    const placement = log.placements[i] ?? null;
    const prefill = placement?.prefill ?? -1;
    const decode = placement?.decode ?? -1;
    const cells: (string | number)[] = [
      i,
      setup.config.workload.classes[requests.classIndex[i]!]!.name,
      requests.arrivalMs[i]!,
      requests.inputTokens[i]!,
      requests.outputTokens[i]!,
      placement?.kind ?? 'rejected',
      prefill < 0 ? '' : setup.prefillPods[prefill]!.name,
      decode < 0 ? '' : setup.decodePods[decode]!.name,
      placement?.prefillTtftMs ?? Number.NaN,
      log.prefillEndMs[i]! - requests.arrivalMs[i]!,
      placement?.decodeTtftMs ?? Number.NaN,
      log.decodeStartMs[i]! - log.decodeArrivalMs[i]!,
      placement?.jointTtftMs ?? Number.NaN,
      times.ttftMs[i]!,
      placement?.tpotMs ?? Number.NaN,
      times.tpotMs[i]!,
      placement?.ttftHeadroomMs ?? Number.NaN,
      placement?.tpotHeadroomMs ?? Number.NaN,
      placement?.blendedMs ?? Number.NaN,
      placement?.outcome ?? 'none',
      prefill < 0 ? '' : hostPort(setup, prefill),
    ];
    lines.push(csvLine(cells.map(shown)));
  }
  return `${lines.join('\n')}\n`;
}

function shown(cell: string | number): string | number {
  if (typeof cell === 'string') return cell;
  return Number.isNaN(cell) ? '' : Number(cell.toFixed(6));
}
