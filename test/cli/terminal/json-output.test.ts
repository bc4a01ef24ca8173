import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { recordRun } from '../../support/record-run.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const REFERENCE = readFileSync(join(ROOT, 'docs/reference/commands.md'), 'utf8');

const sources = readdirSync(join(ROOT, 'src/cli'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(join(ROOT, 'src/cli', name), 'utf8') }));

/** Commands that take --json, as the reference lists them. */
const commands = REFERENCE.split(/^## paretune /m)
  .slice(1)
  .filter((section) => /^ {2}--json /m.test(section))
  .map((section) => section.split('\n')[0]!);

const STUDY = `name: one
strategy: toy.yaml
space: space.yaml
objectives: [{metric: p99_ms}, {metric: kv_migration_bytes}]
seeds: [1, 2]
budget: {trials: 4}
sampler: sobol
`;

const folder = temporaryFolder();
const run = join(folder, 'one');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('--json', () => {
  test('is taken by most commands', () => expect(commands.length).toBeGreaterThan(30));

  test.each(commands)('%s prints the envelope, with its own name', (command) => {
    const [group, leaf] = command.split(' ');
    const ways = [`printJson('${command}'`, `command: '${command}'`];
    if (group === 'queue') ways.push(`['${leaf}', `);
    expect(ways.some((way) => sources.some(({ text }) => text.includes(way)))).toBe(true);
  });

  test('nothing else prints JSON, but for the protocol of ask-tell and the schemas of files', () => {
    const printers = sources.filter(({ text }) => /stdout\.write\([^;]*JSON\.stringify/.test(text));
    expect(printers.map(({ name }) => name).sort()).toEqual([
      'study/ask-tell.ts',
      'study/schema.ts',
      'terminal/json-output.ts',
    ]);
  });

  test('of commands that read a run or the shipped files: schemaVersion, command and data', async () => {
    await recordRun(run, { study: STUDY }, ({ a, b }) => ({ p99_ms: a!, kv_migration_bytes: b! }));
    for (const argv of [
      ['list'],
      ['metrics'],
      ['check', 'quickstart'],
      ['pareto', run],
      ['sensitivity', run],
      ['compare', run, run],
      ['gpu-jobs', 'roofline', '--model', 'Llama3-8B', '--gpu', 'H100'],
    ]) {
      const { code, stdout } = await commandHere(...argv, '--json');
      expect(code).toBe(0);
      const { schemaVersion, command } = JSON.parse(stdout);
      expect(schemaVersion).toBe(1);
      expect(argv.join(' ').startsWith(command)).toBe(true);
      expect(dataOf(stdout)).toBeTypeOf('object');
    }
  });
});
