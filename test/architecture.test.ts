import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EFFECTS_ALLOWED } from './architecture/effects-allowed.ts';
import { ENTRIES, LONG_FILES, LONG_FUNCTIONS, TESTED_DIRECTLY } from './architecture/exceptions.ts';
import { CLUSTER_FACE, CLUSTER_ROOMS, FLOORS, type Layer, SHARED_TYPES, STRANGERS } from './architecture/layers.ts';
import { CARRIED, PACKAGES } from './architecture/packages.ts';
import { architecturePicture } from './architecture/picture.ts';
import { PROGRAM_TESTS } from './program-tests.ts';
import { findCycle } from './support/source/cycles.ts';
import { deadExports } from './support/source/dead-exports.ts';
import { effectsOf } from './support/source/effects.ts';
import { foreignPowers } from './support/source/foreign-powers.ts';
import { fileLength, functionLengths } from './support/source/lengths.ts';
import { loadedFrom } from './support/source/reach.ts';
import { readSources, resolveFrom } from './support/source/read-source.ts';

const ROOT = new URL('../', import.meta.url).pathname;
const CLUSTER = 'src/simulators/cluster/';

const sources = readSources(ROOT, 'src');
const strategies = readSources(ROOT, 'strategies');
const names = new Set(sources.map(({ name }) => name));
const folders = [...new Set(sources.map(({ name }) => dirname(name)))].filter((folder) => folder !== 'src');
const foldersWithRooms = new Set(['src', ...folders.map(dirname)]);

/** Imports of all files as pairs. */
const edges = [...sources, ...strategies].flatMap(({ name, targets }) =>
  targets.map((target) => ({ from: name, to: target })),
);

describe('floors', () => {
  const floorOf = (name: string): string => name.split('/')[1]!;

  test('every source file lies on a known floor', () => {
    expect(sources.length).toBeGreaterThan(400);
    expect(sources.map(({ name }) => name).filter((name) => !(floorOf(name) in FLOORS))).toEqual([]);
  });

  test('import only from the floors below them', () => {
    expect(upward(FLOORS, (name) => (name.startsWith('src/') ? floorOf(name) : null))).toEqual([]);
  });

  test('strategies import only the door for policies and each other, since users can reach nothing else', () => {
    const wrong = edges.filter(
      ({ from, to }) => from.startsWith('strategies/') && !to.startsWith('strategies/') && to !== 'src/policy.ts',
    );
    expect(wrong).toEqual([]);
    expect(strategies.flatMap(({ packages }) => packages)).toEqual([]);
  });
});

