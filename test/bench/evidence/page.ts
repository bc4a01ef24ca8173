import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFigure } from '../../../src/study/experiment/claim-figure.ts';
import { barTable } from './bars.ts';
import { boundAt, boundFiles } from './bounds.ts';
import { ablationTable, criteriaTable, findingsTable } from './criteria.ts';
import { experimentOf, type Figure, FOLDER, figureAt, RECORDED_EXPERIMENTS, specOf } from './figures.ts';
import { REPRODUCED_FILES, reproducedTable } from './reproduced.ts';
import { sensitivityTables } from './sensitivity-table.ts';

/** The words of the page, with places for figures. */
export const WORDS = new URL('target-v2-page.txt', import.meta.url).pathname;

export const PLACE = /\{([\w-]+[#@~!][^{}]+)\}/g;

/** A table that is computed; it may have places itself. */
const TABLE = /\{table ([^{}]+)\}/g;

interface Table {
  readonly files: readonly string[];
  readonly text: () => string;
}

const sensitivity = (study: string): Table => ({
  files: [`sensitivity-${study}.json`],
  text: () => sensitivityTables(study),
});

const TABLES: Readonly<Record<string, Table>> = {
  bars: { files: [], text: barTable },
  criteria: {
    files: ['target-v2-criteria.json', 'target-v2-t1-ablation.json', 'target-v2-t5.json', 'sensitivity-t1-stock.json'],
    text: criteriaTable,
  },
  ablation: { files: ['target-v2-t1-ablation.json'], text: ablationTable },
  reproduced: { files: REPRODUCED_FILES, text: reproducedTable },
  findings: { files: [], text: findingsTable },
  'sensitivity of class-pools': sensitivity('t1-class-pools-bar'),
  'sensitivity of stock': sensitivity('t1-stock'),
};

const NOTE =
  '<!-- Written by `npm run evidence -- page` from test/bench/evidence/target-v2-page.txt and the files beside this one. -->';

/** The page of target problem 2: words with their figures filled in, the bars, all claims, and where each figure is recorded. */
export function pageOf(words: string): string {
  const figures = new Map<string, Figure>();
  const filled = sectionsOf(words)
    .map((section) => {
      const missing = missingFiles(section);
      if (missing.length > 0) return `${section.split('\n')[0]}\n\nNot measured yet: ${missing.join(', ')}.\n\n`;
      const whole = section.replace(TABLE, (_, name: string) => TABLES[name]!.text());
      return whole.replace(PLACE, (_, place: string) => {
        const figure = place.startsWith(BOUND) ? boundAt(place.slice(BOUND.length)) : figureAt(place);
        figures.set(place, figure);
        return figure.text;
      });
    })
    .join('');
  return [
    `${NOTE}\n`,
    filled.trim(),
    '',
    '## All claims',
    '',
    'A claim is confirmed when its whole interval fulfils it, refuted when none of it does. "By the mean" is said where the mean decides.',
    '',
    '| claim | verdict | effect [95 % interval] | file and row |',
    '|---|---|---|---|',
    ...RECORDED_EXPERIMENTS.flatMap(claimRows),
    '',
    '## Where each figure of the text is',
    '',
    '| figure | file and row |',
    '|---|---|',
    ...[...figures.values()].map(({ text, file, row }) => `| ${text} | [${file}](${file}): ${row} |`),
    '',
  ].join('\n');
}

/** Heads of the second and third order with what follows them. */
function sectionsOf(words: string): readonly string[] {
  return words.split(/^(?=##)/m);
}

const BOUND = 'bound!';

function missingFiles(section: string): readonly string[] {
  const tables = [...section.matchAll(TABLE)].flatMap(([, name]) => TABLES[name!]!.files);
  const places = [...section.matchAll(PLACE)].flatMap(([, place]) =>
    place!.startsWith(BOUND) ? boundFiles(place!.slice(BOUND.length)) : [`${/^[\w-]+/.exec(place!)![0]}.json`],
  );
  return [...new Set([...tables, ...places])]
    .filter((file) => !existsSync(join(FOLDER, file)))
    .map((file) => `\`${file}\``);
}

function claimRows(name: string): readonly string[] {
  const { claims } = specOf(name);
  const ledger = readFileSync(join(FOLDER, 'ledger.jsonl'), 'utf8').split('\n');
  const line = 1 + ledger.findLastIndex((text) => text.startsWith(`{"experiment":"${name}",`));
  return experimentOf(name).claims.map((result, index) => {
    const { statement, kind } = claims.find(({ id }) => id === result.id)!;
    const place = `[${name}.md](${name}.md), claim ${result.id}; [ledger](ledger.jsonl) line ${line}, claims[${index}]`;
    return `| ${statement} | **${result.verdict}** | ${claimFigure(kind, result)} | ${place} |`;
  });
}
