import { readFileSync, writeFileSync } from 'node:fs';
import { InputError } from '../../src/base/errors.ts';
import { readJournal } from '../../src/study/io/journal-file.ts';
import { readRecorded } from '../../src/study/io/study-session.ts';
import { entryText, type JournalEntry } from '../../src/study/journal.ts';
import { chainedText } from '../support/study-journal.ts';
import { program, recordedRun, type Scene } from './scene.ts';
import { count, type Tally, tally } from './tally.ts';

/** Damages journal and plan of the run `whole` and reads them; both are as before afterwards. */
export async function records(
  scene: Scene,
  { flips, cuts, random }: { flips: number; cuts: number; random: (n: number) => number },
): Promise<readonly Tally[]> {
  await recordedRun(scene);
  const run = scene.at('whole');
  const files = ['journal.jsonl', 'plan.json'].map((name) => ({
    file: scene.at('whole', name),
    bytes: readFileSync(scene.at('whole', name)),
  }));
  const flipped = tally('one bit of journal or plan flipped');
  for (let i = 0; i < flips; i++) {
    const { file, bytes } = files[i % 2]!;
    const bit = random(bytes.length * 8);
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(file, damaged);
    count(flipped, (await refuses(run)) ? null : `bit ${bit} of ${file} was not noticed`);
    writeFileSync(file, bytes);
  }
  const moved = tally('a line of the journal removed, doubled, swapped or emptied');
  const journal = files[0]!;
  const lines = journal.bytes.toString().trimEnd().split('\n');
  for (let i = 0; i < lines.length - 1; i++) {
    for (const [what, changed] of [
      ['removed', lines.toSpliced(i, 1)],
      ['doubled', lines.toSpliced(i, 0, lines[i]!)],
      ['swapped', lines.with(i, lines[i + 1]!).with(i + 1, lines[i]!)],
      ['emptied', lines.with(i, '')],
    ] as const) {
      writeFileSync(journal.file, `${changed.join('\n')}\n`);
      count(moved, (await refuses(run)) ? null : `line ${i + 1} ${what} was not noticed`);
    }
  }
  const torn = tally('journal cut after a byte of its last lines');
  for (let back = 1; back <= cuts && back < journal.bytes.length; back++) {
    const cut = journal.bytes.subarray(0, journal.bytes.length - back);
    writeFileSync(journal.file, cut);
    const complete = cut.toString().split('\n').length - 1;
    const { entries } = readJournal(run);
    count(torn, entries.length === complete ? null : `${back} bytes short: ${entries.length} of ${complete} lines`);
  }
  writeFileSync(journal.file, journal.bytes);
  return [flipped, moved, torn, await forged(scene, journal)];
}

/** Outcomes changed by somebody who makes all checksums anew: only recomputation finds them. */
async function forged(scene: Scene, { file, bytes }: { file: string; bytes: Buffer }): Promise<Tally> {
  const one = tally('an outcome changed with all checksums made anew, then verify');
  const { entries } = readJournal(scene.at('whole'));
  const outcomes = entries.flatMap(({ kind }, index) => (kind === 'trial-finished' ? [index] : []));
  for (const index of [outcomes[0]!, outcomes[Math.floor(outcomes.length / 2)]!, outcomes.at(-1)!]) {
    const text = entryText(entries[index]!).replace(/(?<="ttft_p99_ms":)[\d.]+/, (value) =>
      String(Number(value) * 1.001),
    );
    writeFileSync(file, chainedText(entries.with(index, JSON.parse(text) as JournalEntry)));
    const { code, stdout, stderr } = await program(['verify', 'whole', '--workers', '1'], { cwd: scene.folder });
    const found = code === 4 && stdout.includes(`journal.jsonl:${index + 1} `);
    count(one, found ? null : `line ${index + 1}: exit ${code}, ${stdout}${stderr.slice(0, 200)}`);
  }
  writeFileSync(file, bytes);
  return one;
}

async function refuses(run: string): Promise<boolean> {
  try {
    await readRecorded(run);
    return false;
  } catch (error) {
    if (error instanceof InputError) return true;
    throw error;
  }
}