describe('rooms', () => {
  test('inside the cluster import only from the rooms below them', () => {
    const roomOf = (name: string): string | null => {
      if (!name.startsWith(CLUSTER)) return null;
      const [first, ...rest] = name.slice(CLUSTER.length).split('/');
      if (rest.length > 0) return first!;
      return CLUSTER_FACE.includes(first!) ? null : 'state';
    };
    const rooms = new Set(sources.flatMap(({ name }) => roomOf(name) ?? []));
    expect([...rooms].sort()).toEqual(Object.keys(CLUSTER_ROOMS).sort());
    expect(upward(CLUSTER_ROOMS, roomOf)).toEqual([]);
  });

  test.each(STRANGERS)('of $folder never import one another: $why', ({ folder, shared }) => {
    const roomOf = (name: string): string | null => {
      const parts = name.startsWith(`${folder}/`) ? name.slice(folder.length + 1).split('/') : [];
      return parts.length > 1 && !shared.includes(parts[0]!) ? parts[0]! : null;
    };
    const wrong = edges.filter(({ from, to }) => {
      const [own, other] = [roomOf(from), roomOf(to)];
      return own !== null && other !== null && own !== other;
    });
    expect(wrong).toEqual([]);
  });

  test('the kernel holds what two backends import: what one needs stays in its own room', () => {
    const kernel = sources.map(({ name }) => name).filter((name) => name.startsWith('src/simulators/kernel/'));
    expect(kernel.length).toBeGreaterThan(0);
    const users = (file: string): Set<string> =>
      new Set(
        edges
          .filter(({ from, to }) => to === file && /^src\/(?:simulators|companions)\/(?!kernel)[^/]+\//.test(from))
          .map(({ from }) => from.split('/')[2]!),
      );
    expect(kernel.filter((file) => users(file).size < 2)).toEqual([]);
  });

  test('form no cycle, so that each can be read after those it stands on', () => {
    // Files of a folder that has rooms count by themselves: they are the way in, or what all its rooms share.
    const roomOf = (name: string): string => (foldersWithRooms.has(dirname(name)) ? name : dirname(name));
    const graph = new Map<string, Set<string>>();
    for (const { from, to } of edges) {
      const [own, other] = [roomOf(from), roomOf(to)];
      if (own === other || SHARED_TYPES.some((pair) => pair.from === own && pair.to === other)) continue;
      graph.set(own, (graph.get(own) ?? new Set()).add(other));
    }
    expect(findCycle(graph)).toBeNull();
  });

  test.each(SHARED_TYPES)('$from takes types alone from $to: $why', ({ from, to }) => {
    const imports = sources
      .filter(({ name }) => dirname(name) === from)
      .flatMap(({ name, imports }) =>
        imports.filter(({ specifier }) => specifier !== null && dirname(resolveFrom(name, specifier)) === to),
      )
      .map(({ typeOnly }) => typeOnly);
    expect(imports.length).toBeGreaterThan(0);
    expect(imports).not.toContain(false);
  });

  test('are drawn as they are: after a change of imports, `npm run architecture` draws the picture anew', () => {
    expect(readFileSync(`${ROOT}reports/images/architecture.svg`, 'utf8') === architecturePicture(sources)).toBe(true);
  });

  test('each say in a README of at most 15 lines what lies there and what one may touch', () => {
    const lines = (folder: string): number => {
      const file = `${ROOT}${folder}/README.md`;
      return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').length : 0;
    };
    expect(folders.filter((folder) => lines(folder) < 2 || lines(folder) > 15)).toEqual([]);
  });
});

describe('files', () => {
  const testedDirectly = TESTED_DIRECTLY.flatMap(({ exports }) => exports);

  test('form no cycle', () => {
    expect(findCycle(new Map(sources.map(({ name, targets }) => [name, targets])))).toBeNull();
  });

  test('are imported by their full names, so that a name is looked up the same way by Node, tsc and the eye', () => {
    expect(edges.filter(({ to }) => !/\.(?:ts|js)$/.test(to))).toEqual([]);
    expect(edges.filter(({ from, to }) => from.startsWith('src/') && !names.has(to))).toEqual([]);
  });

  test('pass nothing on, except the public entries: what is imported is imported from where it is declared', () => {
    const barrels = sources.filter(({ imports }) => imports.some(({ passedOn }) => passedOn)).map(({ name }) => name);
    expect(barrels.filter((name) => !['src/index.ts', 'src/policy.ts'].includes(name))).toEqual([]);
  });

  test('can all be reached from an entry: nobody keeps what nothing runs', () => {
    const reached = new Set<string>(ENTRIES);
    for (const name of reached) for (const { from, to } of edges) if (from === name) reached.add(to);
    expect(ENTRIES.filter((name) => !names.has(name))).toEqual([]);
    const unreached = [...names].filter((name) => !reached.has(name) && !name.endsWith('.d.ts'));
    expect(unreached).toEqual([]);
  });

  test('over 250 lines are listed, each with a reason, and no others', () => {
    const long = sources.map(fileLength).filter(({ lines }) => lines > 250);
    expect(long.map(({ name }) => name)).toEqual(Object.keys(LONG_FILES).sort());
  });

  test('have functions of at most 40 lines; longer ones are listed, each with a reason, and no others', () => {
    const long = sources.flatMap(functionLengths).filter(({ lines }) => lines > 40);
    expect(long.map(({ name }) => name).sort()).toEqual(Object.keys(LONG_FUNCTIONS).sort());
  });

  test('export what other files import; what tests alone import is listed with a reason', () => {
    const dead = deadExports([...sources, ...strategies]).filter(
      (name) => name.startsWith('src/') && !ENTRIES.includes(name.split('#')[0]!),
    );
    expect(dead.sort()).toEqual(testedDirectly.sort());
  });

  test('listed as imported by tests are', () => {
    const texts = readdirSync(`${ROOT}test`, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(`${ROOT}test/${name}`, 'utf8'));
    const unused = testedDirectly.filter((entry) => {
      const [file, name] = entry.split('#') as [string, string];
      return !texts.some((text) => text.includes(`/${file}'`) && new RegExp(`\\b${name}\\b`).test(text));
    });
    expect(unused).toEqual([]);
  });
});

describe('packages', () => {
  test('are imported only where their business is', () => {
    const wrong = sources.flatMap(({ name, packages }) =>
      packages
        .filter((one) => !PACKAGES[one]?.rooms.some((room) => name.startsWith(room)))
        .map((one) => `${name} imports ${one}: ${PACKAGES[one]?.why ?? 'no room is named for it'}`),
    );
    expect(wrong).toEqual([]);
  });

  test('of users are dependencies, and each that is named here is used', () => {
    const { dependencies } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { dependencies: object };
    const used = new Set(sources.flatMap(({ packages }) => packages));
    expect([...used].filter((name) => !(name in dependencies))).toEqual([]);
    const unused = [...Object.keys(PACKAGES), ...CARRIED].filter((name) => !used.has(name));
    expect(unused).toEqual([]);
  });
});

describe('start-up', () => {
  test('of `blis` loads no zod: a drop-in for a compiled program is often a run of a second', () => {
    const loaded = loadedFrom(sources, ['src/cli/blis/main.ts']);
    expect(loaded.size).toBeGreaterThan(100);
    const wrong = sources.filter(({ name, packages }) => loaded.has(name) && packages.includes('zod'));
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });
});

describe('effects', () => {
  const found = sources.flatMap((file) => effectsOf(file).map((effect) => ({ file: file.name, ...effect })));
  const allows = ({ where, kinds }: (typeof EFFECTS_ALLOWED)[number], { file, kind }: (typeof found)[number]) =>
    file.startsWith(where) && kinds.includes(kind);

  test('files, clocks, processes, threads and chance are touched only at the edge: the core gives equal bytes', () => {
    expect(found.filter((effect) => !EFFECTS_ALLOWED.some((entry) => allows(entry, effect)))).toEqual([]);
  });

  test('that are allowed are used', () => {
    const unused = EFFECTS_ALLOWED.flatMap((entry) =>
      entry.kinds
        .filter((kind) => !found.some((effect) => effect.kind === kind && allows(entry, effect)))
        .map((kind) => `${entry.where} ${kind}`),
    );
    expect(unused).toEqual([]);
  });
});

describe('powers', () => {
  test('that are not squares or powers of 2 are taken by numeric/power.ts, which gives the same bits on every Node', () => {
    const found = [...sources, ...strategies].flatMap((file) =>
      foreignPowers(file.tree).map((text) => `${file.name}: ${text}`),
    );
    // What it leaves to the engine are bases and exponents without digits.
    expect(found).toEqual(['src/numeric/power.ts: x ** y']);
  });
});

/** Imports between layers that the table does not allow; files without a layer are left out. */
function upward(layers: Readonly<Record<string, Layer>>, layerOf: (name: string) => string | null): string[] {
  return edges.flatMap(({ from, to }) => {
    const [own, other] = [layerOf(from), layerOf(to)];
    if (own === null || other === null || own === other) return [];
    const { may, why } = layers[own]!;
    return may.includes(other) ? [] : [`${from} → ${to}: ${why}`];
  });
}

describe('tests', () => {
  test('that are apart for their length are there: a wrong name would run twice', () => {
    expect(PROGRAM_TESTS.filter((name) => !existsSync(`${ROOT}${name}`))).toEqual([]);
  });
});
