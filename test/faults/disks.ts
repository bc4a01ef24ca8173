import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Finished } from '../support/command-line.ts';
import { REFUSED, validLines } from './command-lines.ts';
import { prepared } from './prepared.ts';
import { program, type Scene } from './scene.ts';
import { count, type Tally, tally, wordsTrouble } from './tally.ts';

/** Disks that are full or read-only, and places that are no folder. */
export async function disks(scene: Scene): Promise<readonly Tally[]> {
  await prepared(scene);
  const study = 'plain.yaml';
  const cwd = scene.folder;
  const places = tally('output that is a file, a device, too long, below /proc, a link or empty');
  writeFileSync(scene.at('file'), 'mine');
  symlinkSync(scene.at('nowhere'), scene.at('link'));
  const names = [
    'file',
    '/dev/null',
    'x'.repeat(300),
    '/proc/x',
    '/proc/self/x',
    'file/x',
    'link',
    '/dev/full',
    '/sys/x',
    '',
  ];
  for (const out of names) count(places, refused(await program(['run', study, `--out=${out}`], { cwd }), out));
  return [places, await fullSinks(scene), await mounted(scene, study)];
}

/** Every command with a full device behind stdout: what it prints is lost, and it says so. */
async function fullSinks(scene: Scene): Promise<Tally> {
  const sinks = tally('a full device behind stdout');
  const cwd = scene.folderOf('empty');
  for (const args of [[], ['--help'], ['--version'], ['run', '--help'], ...(await validLines())]) {
    const full = openSync('/dev/full', 'w');
    const end = await program(args, { cwd, stdout: full });
    closeSync(full);
    count(sinks, lostOutput(end, args));
  }
  return sinks;
}

/** What is printed cannot be, and that is what is said; some lines are refused before they print. */
function lostOutput(end: Finished, args: readonly string[]): string | null {
  const line = args.join(' ');
  if (PRINTS_NOTHING.some((command) => startsWith(line, command)) && end.code === 0) return null;
  const trouble = refused(end, line);
  if (trouble !== null || REFUSED.some((command) => startsWith(line, command))) return trouble;
  return /^paretune: stdout: /m.test(end.stderr)
    ? null
    : `${line.slice(0, 40)}: refused for ${end.stderr.slice(0, 100)}`;
}

function startsWith(line: string, command: string): boolean {
  return line === command || line.startsWith(`${command} `);
}

/** One answers lines of stdin, and there are none; the report of the other goes to its file, unless asked for. */
const PRINTS_NOTHING = ['ask-tell', 'blis calibrate'];

function refused({ code, stderr }: Finished, what: string): string | null {
  if (code !== 2) return `${what.slice(0, 40)}: exit ${code}, ${stderr.slice(0, 200)}`;
  const trouble = wordsTrouble(stderr);
  return trouble === null ? null : `${what.slice(0, 40)}: ${trouble}`;
}

/** Commands that write into DISK. */
const WRITERS = [
  'run plain.yaml --workers 1 --quiet --out DISK/again',
  'init DISK/study --model qwen/qwen3-14b --quiet',
  'experiment experiment.yaml --workers 1 --quiet --out DISK/reports',
  'export whole --point 0 --as json --force --out DISK/point.json',
  'pd-slo run --requests 50 --out DISK/pd',
  'gpu-jobs generate --output DISK/tasks.csv',
  'cloud-edge build-dataset --synthetic 20 --quiet --out DISK/data',
  'blis run --model qwen/qwen3-14b --num-requests 5 --rate 10 --metrics-path DISK/metrics.json',
];

/** A tmpfs that fills up while a study runs, one that is full and one that is read-only; nothing is lost of what was recorded. */
async function mounted(scene: Scene, study: string): Promise<Tally> {
  const one = tally('a disk that fills up, is full, or is read-only');
  const disk = scene.folderOf('disk');
  const mount = (options: string): boolean =>
    spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'none', disk]).status === 0;
  const attempt = async (line: string): Promise<Finished> =>
    await program(line.replace('DISK', 'disk').split(' '), { cwd: scene.folder });
  for (const kib of [16, 24, 32, 40, 48, 64, 128, 512]) {
    if (!mount(`size=${kib}k`)) {
      one.note = 'not tried: no right to mount';
      return one;
    }
    const end = await attempt(`run ${study} --workers 1 --quiet --out DISK/run`);
    count(one, end.code === 0 ? null : refused(end, `full at ${kib} KiB`));
    mount('remount,ro');
    for (const line of ['report DISK/run', 'resume DISK/run --workers 1 --quiet', WRITERS[0]!]) {
      const read = await attempt(line);
      count(one, read.code === 0 ? null : refused(read, `read-only, ${line}`));
    }
    mount('remount,rw,size=64m');
    const again = existsSync(scene.at('disk', 'run', 'plan.json')) ? 'resume DISK/run' : `run ${study} --out DISK/run`;
    const whole = await attempt(`${again} --workers 1 --quiet`);
    const same = whole.code === 0 && scene.journal('disk/run') === scene.journal('whole');
    count(one, same ? null : `after room was made at ${kib} KiB: exit ${whole.code}, ${whole.stderr.slice(0, 200)}`);
    spawnSync('umount', [disk]);
  }
  for (const state of ['ro', 'full'] as const) {
    mount(state === 'ro' ? 'ro' : 'size=64k');
    if (state === 'full') spawnSync('dd', ['if=/dev/zero', `of=${disk}/ballast`, 'bs=4096'], { stdio: 'ignore' });
    for (const line of WRITERS) count(one, refused(await attempt(line), `${state}, ${line}`));
    const left = readdirSync(disk).filter((name) => statSync(`${disk}/${name}`).isFile() && name !== 'ballast');
    count(one, left.length === 0 ? null : `${state}: left ${left.join(', ')}`);
    spawnSync('umount', [disk]);
  }
  rmSync(disk, { recursive: true });
  return one;
}
