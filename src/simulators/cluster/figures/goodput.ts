import { isJsonObject, type Json } from '../../../base/json.ts';
import type { TraceHeader } from '../../workload/trace-header.ts';
import type { WorkloadSpec } from '../../workload/workload-spec.ts';
import type { EngineResult } from '../engine-result.ts';
import type { ClusterSettings } from '../settings/cluster-settings.ts';
import { percentileMs, picked, sortedFinite } from './distribution.ts';
import { className, rowsBy, tokenGapUs } from './request-latency.ts';

/** Latency targets of an SLO class, ms; 0 = none. */
export interface GoodputTarget {
  readonly ttftMs: number;
  readonly itlMs: number;
  readonly e2eMs: number;
}

export type GoodputTargets = Readonly<Record<string, GoodputTarget>>;

export interface ClassGoodput {
  readonly sloClass: string;
  /** Requests that arrived, whatever became of them. */
  readonly arrived: number;
  readonly good: number;
  readonly goodputRps: number;
  /** good / arrived */
  readonly attainment: number;
  /** Share of the completed requests that meet each target given. */
  readonly attainmentByDimension: { readonly e2e?: number; readonly itl?: number; readonly ttft?: number };
  readonly ttftP99Ms: number;
  readonly e2eP99Ms: number;
  readonly itlMeanMs: number;
}

export interface Goodput {
  readonly goodputRps: number;
  readonly attainment: number;
  /** Sorted by class. */
  readonly classes: readonly ClassGoodput[];
}

/** Targets given as settings. */
export function targetsOf(settings: Pick<ClusterSettings, 'slo_ttft' | 'slo_itl' | 'slo_e2e'>): GoodputTargets {
  const classes = new Set([settings.slo_ttft, settings.slo_itl, settings.slo_e2e].flatMap((map) => Object.keys(map)));
  return Object.fromEntries(
    [...classes].map((name) => [
      name,
      {
        ttftMs: settings.slo_ttft[name] ?? 0,
        itlMs: settings.slo_itl[name] ?? 0,
        e2eMs: settings.slo_e2e[name] ?? 0,
      },
    ]),
  );
}

/** Targets that a workload document states. */
export function specTargets(spec: Pick<WorkloadSpec, 'goodputTargets'>): GoodputTargets {
  return Object.fromEntries(
    Object.entries(spec.goodputTargets ?? {}).map(([name, target]) => [
      name,
      { ttftMs: target.ttftMs ?? 0, itlMs: target.itlMs ?? 0, e2eMs: target.e2eMs ?? 0 },
    ]),
  );
}

/** Targets that the header of a trace states. */
export function headerTargets(header: Pick<TraceHeader, 'blocks'>): GoodputTargets {
  const block: Json | undefined = header.blocks['goodput_slo_targets'];
  if (!isJsonObject(block)) return {};
  const ms = (value: Json | undefined) => (typeof value === 'number' ? value : 0);
  return Object.fromEntries(
    Object.entries(block)
      .filter(([, target]) => isJsonObject(target))
      .map(([name, target]) => {
        const { ttft_ms, itl_ms, e2e_ms } = target as Record<string, Json>;
        return [name, { ttftMs: ms(ttft_ms), itlMs: ms(itl_ms), e2eMs: ms(e2e_ms) }];
      }),
  );
}

/** Later targets fill what earlier ones leave open, per class and dimension; classes without any are dropped. */
export function mergeTargets(...sources: readonly GoodputTargets[]): GoodputTargets {
  const merged: Record<string, GoodputTarget> = {};
  for (const source of sources) {
    for (const [name, target] of Object.entries(source)) {
      const first = merged[name] ?? { ttftMs: 0, itlMs: 0, e2eMs: 0 };
      merged[name] = {
        ttftMs: first.ttftMs || target.ttftMs,
        itlMs: first.itlMs || target.itlMs,
        e2eMs: first.e2eMs || target.e2eMs,
      };
    }
  }
  return Object.fromEntries(Object.entries(merged).filter(([, t]) => t.ttftMs > 0 || t.itlMs > 0 || t.e2eMs > 0));
}

/** Targets as a document states them: by class, sorted, without those that are open. */
export function targetsJson(targets: GoodputTargets): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const classes = Object.entries(targets).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    classes.map(([name, { ttftMs, itlMs, e2eMs }]) => [
      name,
      {
        ...(ttftMs > 0 ? { ttft_ms: ttftMs } : {}),
        ...(itlMs > 0 ? { itl_ms: itlMs } : {}),
        ...(e2eMs > 0 ? { e2e_ms: e2eMs } : {}),
      },
    ]),
  );
}

