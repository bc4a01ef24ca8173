import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { ChartSpec, PageData } from './page-data.ts';

/** Room that axes and titles of a panel need beside its frame. */
const AXES = 70;
const NARROWEST = 180;

interface Unit {
  width?: unknown;
}

/** Labels that slant stand steeply where the chart is much narrower than it was made for. */
function steeper(spec: ChartSpec, room: number): unknown {
  const config = spec['config'] as { readonly axisX?: { readonly labelAngle?: number } };
  const { width } = spec as Unit;
  if (config.axisX?.labelAngle === undefined || typeof width !== 'number' || width < 1.3 * room) return config;
  return { ...config, axisX: { ...config.axisX, labelAngle: -65 } };
}

/** Panels side by side as far as there is room, none wider than the page. */
function fitted(spec: ChartSpec, width: number): Record<string, unknown> {
  const room = Math.max(NARROWEST, width - AXES);
  const narrowed = <T extends Unit>(unit: T): T =>
    typeof unit.width === 'number' ? { ...unit, width: Math.min(unit.width, room) } : unit;
  const { concat, hconcat, ...rest } = spec as { concat?: Unit[]; hconcat?: Unit[] };
  const units = concat ?? hconcat;
  if (units === undefined) return { ...narrowed(spec as Unit), config: steeper(spec, room) };
  const widest = Math.max(...units.map((unit) => (typeof unit.width === 'number' ? unit.width : 0)));
  const columns = Math.max(1, Math.floor(width / (Math.min(widest, room) + AXES)));
  return { ...rest, concat: units.map(narrowed), columns: Math.min(columns, units.length) };
}

export interface ChartHandlers {
  /** A mark of a trial was clicked. */
  open(trial: number): void;
  /** Trials inside the brush; null where there is none. */
  brushed(trials: readonly number[] | null): void;
}

interface BrushRow {
  readonly fields: readonly { readonly field: string }[];
  readonly values: readonly (readonly [number, number])[];
}

/** What readers of a live page wait for comes before the rest. */
const FIRST: ReadonlySet<string> = new Set(['pareto', 'hypervolume', 'objectives']);

/** The charts of the page; each is drawn when it comes near the reader's view, and kept up to date only there. */
export class Charts {
  readonly #views = new Map<string, View>();
  readonly #handlers: ChartHandlers;
  readonly #near = new Set<string>();
  /** Data of which each view shows something older. */
  readonly #shown = new Map<string, PageData>();
  #data: PageData;
  #picked: readonly number[] | null = null;

  constructor(data: PageData, handlers: ChartHandlers) {
    this.#data = data;
    this.#handlers = handlers;
  }

  /** The figure has come near the view: it is drawn, or brought up to date. */
  show(figure: HTMLElement): void {
    this.#near.add(figure.dataset['chart'] ?? '');
    this.draw(figure);
  }

  /** The figure has left the view. */
  leave(figure: HTMLElement): void {
    this.#near.delete(figure.dataset['chart'] ?? '');
  }

  draw(figure: HTMLElement): void {
    const id = figure.dataset['chart'] ?? '';
    this.#refresh(id);
    const place = figure.querySelector<HTMLElement>('.drawing');
    const spec = this.#data.charts[id];
    if (place === null || spec === undefined || this.#views.has(id)) return;
    const { datasets } = this.#data;
    const vegaLite = { ...fitted(spec, place.clientWidth), datasets, background: 'transparent' };
    const { spec: vega } = compile(vegaLite as unknown as TopLevelSpec);
    place.replaceChildren();
    const runtime = parse(vega, undefined, { ast: true });
    const view = new View(runtime, { renderer: 'svg', container: place, hover: true, expr: expressionInterpreter });
    this.#views.set(id, view);
    this.#shown.set(id, this.#data);
    this.#listen(view);
    view.run();
    this.#mark(view);
    figure.dataset['drawn'] = 'yes';
  }

  #listen(view: View): void {
    view.addEventListener('click', (_, item) => {
      const trial = (item?.datum as { trial?: unknown } | undefined)?.trial;
      if (typeof trial === 'number') this.#handlers.open(trial);
    });
    if (!hasDataset(view, 'brush_store')) return;
    view.addDataListener('brush_store', (_, rows: readonly BrushRow[]) => {
      const [brush] = rows;
      this.#handlers.brushed(brush === undefined ? null : this.#inside(brush));
    });
  }

