import { generateWorkload } from '../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../src/simulators/workload/parse-workload.ts';
import type { RequestTable } from '../../src/simulators/workload/request-table.ts';

const REPEATS = 7;

/** The workload most studies tune for: bursty arrivals, one shared prompt, three service classes. */
export function targetWorkload(numRequests: number): unknown {
  const client = (id: string, share: number) => ({
    id,
    tenant_id: id,
    slo_class: id,
    rate_fraction: share,
    streaming: true,
    arrival: { process: 'gamma', cv: 2 },
    input_distribution: { type: 'gaussian', params: { mean: 256, std_dev: 100, min: 32, max: 512 } },
    output_distribution: { type: 'exponential', params: { mean: 128 } },
    prefix_group: 'system-prompt',
    prefix_length: 512,
  });
  return {
    version: '2',
    seed: 42,
    aggregate_rate: 2000,
    num_requests: numRequests,
    clients: [client('critical', 0.2), client('standard', 0.5), client('sheddable', 0.3)],
  };
}

/** Prints the speed of workload generation and the memory of its result. */
export async function main(): Promise<void> {
  for (const numRequests of [20_000, 200_000, 1_000_000]) {
    const spec = parseWorkload(targetWorkload(numRequests));
    let best = Number.POSITIVE_INFINITY;
    generateWorkload(spec);
    let bytes = 0;
    for (let i = 0; i < (numRequests > 100_000 ? 2 : REPEATS); i++) {
      const start = performance.now();
      const { initial } = generateWorkload(spec);
      best = Math.min(best, performance.now() - start);
      bytes = columnBytes(initial) / initial.length;
    }
    const rate = Math.round(numRequests / best);
    console.log(
      `workload ${numRequests} requests: ${best.toFixed(1)} ms, ${rate}k requests/s, ${bytes.toFixed(0)} bytes/request`,
    );
  }
}

/** Memory of all columns, spare capacity included. */
function columnBytes(table: RequestTable): number {
  return Object.values(table).reduce((sum, column) => sum + (ArrayBuffer.isView(column) ? column.byteLength : 0), 0);
}

if (process.argv[1] === import.meta.filename) await main();
