import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { convertInferencePerf } from '../../../src/connect/convert/inference-perf.ts';
import { convertServegen } from '../../../src/connect/convert/servegen.ts';
import { parseYaml } from '../../../src/document/yaml.ts';

const FOLDER = new URL('../../fixtures/convert/', import.meta.url);
const text = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');
const document = (name: string) => parseYaml(text(name), name).value;

const chunks = readdirSync(new URL('servegen', FOLDER))
  .filter((name) => name.endsWith('-trace.csv'))
  .sort()
  .map((traceFile) => {
    const datasetFile = traceFile.replace('-trace.csv', '-dataset.json');
    return { traceFile, trace: text(`servegen/${traceFile}`), datasetFile, dataset: text(`servegen/${datasetFile}`) };
  });
const early = chunks.filter(({ traceFile }) => /chunk-[0-6]-/.test(traceFile));
const usual = { windowS: 600, drainS: 180, period: null };

describe('workloads of the reference come out to the last digit', () => {
  test('three periods of chunks', () => {
    expect(convertServegen(chunks, usual)).toEqual({ document: document('out.yaml'), notes: [] });
  });

  test('one period, with other lengths', () => {
    const morning = convertServegen(chunks, { windowS: 300, drainS: 60, period: 'morning' });
    expect(morning.document).toEqual(document('out-morning.yaml'));
  });

  test.each(['one-stage', 'two-stage', 'multi-turn', 'two-stage-multi-turn'])('stages of load: %s', (name) => {
    const { document: written } = convertInferencePerf(document(`inference-perf/${name}.yaml`), { compat: true });
    expect(written).toEqual(document(`inference-perf/${name}.out.yaml`));
  });
});

describe('what the reference refuses is refused with one problem that names the cohort', () => {
  test.each([
    [
      'no chunk has a pattern',
      usual,
      'must be finite and > 0, got 0',
      ['cohorts', 3, 'arrival', 'cv'],
      'midnight-sheddable',
    ],
    [
      'no chunk has a shape',
      { ...usual, period: 'morning' },
      'must be finite and > 0, got 0',
      ['cohorts', 0, 'arrival', 'shape'],
      'morning-background',
    ],
  ] as const)('%s', (_, options, message, path, cohort) => {
    try {
      convertServegen(early, options);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ message, path, suggestion: expect.stringContaining(cohort) });
      expect((error as { problems(): unknown[] }).problems()).toHaveLength(1);
    }
  });
});
