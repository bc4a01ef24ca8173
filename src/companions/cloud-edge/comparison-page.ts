import { pairedChanges } from '../../report/chart/paired-changes.ts';
import { type Picture, renderPicture } from '../../report/chart/render.ts';
import { formatChange } from '../../report/format.ts';
import type { SchedulerName } from '../../simulators/cloud-edge/scheduler-names.ts';
import { type ComparisonRow, verdictOf } from './comparison.ts';

export interface ComparisonSetting {
  readonly reference: SchedulerName;
  readonly epochs: number;
  /** Requests per second. */
  readonly rate: number;
  /** That makes the same comparison again. */
  readonly command: string;
}

/** Changes against the reference with their intervals, a panel for each metric that has ratios. */
export async function comparisonPicture(
  rows: readonly ComparisonRow[],
  { reference, epochs }: ComparisonSetting,
): Promise<Picture> {
  const changes = rows.flatMap((row) => {
    const { scheduler, metric, change } = row;
    if (change === null || change.low === null || change.high === null || change.scale === 'difference') return [];
    const { value, low, high } = change;
    return [{ series: scheduler, panel: metric, value, low, high, verdict: verdictOf(row) }];
  });
  const title = `Change against ${reference}, 95 % interval over ${epochs} seeds`;
  return await renderPicture(pairedChanges(changes, title));
}

/** The comparison as Markdown; every figure comes from `rows`. */
export function comparisonPage(rows: readonly ComparisonRow[], setting: ComparisonSetting): string {
  const { reference, epochs, rate, command } = setting;
  const schedulers = [...new Set(rows.map(({ scheduler }) => scheduler))].filter((name) => name !== reference);
  return [
    `# ${listed(schedulers)} against ${reference}`,
    '',
    `Made by \`${command}\`: ${rate.toFixed(3)} requests/s, ${epochs} seeds. All schedulers of a seed meet the same requests at the`,
    'same times; changes are paired by seed (means of logarithms of ratios) with 95 % Student-t intervals.',
    '',
    ...schedulers.flatMap((name) => findings(name, rows)),
    '',
    `![change against ${reference} by metric](comparison.svg)`,
    '',
    '| metric | scheduler | mean | ± 95 % | change | 95 % interval | |',
    '|---|---|---|---|---|---|---|',
    ...rows.map(tableRow),
    '',
  ].join('\n');
}

/** `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function findings(name: SchedulerName, rows: readonly ComparisonRow[]): readonly string[] {
  const own = rows.filter(({ scheduler }) => scheduler === name);
  const told = (verdict: 'better' | 'worse'): string => {
    const clear = own.filter((row) => verdictOf(row) === verdict);
    return clear.map(({ metric, change }) => `${metric} ${changeText(change)}`).join(', ') || 'nothing clear';
  };
  return [`- **${name}**: better ${told('better')}; worse ${told('worse')}.`];
}

function tableRow(row: ComparisonRow): string {
  const { metric, scheduler_name: name, value, change } = row;
  const half = value.high === null ? '' : (value.high - value.value).toFixed(4);
  const cells = change === null ? ['', '', 'reference'] : [changeText(change), intervalText(change), verdictOf(row)];
  return `| ${metric} | ${name} | ${value.value.toFixed(4)} | ${half} | ${cells.join(' | ')} |`;
}

export function changeText(change: ComparisonRow['change']): string {
  return change === null ? '' : formatChange(change.scale, change.value);
}

export function intervalText(change: ComparisonRow['change']): string {
  if (change === null || change.low === null || change.high === null) return '';
  return `${formatChange(change.scale, change.low)} … ${formatChange(change.scale, change.high)}`;
}
