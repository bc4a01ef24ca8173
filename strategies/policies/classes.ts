/** Place of an SLO class: 0 = premium, 1 = normal, 2 = free or batch. Classes without a name of their own are normal. */
export function tierOf(sloClass: string, priority: number): number {
  if (priority < 0 || sloClass === 'batch' || sloClass === 'background') return 2;
  return sloClass === 'critical' ? 0 : 1;
}
