import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Scene } from './scene.ts';
import { type Tally, tally } from './tally.ts';

const LOCK = new URL('../../dist/src/study/io/lock-file.js', import.meta.url).href;

/** What each process does: takes the lock as often as it can, and shows that nobody else holds it. */
const RACER = `
import { openSync, closeSync, unlinkSync } from 'node:fs';
const { takeLock } = await import(process.argv[1]);
const [lock, rounds] = [process.argv[2], Number(process.argv[3])];
let taken = 0, refused = 0, shared = 0;
while (taken + refused < rounds) {
  let held;
  try { held = takeLock(lock, 'journal'); } catch (error) { if (error.name !== 'InputError') throw error; refused++; continue; }
  try { closeSync(openSync(lock + '.inside', 'wx')); unlinkSync(lock + '.inside'); } catch { shared++; }
  taken++;
  held.release();
}
console.log(JSON.stringify({ taken, refused, shared }));
`;

/** Races of 2, 4 and 8 processes for one lock: it is never held twice. */
export async function locks(scene: Scene, rounds: number): Promise<readonly Tally[]> {
  const all: Tally[] = [];
  for (const processes of [2, 4, 8]) {
    const one = tally(`rounds of ${processes} processes for one lock`);
    const lock = scene.at(`lock-${processes}`);
    const each = Math.ceil(rounds / processes);
    const ends = await Promise.all(Array.from({ length: processes }, () => race(lock, each)));
    for (const { taken, refused, shared } of ends) {
      one.tried += taken + refused;
      one.survived += taken + refused - shared;
      if (shared > 0) one.lost.push(`${shared} rounds with two holders`);
    }
    one.note = `${ends.reduce((sum, { taken }) => sum + taken, 0)} taken`;
    if (existsSync(lock)) one.lost.push('the lock was left behind');
    all.push(one);
  }
  return all;
}

async function race(lock: string, rounds: number): Promise<{ taken: number; refused: number; shared: number }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', RACER, LOCK, lock, String(rounds)]);
  let text = '';
  let trouble = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    trouble += String(chunk);
  });
  await new Promise((resolve) => child.on('close', resolve));
  if (text === '') throw new Error(trouble);
  return JSON.parse(text) as { taken: number; refused: number; shared: number };
}
