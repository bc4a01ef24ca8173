import { claimFigure } from './claim-figure.ts';
import type { ExperimentSpec } from './experiment-file.ts';
import { FIGURE_PLACE } from './figure-place.ts';
import type { ClaimResult } from './judge-claim.ts';

/**
 * An author's words with the figures of the run in them: `{claim}` becomes the effect with its interval, `{claim:verdict}` its
 * verdict. So the words cannot keep a figure that the data have left.
 */
export function filledConclusion({ conclusion, claims }: ExperimentSpec, results: readonly ClaimResult[]): string {
  return (conclusion ?? '').replace(FIGURE_PLACE, (place, id: string, verdict: string | undefined) => {
    const result = results.find((one) => one.id === id);
    const written = claims.find((one) => one.id === id);
    if (result === undefined || written === undefined) return place;
    return verdict === undefined ? claimFigure(written.kind, result) : result.verdict;
  });
}
