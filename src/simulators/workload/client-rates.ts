import type { TrafficClient } from './expand-clients.ts';
import type { WindowSpec } from './workload-spec.ts';

/**
 * Request rate of every client, requests/µs: its share of the total among the clients whose life overlaps its own.
 * @param aggregateRate - requests/s
 */
export function clientRates(clients: readonly TrafficClient[], aggregateRate: number): number[] {
  const share = (fraction: number, sum: number): number => (sum === 0 ? 0 : (aggregateRate * (fraction / sum)) / 1e6);
  if (clients.every((client) => client.windows === null)) {
    const sum = clients.reduce((total, client) => total + client.rateFraction, 0);
    return clients.map((client) => share(client.rateFraction, sum));
  }
  const sums = new Map<readonly WindowSpec[] | null, number>();
  return clients.map((client) => {
    if (client.rateFraction <= 0) return 0;
    let sum = sums.get(client.windows);
    if (sum === undefined) {
      sum = overlappingFractions(clients, client);
      sums.set(client.windows, sum);
    }
    return share(client.rateFraction, sum);
  });
}

/** Clients with the same windows have the same sum, so cohorts cost one pass each. */
function overlappingFractions(clients: readonly TrafficClient[], client: TrafficClient): number {
  let sum = 0;
  for (const other of clients) {
    if (other.rateFraction > 0 && overlap(client.windows, other.windows)) sum += other.rateFraction;
  }
  return sum;
}

function overlap(a: readonly WindowSpec[] | null, b: readonly WindowSpec[] | null): boolean {
  if (a === null || b === null || a === b) return true;
  return a.some((x) => b.some((y) => x.startUs < y.endUs && y.startUs < x.endUs));
}
