import { program, type Scene } from './scene.ts';
import { count, type Tally, tally } from './tally.ts';

const key = (body: string): string => `export default () => ({ scheduler: { key: (request) => { ${body} } } });`;

/** Modules, and what must be said of each: on stderr with exit 2, or as the reason of failed trials. */
const BAD: Readonly<Record<string, readonly [string, RegExp]>> = {
  throws: ['throw new Error("no");', /cannot be loaded as a policy module: no/],
  exits: ['process.exit(0);', /a policy must not call process\.exit/],
  waits: ['await new Promise(() => {}); export default () => ({});', /is never ready/],
  'loops-when-asked': [
    'export default () => { for (;;); };',
    /does not come to an end while it is asked for its hooks/,
  ],
  promises: ['export default async () => ({});', /must return hooks, not a promise/],
  misspells: ['export default () => ({ schedulr: {} });', /unknown hook "schedulr"; did you mean "scheduler"/],
  nan: [key('return NaN'), /scheduler\.key must return a finite number, got NaN for request/],
  fails: [key('throw new TypeError("no")'), /scheduler\.key failed for request .*TypeError: no/],
  chance: [key('return Math.random()'), /a policy must not call Math\.random/],
  clock: [key('return Date.now()'), /a policy must not call Date\.now/],
  loops: [key('for (;;);'), /took longer than 5 s/],
  leaks: [
    key('const kept = []; for (;;) kept.push("x".repeat(1000) + kept.length);'),
    /more than 128 MiB|longer than 5 s/,
  ],
  grasps: [key('return "x".repeat(2 ** 29 - 30).split("").length'), /needed more than 128 MiB/],
  'grasps-when-loaded': [
    'new Array(2 ** 30).fill(0); export default () => ({});',
    /asks for more memory than there is|does not come to an end/,
  ],
  remembers: [
    'let kept = 7; export default () => ({ scheduler: { fixed: true, key: () => (kept = (kept * 48271) % 2147483647) } });',
    /one vector and seed gave/,
  ],
};

/** Bad policy modules: each is told by its name, and never used in silence. */
export async function policies(scene: Scene, most: number): Promise<readonly Tally[]> {
  const one = tally('kinds of bad policy');
  for (const [name, [module, words]] of Object.entries(BAD).slice(0, most)) {
    const study = scene.study(name, { policy: module, trials: 2 });
    const { code, stderr } = await program(['run', study, '--out', `runs/${name}`, '--workers', '2', '--quiet'], {
      cwd: scene.folder,
    });
    const told =
      words.test(stderr) && stderr.includes(['loops', 'leaks', 'grasps'].includes(name) ? 'trial' : `${name}.mjs`);
    count(one, told && (code === 2 || code === 3) ? null : `${name}: exit ${code}, ${stderr.slice(0, 300)}`);
  }
  return [one];
}
