import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { malformed } from './malformed-inputs.ts';
import { prepared } from './prepared.ts';
import type { Scene } from './scene.ts';
import { count, type Tally, tally, wordsTrouble } from './tally.ts';

const RUNNER = new URL('./malformed-runner.mts', import.meta.url).pathname;
const LONGEST_REFUSAL_MS = 1000;
const MOST_MIB = 300;
/** Inputs that are valid by chance are run; so much is enough to see that nothing hangs. */
const LONGEST_RUN_MS = 60_000;

interface Answer {
  readonly code: number;
  readonly stderr: string;
  readonly ms: number;
  readonly mib: number;
  readonly written: readonly string[];
}

/** Damaged files and flags: each is taken or refused, the latter in lines of the program, at once, with nothing written. */
export async function malformedInputs(
  scene: Scene,
  most: number,
  random: (n: number) => number,
): Promise<readonly Tally[]> {
  await prepared(scene);
  const cases = await malformed(scene, most, random);
  const file = scene.at('cases.json');
  writeFileSync(file, JSON.stringify(cases));
  const one = tally('malformed files and flags');
  let refused = 0;
  let slowest = 0;
  for (let next = 0; next < cases.length; ) {
    const answers = await answersFrom(scene, file, { from: next, count: cases.length });
    for (const first of answers) {
      // Modules that load for the first time, and what earlier cases left to collect, are not of this one.
      const answer = isLate(first) ? ((await answersFrom(scene, file, { from: next, count: 1 }))[0] ?? first) : first;
      const trouble = troubleOf(answer);
      count(one, trouble === null ? null : `${cases[next]!.join(' ').slice(0, 160)}: ${trouble}`);
      if (answer.code === 2) {
        refused++;
        slowest = Math.max(slowest, answer.ms);
      }
      next++;
    }
    if (next < cases.length) count(one, `${cases[next++]!.join(' ').slice(0, 160)}: did not come back`);
  }
  one.note = `${refused} refused, the slowest in ${Math.round(slowest)} ms; the others are valid`;
  return [one];
}

function isLate({ code, ms, mib }: Answer): boolean {
  return code === 2 && (ms > LONGEST_REFUSAL_MS || mib > MOST_MIB);
}

function troubleOf({ code, stderr, ms, mib, written }: Answer): string | null {
  if (![0, 1, 2, 3, 4].includes(code)) return `exit ${code}: ${stderr.slice(0, 300)}`;
  if (code !== 2) return null;
  if (written.length > 0) return `wrote ${written.join(', ')}`;
  if (ms > LONGEST_REFUSAL_MS) return `refused after ${Math.round(ms)} ms`;
  if (mib > MOST_MIB) return `refused with ${Math.round(mib)} MiB`;
  return wordsTrouble(stderr);
}

/** Answers of one process until all are answered, or it hangs or dies. */
async function answersFrom(
  scene: Scene,
  file: string,
  { from, count: most }: { readonly from: number; readonly count: number },
): Promise<readonly Answer[]> {
  const loader = import.meta.resolve('tsx');
  const child = spawn(process.execPath, ['--import', loader, RUNNER, file, String(from), String(most)], {
    cwd: scene.folderOf('empty'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  let timer = setTimeout(() => child.kill('SIGKILL'), 2 * LONGEST_RUN_MS);
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
    clearTimeout(timer);
    timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_RUN_MS);
  });
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Answer);
}
