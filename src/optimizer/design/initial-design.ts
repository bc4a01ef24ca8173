/**
 * Points to place before the surrogate takes over. With one objective a larger design pays: what decides is which basin
 * the search settles in, and the last steps inside it need few evaluations. With several, model-based steps earn more, but
 * the search for three and more in many dimensions stays near the best of the design.
 */
export function initialDesignSize(dimension: number, objectiveCount: number, budget: number | null): number {
  const few = Math.max(dimension + 2, objectiveCount > 2 ? 3 * dimension - 6 : 0);
  const wanted = Math.max(5, Math.min(objectiveCount === 1 ? 3 * dimension : few, 24));
  const share = objectiveCount === 1 ? 0.3 : 0.2;
  return budget === null ? wanted : Math.max(1, Math.min(wanted, Math.ceil(share * budget)));
}
