import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { Finished } from '../support/command-line.ts';
import { program, type Scene } from './scene.ts';
import { count, type Tally, tally, wordsTrouble } from './tally.ts';

/** Disks that are full or read-only, and places that are no folder. */
export async function disks(scene: Scene): Promise<readonly Tally[]> {
  const study = scene.study('plain');
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
  const sinks = tally('a full device behind stdout');
  for (const args of [['list'], ['metrics'], ['check', study], ['pareto', 'whole', '--json']]) {
    const full = openSync('/dev/full', 'w');
    count(sinks, refused(await program(args, { cwd, stdout: full }), args.join(' ')));
    closeSync(full);
  }
  return [places, sinks, await mounted(scene, study)];
}

function refused({ code, stderr }: Finished, what: string): string | null {
  if (code !== 2) return `${what.slice(0, 40)}: exit ${code}, ${stderr.slice(0, 200)}`;
  const trouble = wordsTrouble(stderr);
  return trouble === null ? null : `${what.slice(0, 40)}: ${trouble}`;
}

/** A tmpfs that fills up while a study runs, and one that is read-only. */
async function mounted(scene: Scene, study: string): Promise<Tally> {
  const one = tally('a disk that fills up, or is read-only');
  const disk = scene.at('disk');
  mkdirSync(disk);
  for (const kib of [16, 24, 32, 40, 48, 64]) {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${kib}k`, 'none', disk]).status !== 0) {
      one.note = 'not tried: no right to mount';
      return one;
    }
    const end = await program(['run', study, '--out', 'disk/run', '--quiet'], { cwd: scene.folder });
    count(one, end.code === 0 ? null : refused(end, `full at ${kib} KiB`));
    spawnSync('mount', ['-o', 'remount,ro', disk]);
    for (const args of [
      ['run', study, '--out', 'disk/again'],
      ['report', 'disk/run'],
      ['resume', 'disk/run'],
    ]) {
      const read = await program(args, { cwd: scene.folder });
      count(one, read.code === 0 ? null : refused(read, `read-only, ${args[0]}`));
    }
    spawnSync('umount', [disk]);
  }
  rmSync(disk, { recursive: true });
  return one;
}
