import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scene } from './scene.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

/** A valid file of each kind, and the command that reads it. */
const DOCUMENTS: readonly (readonly [string, readonly string[]])[] = [
  ['studies/quickstart.yaml', ['check']],
  ['strategies/llm-d-weighted.yaml', ['check']],
  ['strategies/class-pools.yaml', ['check']],
  ['search-spaces/llm-d-weighted.yaml', ['check']],
  ['studies/workloads/orthogonal-slo.yaml', ['check']],
  ['studies/kvsched/scenarios/S2_edge_cloud.yaml', ['kvsched', 'run', '--scenario']],
];

const VALUES: readonly string[] = [
  '-1',
  '0',
  '1e308',
  '-1e308',
  '1e-300',
  '2147483648',
  '9007199254740993',
  '.nan',
  '.inf',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '[1, 2]',
  '{a: 1}',
  '"x"',
  '*nope',
  '!!binary AAAA',
  '"\\u0000"',
  '99999999999999999999999',
  '0x10',
  '1_000',
  '~',
];

const FLAG_VALUES: readonly string[] = [
  'x',
  '-1',
  '0',
  '1e308',
  'NaN',
  'Infinity',
  '9007199254740993',
  '1.5',
  '/dev/zero',
  '/proc/self/mem',
  '/nowhere/at/all',
  '\u202e\u0000',
  'x'.repeat(5000),
];

/** Command lines that are valid without the flag that is added. */
const LINES: readonly (readonly [readonly string[], readonly string[]])[] = [
  [['check', 'quickstart'], ['json']],
  [
    ['simulate', 'quickstart'],
    ['set', 'seed'],
  ],
  [
    ['run', 'quickstart'],
    ['out', 'workers'],
  ],
  [['resume', '../whole'], ['workers']],
  [['verify', '../whole'], ['workers']],
  [
    ['export', '../whole'],
    ['point', 'out', 'as'],
  ],
  [
    ['capacity', 'quickstart'],
    ['slo', 'grid', 'from', 'to', 'attainment', 'seed', 'workers', 'point', 'arm'],
  ],
  [
    ['crosscheck', '../whole'],
    ['with', 'point'],
  ],
  [['schema'], ['out']],
  [
    ['kvsched', 'run'],
    ['scenario', 'scheduler', 'seed', 'out'],
  ],
  [
    ['pd-slo', 'run'],
    ['config', 'seed', 'requests', 'rate', 'policy'],
  ],
  [
    ['gpu-jobs', 'run'],
    ['workload', 'cluster', 'algorithms', 'engine', 'config', 'seed', 'speed', 'window'],
  ],
  [
    ['gpu-jobs', 'roofline'],
    ['model', 'gpu', 'tp', 'batch'],
  ],
  [
    ['cloud-edge', 'run'],
    ['scheduler', 'rate', 'duration', 'seed', 'dataset'],
  ],
  [
    ['blis', 'run'],
    [
      'model',
      'hardware',
      'tp',
      'seed',
      'num-requests',
      'rate',
      'workload-spec',
      'horizon',
      'num-instances',
      'policy-config',
    ],
  ],
  [
    ['import', 'trace', '/nowhere'],
    ['out', 'window', 'sample', 'rate-factor'],
  ],
];

/** `most` command lines around damaged files and flags. */
export function malformed(scene: Scene, most: number, random: (n: number) => number): readonly (readonly string[])[] {
  const flags = LINES.flatMap(([line, names]) =>
    names.flatMap((name) => FLAG_VALUES.map((value) => [...line, `--${name}`, value])),
  );
  const documents = DOCUMENTS.map(([file, command]) => ({
    text: readFileSync(join(ROOT, file), 'utf8'),
    command,
    name: file.split('/').at(-1)!,
  }));
  scene.folderOf('inputs');
  return Array.from({ length: most }, (_, i) => {
    if (i % 3 === 0) return flags[random(flags.length)]!;
    const { text, command, name } = documents[random(documents.length)]!;
    const file = scene.at('inputs', `${i}-${name}`);
    writeFileSync(file, damaged(text.replaceAll(/(strategy|space|workload): (?=[\w./-]+$)/gm, `$1: ${ROOT}`), random));
    return [...command, file];
  });
}

function damaged(text: string, random: (n: number) => number): string {
  const lines = text.split('\n');
  const line = random(lines.length);
  const at = random(text.length);
  switch (random(10)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random(20));
    case 2:
      return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at);
    case 3:
      return lines.toSpliced(line, 1).join('\n');
    case 4:
      return lines.toSpliced(line, 0, lines[line]!).join('\n');
    case 5:
      return lines.with(line, `  ${lines[line]}`).join('\n');
    case 6:
      return `a: &a [x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n${text}`;
    case 7:
      return lines
        .with(
          line,
          lines[line]!.replace(/\w+(?=:)/, (key) => `${key}x`),
        )
        .join('\n');
    default:
      return replacedValue(text, random);
  }
}

/** One number or word of the text by a value of another kind. */
function replacedValue(text: string, random: (n: number) => number): string {
  const places = [...text.matchAll(/(?<=: )[\w.]+/g)];
  const place = places[random(places.length)]!;
  return text.slice(0, place.index) + VALUES[random(VALUES.length)]! + text.slice(place.index + place[0].length);
}
