/** The JSON that a page carries for its script. */
export interface PageData {
  readonly charts: Readonly<Record<string, ChartSpec>>;
  readonly datasets: Readonly<Record<string, readonly object[]>>;
  readonly parameters: readonly string[];
  readonly metrics: readonly PageMetric[];
  readonly seeds: readonly number[];
  readonly freshSeeds: readonly number[];
  readonly points: readonly PagePoint[];
}

export type ChartSpec = Readonly<Record<string, unknown>>;

export interface PageMetric {
  readonly name: string;
  readonly unit: string;
  readonly role: 'objective' | 'constraint' | 'context';
}

/** One trial, by number; its lists follow those of the page. */
export interface PagePoint {
  readonly trial: number;
  /** `baseline, front`. */
  readonly state: string;
  readonly reason: string | null;
  readonly parameters: readonly (string | number | null)[];
  /** By metric, a value a seed; empty where nothing was measured. */
  readonly values: readonly (readonly number[])[];
  readonly fresh: readonly (readonly number[])[];
}

/** What a live page fetches after each change. */
export interface LiveData {
  /** Null in the list of runs, which has no charts. */
  readonly data: PageData | null;
  /** Parts of the page that change, by id. */
  readonly parts: Readonly<Record<string, LivePart>>;
  /** Those that may come after the charts. */
  readonly last: Readonly<Record<string, LivePart>>;
}

/** Ready HTML; an element that already has its hash (`data-hash`) shows it. */
export interface LivePart {
  readonly hash: string;
  readonly html: string;
}
