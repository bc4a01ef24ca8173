/** Units of one kind, each as a multiple of the first. */
const KINDS: readonly Readonly<Record<string, number>>[] = [
  { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, min: 60e9, h: 3600e9 },
  { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 },
  { '1': 100, '%': 1 },
  { W: 1, kW: 1e3 },
  { J: 1, kJ: 1e3, Wh: 3600, kWh: 3.6e6 },
];

/** What a value in `from` is multiplied by to be in `to`; `tokens/min` and the like by the unit of time. Null = not of a kind. */
export function unitFactor(from: string, to: string): number | null {
  if (from === to) return 1;
  const kind = KINDS.find((units) => Object.hasOwn(units, from) && Object.hasOwn(units, to));
  if (kind !== undefined) return kind[from]! / kind[to]!;
  const [a, b] = [rateOf(from), rateOf(to)];
  if (a === null || b === null) return null;
  const amount = a.amount === b.amount ? 1 : unitFactor(a.amount, b.amount);
  const time = unitFactor(b.time, a.time);
  return amount === null || time === null ? null : amount * time;
}

function rateOf(unit: string): { readonly amount: string; readonly time: string } | null {
  const slash = unit.lastIndexOf('/');
  return slash <= 0 ? null : { amount: unit.slice(0, slash), time: unit.slice(slash + 1) };
}
