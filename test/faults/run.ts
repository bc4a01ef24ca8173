import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { deaths } from './deaths.ts';
import { disks } from './disks.ts';
import { locks } from './locks.ts';
import { malformedInputs } from './malformed.ts';
import { policies } from './policies.ts';
import { records } from './records.ts';
import { Scene } from './scene.ts';
import { chance, type Tally } from './tally.ts';

const { values } = parseArgs({
  options: {
    part: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
});
const part = Number(values.part);
const share = (whole: number): number => Math.max(1, Math.round(whole * part));
const random = chance(Number(values.seed));
const scene = new Scene();
const PARTS: Readonly<Record<string, () => Promise<readonly Tally[]>>> = {
  deaths: () => deaths(scene, { kills: share(200), signals: share(60), random }),
  records: () => records(scene, { flips: share(500), cuts: share(2000), random }),
  locks: () => locks(scene, share(10_000)),
  disks: () => disks(scene),
  policies: () => policies(scene, part < 1 ? 8 : Number.POSITIVE_INFINITY),
  malformed: () => malformedInputs(scene, share(1500), random),
};

const chosen = values.only?.split(',') ?? Object.keys(PARTS);
const tallies: Tally[] = [];
try {
  for (const name of chosen) {
    const startedAt = performance.now();
    const found = await PARTS[name]!();
    tallies.push(...found);
    for (const one of found) tell(one);
    process.stdout.write(`  ${name}: ${Math.round((performance.now() - startedAt) / 1000)} s\n`);
  }
} finally {
  scene.remove();
}
if (values.write) writeFigures(tallies);
if (tallies.some(({ lost }) => lost.length > 0)) process.exitCode = 1;

function tell({ kind, tried, survived, lost, note }: Tally): void {
  process.stdout.write(`${kind}: ${survived} of ${tried}${note === '' ? '' : ` (${note})`}\n`);
  for (const words of lost.slice(0, 20)) process.stdout.write(`  LOST ${words}\n`);
}

/** Puts the rows between the marks of the page; those of kinds that were not tried now stay. */
function writeFigures(tallies: readonly Tally[]): void {
  const page = new URL('../../docs/reliability.md', import.meta.url);
  const text = readFileSync(page, 'utf8');
  const [, before, table, after] = /^(.*<!-- figures -->\n)(.*)(\n<!-- end -->.*)$/s.exec(text)!;
  const rows = table!.split('\n');
  for (const { kind, tried, survived, note } of tallies) {
    const row = `| ${kind} | ${tried} | ${survived} | ${tried - survived} | ${note} |`;
    const at = rows.findIndex((line) => line.startsWith(`| ${kind} |`));
    if (at < 0) rows.push(row);
    else rows[at] = row;
  }
  writeFileSync(page, `${before}${rows.join('\n')}${after}`);
}
