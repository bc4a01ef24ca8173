import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { InputError } from '../../../src/base/errors.ts';
import { run as runBlis } from '../../../src/cli/blis/main.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { readWorkload } from '../../../src/library/read-workload.ts';
import { documentKind, loadStudySources } from '../../../src/study/io/load-study.ts';
import { withServegenData } from '../../../src/study/io/servegen-files.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { temporaryFolder } from '../../support/command-line.ts';

const FIXTURES = new URL('../../fixtures/convert/', import.meta.url).pathname;
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
cpSync(join(FIXTURES, 'servegen'), join(folder, 'data'), { recursive: true });
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const workload = write('day.yaml', 'version: "2"\nseed: 42\nservegen_data:\n  path: data\n');
const converted = parseYaml(readFileSync(join(FIXTURES, 'out.yaml'), 'utf8'), 'out.yaml').value as { cohorts: object };

async function blisRun(file: string, ...flags: readonly string[]): Promise<{ code: number; text: string }> {
  let text = '';
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((piece) => {
      text += String(piece);
      return true;
    }),
  );
  const argv = ['run', '--model', 'qwen/qwen3-14b', '--workload-spec', file, '--num-instances', '4', ...flags];
  const code = await runBlis(['blis', ...argv]);
  for (const spy of spies) spy.mockRestore();
  return { code, text };
}

describe('a workload file with servegen_data', () => {
  test('has the cohorts of the folder beside it, to the last digit of the reference', () => {
    const { value } = withServegenData(readYamlFile(workload)).source;
    expect((value as typeof converted).cohorts).toEqual(converted.cohorts);
    expect(readWorkload(workload)['cohorts']).toEqual(converted.cohorts);
    expect(documentKind(readYamlFile(workload))).toBe('workload');
  });

  test('runs as the workload that blis convert servegen writes', async () => {
    const limits = ['--num-requests', '150'];
    const [own, written] = [await blisRun(workload, ...limits), await blisRun(join(FIXTURES, 'out.yaml'), ...limits)];
    expect(own.code).toBe(0);
    expect(own).toEqual(written);
    const other = [
      await blisRun(workload, ...limits, '--seed', '7'),
      await blisRun(join(FIXTURES, 'out.yaml'), ...limits, '--seed', '7'),
    ];
    // The seed also deals the chunks out, which a converted file has behind it.
    expect(other[0]!.code).toBe(0);
    expect(other[0]!.text).not.toBe(other[1]!.text);
  });

  test('is part of a study, which needs the folder no more once it is read', () => {
    const study = write(
      'study.yaml',
      'name: s\nstrategy: strategy.yaml\nworkload: day.yaml\nseeds: [1]\nbudget: {trials: 1}\nobjectives: [{metric: ttft_p99_ms, direction: minimize}]\n',
    );
    write(
      'strategy.yaml',
      'name: t\nsimulator: cluster\nconfig: {model: qwen/qwen3-14b, max_num_seqs: "${n}"}\nparameters: [{name: n, type: integer, low: 8, high: 64}]\nbaseline: {n: 16}\n',
    );
    const source = loadStudySources(study).workload!;
    expect((source.value as typeof converted).cohorts).toEqual(converted.cohorts);
    expect(parseYaml(source.text, 'text').value).toEqual(source.value);
    expect(source.text).not.toContain('servegen_data');
  });

  test('is looked for in the folders that are named, in their order', () => {
    mkdirSync(join(folder, 'other'), { recursive: true });
    const from = [join(folder, 'nowhere'), folder];
    const elsewhere = parseYaml('servegen_data: {path: data}', join(folder, 'other/w.yaml'));
    expect(withServegenData(elsewhere, { from, seed: 42n }).source.value).toMatchObject({ cohorts: converted.cohorts });
    expect(() => withServegenData(elsewhere)).toThrow('no folder data');
  });

  test('that cannot be converted is refused where the section is written, and so are mistakes beside it', async () => {
    const place = (text: string, use: (source: ReturnType<typeof parseYaml>) => unknown) => {
      try {
        use(parseYaml(text, join(folder, 'w.yaml')));
      } catch (error) {
        const { position, path } = (error as InputError).problems()[0]!;
        return [path.join('.'), position?.line];
      }
      return [];
    };
    const read = (source: ReturnType<typeof parseYaml>) => withServegenData(source);
    expect(place('seed: 1\nservegen_data:\n  path: gone\n', read)).toEqual(['servegen_data.path', 3]);
    expect(place('seed: x\nservegen_data:\n  path: data\n', read)[1]).toBe(1);
    const { code, text } = await blisRun(write('w.yaml', 'seed: 42\nhorizon: -4\nservegen_data: {path: data}\n'));
    expect([code, text]).toEqual([2, `paretune: ${folder}/w.yaml:2:1 horizon: must be ≥ 0, got -4\n`]);
  });
});
