/**
 * Points to place before the surrogate takes over. With one objective a larger design pays: what decides is which basin
 * the search settles in, and the last steps inside it need few evaluations. With several, model-based steps earn more.
 */
export function initialDesignSize(dimension: number, objectiveCount: number, budget: number | null): number {
  const wanted = Math.max(5, Math.min(objectiveCount === 1 ? 3 * dimension : dimension + 2, 24));
  const share = objectiveCount === 1 ? 0.3 : 0.2;
  return budget === null ? wanted : Math.max(1, Math.min(wanted, Math.ceil(share * budget)));
}
