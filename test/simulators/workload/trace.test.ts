import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import { readTraceCsv, writeTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import { generatedHeader, measuredRttUs, parseTraceHeader } from '../../../src/simulators/workload/trace-header.ts';
import { type TraceRow, traceRowOf } from '../../../src/simulators/workload/trace-row.ts';
import { writeTraceHeader } from '../../../src/simulators/workload/write-trace-header.ts';
import { readText } from './fixtures.ts';

const multiturn = readText('multiturn.csv');
const target = readText('target2.csv');

function edit(csv: string, line: number, column: string, value: string): string {
  const lines = csv.split('\n');
  const place = lines[0]!.split(',').indexOf(column);
  const fields = lines[line]!.split(',');
  fields[place] = value;
  lines[line] = fields.join(',');
  return lines.join('\n');
}

function problemOf(csv: string): string {
  try {
    readTraceCsv(csv, 'trace.csv');
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  return 'accepted';
}

const text = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', ' ', '\r', '7'), maxLength: 6 });
const count = fc.integer({ min: 0, max: 10_000 });

const row: fc.Arbitrary<TraceRow> = fc.record({
  requestId: count,
  clientId: text,
  tenantId: text,
  sloClass: text,
  sessionId: text,
  roundIndex: count,
  prefixGroup: text,
  prefixLength: count,
  streaming: fc.boolean(),
  inputTokens: count,
  outputTokens: count,
  textTokens: count,
  imageTokens: count,
  audioTokens: count,
  videoTokens: count,
  reasonRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  model: text,
  deadlineUs: fc.constantFrom(0, 20_000),
  sloTargetUs: count,
  serverInputTokens: count,
  arrivalTimeUs: count,
  sendTimeUs: count,
  firstChunkTimeUs: count,
  lastChunkTimeUs: count,
  numChunks: count,
  status: text,
  errorMessage: text,
  finishReason: text,
  xRequestId: text,
  adapter: text,
  thinkTimeUs: count,
});

describe('trace files', () => {
  it.each([
    ['sessions', multiturn],
    ['single requests', target],
  ])('are written byte for byte as they were read: %s', (_, csv) => {
    const rows = readTraceCsv(csv, 'trace.csv');
    expect(rows.length).toBe(csv.trimEnd().split('\n').length - 1);
    expect(writeTraceCsv(rows)).toBe(csv);
  });

  it('survive any text in any column', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
        expect(readTraceCsv(writeTraceCsv(rows), 'trace.csv')).toEqual(rows);
      }),
    );
  });

  it('keep session, prefix group and model beside an SLO target', () => {
    const rows = readTraceCsv(multiturn, 'trace.csv').map((r) => ({
      ...r,
      sloTargetUs: 77,
      prefixGroup: 'g',
      model: 'm',
    }));
    const again = readTraceCsv(writeTraceCsv(rows), 'trace.csv');
    expect(again).toEqual(rows);
    expect(again[0]!.sessionId).toMatch(/^sess_/);
  });

  it('hold the generated requests of the workload they come from', () => {
    const spec = parseWorkload(JSON.parse(readText('target2-spec.json')));
    const { initial } = generateWorkload(spec);
    const recorded = readTraceCsv(target, 'trace.csv');
    const timing = { firstChunkTimeUs: 0, lastChunkTimeUs: 0, status: 'ok' } as const;
    const rows = recorded.map((_, i) => traceRowOf(initial, i, i, timing));
    const timeless = recorded.map((r) => ({ ...r, ...timing }));
    expect(rows).toEqual(timeless);
  });

  it.each([
    ['request_id', '1.5', /trace\.csv:2:1: request_id must be an integer, got "1\.5"/],
    ['prefix_length', '-3', /prefix_length must be an integer ≥ 0, got "-3"/],
    ['reason_ratio', '1.2', /reason_ratio must be within 0 … 1/],
    ['streaming', 'maybe', /streaming must be true or false/],
    ['arrival_time_us', '', /arrival_time_us must be an integer, got ""/],
    ['deadline_us', '1', /must not lie before the arrival 3001, got 1/],
  ])('with a bad %s are refused with line, column and value', (column, value, message) => {
    expect(problemOf(edit(multiturn, 1, column, value))).toMatch(message);
  });

  it.each([
    ['nothing', '', /empty/],
    ['a missing column', multiturn.replace('input_tokens', 'tokens'), /column "input_tokens" is missing/],
    ['a short line', `${multiturn.split('\n')[0]}\n0,a\n`, /trace\.csv:2:3: the row has 2 fields, the header has/],
    ['an open quote', `${multiturn.split('\n')[0]}\n0,"a\n`, /does not end/],
  ])('with %s are refused', (_, csv, message) => {
    expect(problemOf(csv)).toMatch(message);
  });
});

describe('trace headers', () => {
  it.each(['multiturn.yaml', 'target2.yaml'])('are written byte for byte as they were read: %s', (file) => {
    const yaml = readText(file);
    expect(writeTraceHeader(parseTraceHeader(parseYaml(yaml, file).value))).toBe(yaml);
  });

  it('survive with every key', () => {
    const header = {
      ...generatedHeader(-(2n ** 63n)),
      createdAt: '2026-11-20T10:00:00Z',
      mode: 'real' as const,
      workloadSpec: 'a: b #c',
      accumulate: true,
      blocks: { server: { type: 'vllm', block_size: 16 }, goodput_slo_targets: { critical: { ttft_ms: 200 } } },
    };
    expect(parseTraceHeader(parseYaml(writeTraceHeader(header), 'h.yaml').value)).toEqual(header);
  });

  it.each([
    [{ measured_rtt_ms: 1.5 }, 1500],
    [{ measured_rtt_ms: -1 }, 0],
    [{ measured_rtt_ms: 'x' }, 0],
    [undefined, 0],
  ])('tell the round trip where it is a time: %j', (network, us) => {
    const header = parseTraceHeader({ mode: 'real', ...(network === undefined ? {} : { network }) });
    expect(measuredRttUs(header)).toBe(us);
  });

  it.each([
    [{ mode: 'generatd' }, /unknown trace mode/],
    [{ mode: 'real', session_context_growth: 'grow' }, /unknown context growth/],
    [{ mode: 'real', server: { modell: 1 } }, /unknown key/],
    [{ mode: 'real', trace_vers: 3 }, /unknown key/],
  ])('with mistakes are refused: %j', (document, message) => {
    expect(() => parseTraceHeader(document)).toThrow(message);
  });
});
