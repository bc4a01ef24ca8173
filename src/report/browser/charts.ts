import { parse, View } from 'vega';
import { expressionInterpreter } from 'vega-interpreter';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { ChartSpec, PageData } from './page-data.ts';

/** Room that axes and titles of a panel need beside its frame. */
const AXES = 100;
const NARROWEST = 180;

interface Unit {
  width?: unknown;
}

/** Panels side by side as far as there is room, none wider than the page. */
function fitted(spec: ChartSpec, width: number): Record<string, unknown> {
  const room = Math.max(NARROWEST, width - AXES);
  const narrowed = <T extends Unit>(unit: T): T =>
    typeof unit.width === 'number' ? { ...unit, width: Math.min(unit.width, room) } : unit;
  const { concat, hconcat, ...rest } = spec as { concat?: Unit[]; hconcat?: Unit[] };
  const units = concat ?? hconcat;
  if (units === undefined) return narrowed(spec as Unit) as Record<string, unknown>;
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

/** The charts of the page; each is drawn when it is first needed. */
export class Charts {
  readonly #views = new Map<string, View>();
  readonly #handlers: ChartHandlers;
  #data: PageData;
  #picked: readonly number[] | null = null;

  constructor(data: PageData, handlers: ChartHandlers) {
    this.#data = data;
    this.#handlers = handlers;
  }

  draw(figure: HTMLElement): void {
    const id = figure.dataset['chart'] ?? '';
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

  /** New rows of a live study; charts whose specification changed with them are drawn anew. */
  update(data: PageData): void {
    const before = this.#data;
    this.#data = data;
    // A copy: charts that are drawn anew come back into the map at its end.
    for (const [id, view] of [...this.#views]) {
      const same = JSON.stringify(before.charts[id]) === JSON.stringify(data.charts[id]);
      if (same) this.#refill(view);
      else this.#redraw(id, view);
    }
  }

  /** The figures of the page are new: no chart is drawn in them yet. */
  forget(): void {
    for (const view of this.#views.values()) view.finalize();
    this.#views.clear();
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

  #refill(view: View): void {
    for (const [name, rows] of Object.entries(this.#data.datasets)) {
      if (hasDataset(view, name)) view.data(name, [...rows] as object[]);
    }
    void view.runAsync();
  }
}

function hasDataset(view: View, name: string): boolean {
  return name in view.getState({ signals: () => false, data: (one) => one === name }).data;
}