  #inside({ fields, values }: BrushRow): readonly number[] {
    const rows = (this.#data.datasets['trials'] ?? []) as readonly Record<string, unknown>[];
    const within = (row: Record<string, unknown>): boolean =>
      fields.every(({ field }, axis) => {
        const [from, to] = values[axis]!;
        const value = row[field] as number;
        return value >= Math.min(from, to) && value <= Math.max(from, to);
      });
    return rows.filter(within).map((row) => row['trial'] as number);
  }

  /** Marks trials in every chart; null marks none. */
  pick(trials: readonly number[] | null): void {
    this.#picked = trials;
    for (const view of this.#views.values()) this.#mark(view);
  }

  #mark(view: View): void {
    if (!('picked' in view.getState({ signals: (name) => name === 'picked', data: () => false }).signals)) return;
    void view.signal('picked', this.#picked).runAsync();
  }

  /** New rows of a live study. Charts elsewhere on the page are brought up to date when the reader comes to them. */
  async update(data: PageData): Promise<void> {
    this.#data = data;
    const near = [...this.#views.keys()].filter((id) => this.#near.has(id));
    for (const ids of [near.filter((id) => FIRST.has(id)), near]) {
      if (this.#data !== data) return;
      if (ids.filter((id) => this.#refresh(id)).length > 0) await painted();
    }
  }

  /** @returns whether there was anything new */
  #refresh(id: string): boolean {
    const view = this.#views.get(id);
    const shown = this.#shown.get(id);
    if (view === undefined || shown === undefined || shown === this.#data) return false;
    this.#shown.set(id, this.#data);
    if (shape(shown.charts[id]) === shape(this.#data.charts[id])) this.#refill(id, view, shown);
    else this.#redraw(id, view);
    return true;
  }

  /** The figures of the page are new: no chart is drawn in them yet. */
  forget(): void {
    for (const view of this.#views.values()) view.finalize();
    this.#views.clear();
    this.#shown.clear();
    this.#near.clear();
  }

  /** Takes every brush away; the trials it marked are the caller's to unmark. */
  clearBrush(): void {
    for (const [id, view] of [...this.#views]) if (hasDataset(view, 'brush_store')) this.#redraw(id, view);
  }

  #redraw(id: string, view: View): void {
    view.finalize();
    this.#views.delete(id);
    const figure = document.querySelector<HTMLElement>(`figure[data-chart="${CSS.escape(id)}"]`);
    if (figure !== null) this.draw(figure);
  }

  #refill(id: string, view: View, shown: PageData): void {
    for (const [name, rows] of Object.entries(this.#data.datasets)) {
      if (hasDataset(view, name) && !same(rows, shown.datasets[name])) view.data(name, [...rows] as object[]);
    }
    for (const { name, value } of valuesOf(this.#data.charts[id])) if (name !== 'picked') view.signal(name, value);
    view.run();
  }
}

interface Param {
  readonly name: string;
  readonly value?: unknown;
}

function valuesOf(spec: ChartSpec | undefined): readonly Param[] {
  return ((spec?.['params'] ?? []) as readonly Param[]).filter(({ value }) => value !== undefined);
}

/** The specification apart from the values of its parameters, which a drawn chart can be told. */
function shape(spec: ChartSpec | undefined): string {
  const params = ((spec?.['params'] ?? []) as readonly Param[]).map(({ value: _, ...rest }) => rest);
  return JSON.stringify({ ...spec, params });
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Done when the browser has shown what was drawn: the second of two frames begins after the first was painted. */
async function painted(): Promise<void> {
  const frame = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()));
  await frame();
  await frame();
}

function hasDataset(view: View, name: string): boolean {
  return name in view.getState({ signals: () => false, data: (one) => one === name }).data;
}
