import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { describeInputError, describeProblem, InputError } from '../base/errors.ts';
import { buildReport } from '../report/build-report.ts';
import { drawnCharts } from '../report/drawn-charts.ts';
import { contentPolicy, renderPage } from '../report/page/page.ts';
import { pageCharts } from '../report/page-charts.ts';
import { compareRuns } from '../report/run-comparison.ts';
import { twoRunCharts } from '../report/two-run-charts.ts';
import { pageScript } from '../report/write-page-script.ts';
import { packageVersion } from '../study/io/package-file.ts';
import { finishedCount } from '../study/journal.ts';
import { namedTrial, nameOfTrial } from '../study/named-trial.ts';
import type { PairedPoint } from '../study/pairable.ts';
import { comparePage } from './compare-page.ts';
import { guard } from './guard.ts';
import { type ListedRun, listPage, listState, livePage } from './live-page.ts';
import { type ServedRun, servedRuns } from './run-folders.ts';
import { RunWatch, type Snapshot } from './run-watch.ts';
import { figuresOf, stateOf, stateTextOf } from './snapshot-answers.ts';

/** Time between signs of life on an idle stream, ms; a list of runs is looked at as often. */
const BEAT = 1000;

/** The server's answers, for the runs below `root`. */
export function createApp(root: string): Hono {
  const runs = new Runs(root);
  const app = new Hono();
  app.use(guard());
  app.onError((error, context) => {
    if (!(error instanceof InputError)) throw error;
    return context.text(`${describeInputError(error)}\n`, 404);
  });
  app.get('/', async (context) => html(context, listPage(await runs.list(), pageScript())));
  app.get('/state', async (context) => context.json(listState(await runs.list())));
  app.get('/events', (context) => beats(context));
  const withRun = (answer: (context: Context, watch: RunWatch, id: string) => Promise<Response>) => {
    return async (context: Context): Promise<Response> => {
      const id = context.req.param('id') ?? '';
      const watch = runs.watch(id);
      return watch === null ? context.text('no such run\n', 404) : await answer(context, watch, id);
    };
  };
  app.get('/compare', async (context) => await comparison(context, runs));
  app.get(
    '/run/:id',
    withRun((context, watch, id) => livePageOf(context, watch, { id, others: runs.names() })),
  );
  app.get(
    '/run/:id/state',
    withRun(async (context, watch) => jsonText(context, stateTextOf(await watch.snapshot()))),
  );
  app.get(
    '/run/:id/events',
    withRun(async (context, watch) => changes(context, watch)),
  );
  app.get('/run/:id/report', withRun(wholePage));
  return app;
}

/** The runs below a folder, each watched once however many look. */
class Runs {
  readonly #root: string;
  readonly #watches = new Map<string, RunWatch>();

  constructor(root: string) {
    this.#root = root;
  }

  watch(id: string): RunWatch | null {
    const run = servedRuns(this.#root).find((one) => one.id === id);
    return run === undefined ? null : this.#watchOf(run);
  }

  names(): readonly string[] {
    return servedRuns(this.#root).map(({ id }) => id);
  }

  async list(): Promise<readonly ListedRun[]> {
    return await Promise.all(servedRuns(this.#root).map(async (run) => await listed(run.id, this.#watchOf(run))));
  }

  #watchOf(run: ServedRun): RunWatch {
    const watch = this.#watches.get(run.id) ?? new RunWatch(run);
    this.#watches.set(run.id, watch);
    return watch;
  }
}

function html(context: Context, text: string): Response | Promise<Response> {
  context.header('Content-Security-Policy', `${contentPolicy(pageScript())}; frame-ancestors 'none'`);
  return context.html(text);
}

function jsonText(context: Context, text: string): Response {
  return context.body(text, 200, { 'Content-Type': 'application/json' });
}

async function livePageOf(
  context: Context,
  watch: RunWatch,
  { id, others }: { readonly id: string; readonly others: readonly string[] },
): Promise<Response> {
  const snapshot = await watch.snapshot();
  const beside = others.filter((other) => other !== id);
  const page = livePage(id, figuresOf(snapshot), { state: stateOf(snapshot), script: pageScript(), beside });
  return await html(context, page);
}

/** `/compare?a=RUN&b=RUN`, with `&point=` for both or `&pa=` and `&pb=` for each. */
async function comparison(context: Context, runs: Runs): Promise<Response> {
  const { a = '', b = '', point = 'recommended', pa = point, pb = point } = context.req.query();
  const [own, other] = [runs.watch(a), runs.watch(b)];
  if (own === null || other === null) return context.text('no such run\n', 404);
  const points = [await comparedPoint(a, own, pa), await comparedPoint(b, other, pb)] as const;
  const compared = compareRuns(...points);
  const charts = twoRunCharts(
    { run: a, report: figuresOf(await own.snapshot()) },
    { run: b, report: figuresOf(await other.snapshot()) },
  );
  return await html(context, comparePage(compared, charts, pageScript()));
}

async function comparedPoint(run: string, watch: RunWatch, id: string): Promise<PairedPoint> {
  const { plan, state } = await watch.snapshot();
  const trial = namedTrial({ plan, state }, id);
  return { run, name: nameOfTrial(trial, id), plan, trial };
}

async function wholePage(context: Context, watch: RunWatch): Promise<Response> {
  const { plan, state } = await watch.snapshot();
  const report = buildReport(plan, state, packageVersion());
  const charts = pageCharts(report);
  return await html(context, renderPage(report, { charts, drawn: await drawnCharts(charts), script: pageScript() }));
}

async function listed(id: string, watch: RunWatch): Promise<ListedRun> {
  try {
    return listedRun(id, await watch.snapshot());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { id, name: '', finished: 0, trials: 0, ended: null, best: [], problem: describeProblem(error) };
  }
}

function listedRun(id: string, snapshot: Snapshot): ListedRun {
  const { plan, state } = snapshot;
  const { best } = figuresOf(snapshot).decision;
  const finished = finishedCount(state);
  return { id, name: plan.name, finished, trials: plan.trials, ended: state.ended, best, problem: null };
}

/** An event after each change of a journal. */
function changes(context: Context, watch: RunWatch): Response {
  return streamSSE(context, async (stream) => {
    let pending = true;
    let wake: () => void = () => undefined;
    const end = watch.onChange(() => {
      pending = true;
      wake();
    });
    stream.onAbort(() => {
      end();
      wake();
    });
    while (!stream.aborted) {
      if (pending) {
        pending = false;
        await stream.writeSSE({ event: 'change', data: '' });
      } else {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, 15 * BEAT);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        if (!pending && !stream.aborted) await stream.writeSSE({ event: 'beat', data: '' });
      }
    }
  });
}

/** A steady pulse, at which the list of runs is asked for again. */
function beats(context: Context): Response {
  return streamSSE(context, async (stream) => {
    while (!stream.aborted) {
      await stream.writeSSE({ event: 'change', data: '' });
      await stream.sleep(BEAT);
    }
  });
}
