/**
 * Points to place before the surrogate takes over: few, because model-based steps earn more from the same evaluation,
 * but enough to see every direction once and never more than a third of the budget.
 */
export function initialDesignSize(dimension: number, budget: number | null): number {
  const wanted = Math.max(4, Math.min(dimension + 2, 16));
  return budget === null ? wanted : Math.max(1, Math.min(wanted, Math.ceil(budget / 3)));
}
