import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../src/base/errors.ts';
import type { Json } from '../../src/base/json.ts';
import { parsePart } from '../../src/document/schema.ts';
import { parseYaml, placed } from '../../src/document/yaml.ts';
import { parseRequest } from '../../src/optimizer/ask-tell/request.ts';
import { parseScorers } from '../../src/simulators/cluster/settings/scorer-profile.ts';
import { createSimulator, simulatorNames } from '../../src/simulators/registry.ts';
import { parseWorkload } from '../../src/simulators/workload/parse-workload.ts';
import { readTraceCsv } from '../../src/simulators/workload/trace-csv.ts';
import { parseTraceHeader } from '../../src/simulators/workload/trace-header.ts';
import { experimentFileSchema } from '../../src/study/experiment/experiment-file.ts';
import { parseEntry } from '../../src/study/journal.ts';
import { parseSearchSpace } from '../../src/study/plan/search-space-file.ts';
import { parseStrategyFile } from '../../src/study/plan/strategy-file.ts';
import { parseStudyFile } from '../../src/study/plan/study-spec.ts';

/** A request log as `studies/*.yaml` never are: to YAML one text of a quarter of a megabyte. */
const LOG = `TIMESTAMP,ContextTokens,GeneratedTokens\n${'2031-04-02 10:20:00.1358811,1144,71\n'.repeat(7000)}`;

function complaintAbout(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  return 'accepted';
}

const READERS: Readonly<Record<string, (value: Json) => unknown>> = {
  study: parseStudyFile,
  strategy: parseStrategyFile,
  'search space': parseSearchSpace,
  experiment: (value) => parsePart(experimentFileSchema, value, []),
  workload: parseWorkload,
  'trace header': parseTraceHeader,
  'scorer profile': (value) => parseScorers(value, { zeroWeight: 'drops' }),
  'journal entry': parseEntry,
};

describe('a whole file in place of a document is named by its first characters', () => {
  test.each(Object.entries(READERS))('%s', (_, read) => {
    const source = parseYaml(LOG, 'log.csv');
    const complaint = complaintAbout(() => placed(source, 0, () => read(source.value)));
    expect(complaint).toMatch(/^log\.csv:1:1/);
    expect(complaint.length).toBeLessThan(300);
    expect(complaint).not.toContain('\n');
  });

  test.each(simulatorNames())('configuration and workload of %s', async (name) => {
    const simulator = await createSimulator(name);
    for (const input of [
      { config: LOG, workload: {} },
      { config: {}, workload: LOG },
      { config: { [LOG]: LOG }, workload: { [LOG]: LOG } },
    ]) {
      const complaint = complaintAbout(() => simulator.prepare({ ...input, policies: [] }));
      for (const line of complaint.split('\n')) expect(line.length).toBeLessThan(2500);
      expect(complaint).not.toContain(LOG.slice(0, 100));
    }
  });

  test('trace and ask-tell line', () => {
    expect(complaintAbout(() => readTraceCsv(LOG, 'log.csv')).length).toBeLessThan(1200);
    expect(complaintAbout(() => parseRequest(JSON.stringify(LOG))).length).toBeLessThan(150);
    expect(complaintAbout(() => parseRequest(JSON.stringify({ op: 'tell', id: LOG }))).length).toBeLessThan(300);
  });
});

test('messages quote values by shortText alone', () => {
  const root = new URL('../../src/', import.meta.url).pathname;
  const quoting = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const text = readFileSync(join(root, name), 'utf8');
      const messages = text.matchAll(/(?:InputError|toldIssue|wrong|fail)\(\s*(?:[\w.]+, *)?`([^`]*)`/g);
      return [...messages]
        .filter(([, message]) => /"\$\{(?!near\})|\$\{JSON\.stringify/.test(message!))
        .map(([, message]) => `${name}: ${message}`);
    });
  expect(quoting).toEqual([]);
});