/** Requests per second that meet every target of their class; null without targets. */
export function goodput(result: EngineResult, targets: GoodputTargets, durationS: number): Goodput | null {
  const names = Object.keys(targets).sort();
  if (names.length === 0) return null;
  const { sloClass } = result.table;
  const code = (row: number) => (result.registered[row] === 1 ? sloClass[row]! : -1);
  const rows = new Map(rowsBy(result, code, (number) => className(result, number)));
  const classes = names.map((name) => {
    const arrivals = result.cluster.arrivals;
    const arrived = (arrivals[name] ?? 0) + (name === 'default' ? (arrivals[''] ?? 0) : 0);
    return classGoodput(result, name, targets[name]!, arrived, rows.get(name) ?? [], durationS);
  });
  const good = classes.reduce((sum, one) => sum + one.good, 0);
  const arrived = classes.reduce((sum, one) => sum + one.arrived, 0);
  return {
    goodputRps: durationS > 0 ? good / durationS : 0,
    attainment: arrived > 0 ? good / arrived : 0,
    classes,
  };
}

/** The part of the printed object that goodput adds, keys in print order. */
export function goodputJson(measured: Goodput | null): Record<string, unknown> {
  if (measured === null) return {};
  return {
    ...(measured.goodputRps > 0 ? { goodput_rps: measured.goodputRps } : {}),
    ...(measured.attainment > 0 ? { slo_attainment: measured.attainment } : {}),
    per_class: Object.fromEntries(
      measured.classes.map((one) => [
        one.sloClass,
        {
          count: one.arrived,
          ...(one.e2eP99Ms > 0 ? { e2e_p99_ms: one.e2eP99Ms } : {}),
          goodput_rps: one.goodputRps,
          ...(one.itlMeanMs > 0 ? { itl_mean_ms: one.itlMeanMs } : {}),
          slo_attainment: one.attainment,
          slo_attainment_by_dim: one.attainmentByDimension,
          ...(one.ttftP99Ms > 0 ? { ttft_p99_ms: one.ttftP99Ms } : {}),
        },
      ]),
    ),
  };
}

function classGoodput(
  result: EngineResult,
  sloClass: string,
  target: GoodputTarget,
  arrived: number,
  rows: readonly number[],
  durationS: number,
): ClassGoodput {
  // With pools also those that ended before their last token, as in the reference: they have no ITL.
  const ended = rows.filter((row) => Number.isFinite(result.e2eUs[row]!));
  const meetsTtft = (row: number) => result.ttftUs[row]! / 1000 <= target.ttftMs;
  const hasItl = (row: number) => result.completed[row] === 1;
  const meetsItl = (row: number) => hasItl(row) && tokenGapUs(result, row) / 1000 <= target.itlMs;
  const meetsE2e = (row: number) => result.e2eUs[row]! / 1000 <= target.e2eMs;
  const good = ended.filter(
    (row) =>
      (target.ttftMs === 0 || meetsTtft(row)) &&
      (target.itlMs === 0 || meetsItl(row)) &&
      (target.e2eMs === 0 || meetsE2e(row)),
  ).length;
  const share = (meets: (row: number) => boolean) =>
    ended.length === 0 ? 0 : ended.filter(meets).length / ended.length;
  return {
    sloClass,
    arrived,
    good,
    goodputRps: durationS > 0 ? good / durationS : 0,
    attainment: arrived > 0 ? good / arrived : 0,
    attainmentByDimension: {
      ...(target.e2eMs > 0 ? { e2e: share(meetsE2e) } : {}),
      ...(target.itlMs > 0 ? { itl: share(meetsItl) } : {}),
      ...(target.ttftMs > 0 ? { ttft: share(meetsTtft) } : {}),
    },
    ttftP99Ms: percentileMs(sortedFinite(picked(result.ttftUs, ended)), 99),
    e2eP99Ms: percentileMs(sortedFinite(picked(result.e2eUs, rows)), 99),
    itlMeanMs: meanTokenGapMs(result, ended.filter(hasItl)),
  };
}

/** Summed in the order of request ids, which decides the last digit. */
function meanTokenGapMs(result: EngineResult, rows: readonly number[]): number {
  if (rows.length === 0) return 0;
  const byId = rows.map((row) => [result.table.id(row), row] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  let sum = 0;
  for (const [, row] of byId) sum += tokenGapUs(result, row);
  return sum / rows.length / 1000;
}
