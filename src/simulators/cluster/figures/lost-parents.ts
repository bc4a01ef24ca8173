import type { EngineResult } from '../engine-result.ts';

/**
 * The result without the times of disaggregated requests that timed out in decode or found no room there. The reference
 * counts those among E2E and TTFT, up to that moment: means would fall where more requests are lost.
 */
export function withoutLostParents(result: EngineResult): EngineResult {
  if (result.disaggregation === null) return result;
  const { completed, disaggregated } = result;
  const kept = (column: Float64Array) =>
    column.map((us, row) => (disaggregated[row] === 1 && completed[row] === 0 ? Number.NaN : us));
  return {
    ...result,
    registered: result.registered.map((known, row) => (disaggregated[row] === 1 && completed[row] === 0 ? 0 : known)),
    ttftUs: kept(result.ttftUs),
    e2eUs: kept(result.e2eUs),
    schedulingDelayUs: kept(result.schedulingDelayUs),
  };
}
