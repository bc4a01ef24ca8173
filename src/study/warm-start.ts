import { nameList } from '../base/short-text.ts';
import { isInside } from '../optimizer/space/search-space.ts';
import type { EarlierPoint } from './plan/earlier-point.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { normalizeWeights } from './plan/template.ts';

/** What of the runs under `warm_start` cannot be used, or not as it stands: a line each, with the run's name and the reason. */
export function warmStartNotes(plan: StudyPlan): readonly string[] {
  const runs = new Map<string, EarlierPoint[]>();
  for (const point of plan.earlier) {
    if (point.run !== undefined) runs.set(point.run, [...(runs.get(point.run) ?? []), point]);
  }
  return [...runs].flatMap(([run, points]) => runNotes(plan, points).map((note) => `warm_start ${run}: ${note}`));
}

function runNotes(plan: StudyPlan, points: readonly EarlierPoint[]): readonly string[] {
  const none = `none of its ${points.length} points can be used`;
  const names = strangers(plan, points);
  if (names !== null) return [`${none}: ${names}`];
  const isOutside = ({ values }: EarlierPoint): boolean => !isInside(plan.space, normalizeWeights(plan.space, values));
  const outside = points.filter(isOutside).length;
  if (outside === points.length) return [`${none}: they lie outside of the search space`];
  const partly = outside === 0 ? [] : [`${outside} of its ${points.length} points lie outside of the search space`];
  const seeds = seedNote(plan, points[0]!);
  if (seeds?.kind === 'none') return [`${none}: ${seeds.text}`];
  const untold = [...plan.objectives, ...plan.constraints].filter(({ metric }) =>
    points.every(({ metrics }) => metrics[metric] === undefined),
  );
  if (untold.length > 0) return [`${none}: it did not measure ${nameList(untold.map(({ metric }) => metric))}`];
  const workload =
    points[0]!.otherWorkload === true ? ['it ran under another workload; its figures are taken as they are'] : [];
  return [...partly, ...(seeds === null ? [] : [seeds.text]), ...workload];
}

/** Parameters that the space does not have, or that all points lack. */
function strangers({ space }: StudyPlan, points: readonly EarlierPoint[]): string | null {
  const own = space.parameters.map(({ name }) => name);
  const theirs = new Set(points.flatMap(({ values }) => Object.keys(values)));
  const extra = [...theirs].filter((name) => !own.includes(name));
  const missing = space.parameters
    .filter(({ name, activeWhen }) => activeWhen === undefined && !theirs.has(name))
    .map(({ name }) => name);
  if (extra.length === 0 && missing.length === 0) return null;
  const lines = [
    ...(missing.length === 0 ? [] : [`it lacks ${nameList(missing)}`]),
    ...(extra.length === 0 ? [] : [`this study does not have ${nameList(extra)}`]),
  ];
  return `other parameters: ${lines.join(', and ')}`;
}

function seedNote(
  { seeds }: StudyPlan,
  { measuredOn = [], seeds: used = [] }: EarlierPoint,
): { readonly kind: 'none' | 'some'; readonly text: string } | null {
  const listed = (list: readonly number[]): string => nameList(list.map(String));
  if (used.length === 0) {
    return { kind: 'none', text: `other seeds: ${listed(measuredOn)}, and not ${listed(seeds)}` };
  }
  if (seeds.every((seed) => used.includes(seed))) return null;
  return { kind: 'some', text: `of the seeds of this study it knows only ${listed(used)}; means over those are used` };
}
