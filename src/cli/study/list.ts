import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeProblem, InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { samplerNames } from '../../optimizer/sampler/registry.ts';
import { completeMean } from '../../study/complete-trials.ts';
import { paretoFront, shortList } from '../../study/front.ts';
import { backendNames, createBackend } from '../../study/io/backends.ts';
import { documentKind } from '../../study/io/load-study.ts';
import { packageFile } from '../../study/io/package-file.ts';
import { readRecorded } from '../../study/io/study-session.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { finishedCount } from '../../study/journal.ts';
import { trialBudget } from '../../study/plan/budget-spec.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { terminalWidth, wrapped } from '../terminal/table.ts';

export const listCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('runs', { type: 'string', describe: 'folder with run folders', default: 'runs' })
      .option('json', { type: 'boolean', describe: 'print as JSON' })
      .example('$0 list', 'studies, strategies and search spaces that ship with paretune, simulators, and your runs'),
  run: async (flags) => {
    const content = {
      studies: documents('studies', 'study'),
      experiments: documents('studies', 'experiment'),
      strategies: documents('strategies', 'strategy'),
      searchSpaces: documents('search-spaces', 'space'),
      simulators: await simulators(),
      samplers: [...samplerNames],
      runs: await runs(textFlag(flags, 'runs') ?? 'runs'),
    };
    if (switchFlag(flags, 'json')) {
      printJson('list', content);
      return EXIT.ok;
    }
    const sections: [string, readonly string[]][] = [
      ['studies', byBackend(content.studies)],
      ['experiments', sectionLines(content.experiments.map(nameAndText))],
      ['strategies', byBackend(content.strategies)],
      ['search spaces', sectionLines(content.searchSpaces.map(({ name }) => name))],
      ['simulators', sectionLines(content.simulators.map(nameAndText))],
      ['samplers', sectionLines(content.samplers)],
      ['runs', sectionLines(content.runs.map((run) => `${run.folder}  ${run.name}  ${run.state}  ${run.best}`))],
    ];
    process.stdout.write(sections.map(([title, lines]) => `${title}\n${lines.join('\n')}\n`).join('\n'));
    return EXIT.ok;
  },
};

function nameAndText({ name, description }: { readonly name: string; readonly description: string }): string {
  return `${name}  ${description}`;
}

/** @param indent - columns before each item */
function sectionLines(items: readonly string[], indent = 2): readonly string[] {
  const shown = items.length === 0 ? ['none'] : items;
  const lines = shown.flatMap((item) => wrapped(item, terminalWidth() - indent, '    '));
  return lines.map((line) => `${' '.repeat(indent)}${line}`);
}

interface ListedDocument {
  /** As `run`, `check` and `simulate` take it, in any folder. */
  readonly name: string;
  readonly file: string;
  readonly description: string;
  /** The simulator of a strategy, or of a study's strategy; null of other documents. */
  readonly backend: string | null;
}

/** Backends in the order of their first document, those of documents that cannot be read last. */
function byBackend(listed: readonly ListedDocument[]): readonly string[] {
  const backends = [...new Set(listed.map(({ backend }) => backend))].sort(
    (a, b) => Number(a === null) - Number(b === null),
  );
  return backends.flatMap((backend) => [
    `  ${backend ?? 'unknown backend'}`,
    ...sectionLines(listed.filter((one) => one.backend === backend).map(nameAndText), 4),
  ]);
}

function documents(folder: string, kind: string): ListedDocument[] {
  const root = fileURLToPath(packageFile(folder));
  if (!existsSync(root)) return [];
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return names.flatMap((path) => {
    const file = join(folder, path);
    const name = folder === 'studies' ? path.replace(/\.yaml$/, '') : file;
    try {
      const source = readYamlFile(join(root, path));
      if (documentKind(source) !== kind) return [];
      const document = source.value as JsonObject;
      const description = String(document['description'] ?? '').split('\n')[0]!;
      return [{ name, file, description, backend: backendOf(document, join(root, path)) }];
    } catch (error) {
      if (error instanceof InputError) return [{ name, file, description: `invalid: ${error.message}`, backend: null }];
      throw error;
    }
  });
}

/** @param file - of the document, which its strategy is named from */
function backendOf({ simulator, strategy }: JsonObject, file: string): string | null {
  if (typeof simulator === 'string') return simulator;
  if (typeof strategy !== 'string') return null;
  const named = readYamlFile(join(dirname(file), strategy)).value as JsonObject;
  return typeof named['simulator'] === 'string' ? named['simulator'] : null;
}

async function simulators(): Promise<{ name: string; description: string }[]> {
  return await Promise.all(
    backendNames().map(async (name) => ({ name, description: (await createBackend(name)).description })),
  );
}

async function runs(folder: string): Promise<{ folder: string; name: string; state: string; best: string }[]> {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'plan.json')),
  );
  return await Promise.all(names.map(async ({ name }) => await describeRun(join(folder, name))));
}

async function describeRun(folder: string): Promise<{ folder: string; name: string; state: string; best: string }> {
  try {
    const { plan, state } = await readRecorded(folder);
    const [balanced] = shortList(plan, paretoFront(plan, state.trials), 1);
    const best =
      balanced === undefined
        ? 'nothing feasible'
        : plan.objectives.map(({ metric }) => `${metric} ${completeMean(balanced, metric).toPrecision(5)}`).join(', ');
    const bound = trialBudget(plan);
    const finished = finishedCount(state);
    return {
      folder,
      name: plan.name,
      state: `${finished}${bound === null ? '' : `/${bound}`}${state.ended === null ? ' (unfinished)' : ''}`,
      best,
    };
  } catch (error) {
    if (error instanceof InputError) return { folder, name: '?', state: 'unreadable', best: describeProblem(error) };
    throw error;
  }
}
