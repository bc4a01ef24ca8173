import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type GenerationOptions, generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import type { RequestTable } from '../../../src/simulators/workload/request-table.ts';
import { readFixture } from './fixtures.ts';
import { TokenLog } from './token-log.ts';

interface GoldenRequest {
  readonly id: string;
  readonly arrival_us: number;
  readonly client: string;
  readonly tenant: string;
  readonly slo: string;
  readonly model?: string;
  readonly deadline: number;
  readonly slo_target_us: number;
  readonly input_len: number;
  readonly input_sha256: string;
  readonly output_len: number;
  readonly output_sha256: string;
  readonly max_output_len?: number;
  readonly prefix_group: string;
  readonly prefix_len: number;
  readonly session: string;
  readonly round: number;
  readonly streaming: boolean;
  readonly mm?: readonly number[];
  readonly reason_ratio?: number;
}

interface GoldenCase {
  readonly name: string;
  readonly spec: unknown;
  readonly seed_override: string | null;
  readonly horizon_override: string | null;
  readonly max_requests_override: string | null;
  readonly requests: readonly GoldenRequest[];
  readonly driven?: readonly GoldenRequest[];
}

const golden = readFixture<{ readonly cases: readonly GoldenCase[] }>('generation');
const cases = golden.cases.map((c, i) => [`${i} ${c.name}`, c] as const);

function optionsOf(c: GoldenCase): GenerationOptions {
  return {
    ...(c.seed_override === null ? {} : { seed: BigInt(c.seed_override) }),
    ...(c.horizon_override === null ? {} : { horizonUs: Number(c.horizon_override) }),
    ...(c.max_requests_override === null ? {} : { numRequests: Number(c.max_requests_override) }),
  };
}

function sha256(tokens: readonly number[]): string {
  return createHash('sha256')
    .update(new Uint8Array(Uint32Array.from(tokens).buffer))
    .digest('hex');
}

/** A row in the form of the golden data. */
function record(table: RequestTable, row: number, tokens: TokenLog): GoldenRequest {
  const { names } = table;
  const modality = table.modalities.get(row) ?? { text: 0, image: 0, audio: 0, video: 0 };
  return {
    id: table.id(row),
    arrival_us: table.arrivalUs[row]!,
    client: names.clients[table.client[row]!]!,
    tenant: names.tenants[table.tenant[row]!]!,
    slo: names.sloClasses[table.sloClass[row]!]!,
    model: names.models[table.model[row]!]!,
    deadline: table.deadlineUs[row]!,
    slo_target_us: table.sloTargetUs[row]!,
    input_len: table.inputTokens[row]!,
    input_sha256: sha256(tokens.promptTokens(table, row)),
    output_len: table.outputTokens[row]!,
    output_sha256: sha256(tokens.outputTokens(row)),
    max_output_len: table.maxOutputTokens[row]!,
    prefix_group: names.prefixGroups[table.prefixGroupLabel[row]!] ?? '',
    prefix_len: table.prefixLengthLabel[row]!,
    session: names.sessions[table.session[row]!] ?? '',
    round: table.round[row]!,
    streaming: table.streaming[row] === 1,
    mm: [modality.text, modality.image, modality.audio, modality.video],
    reason_ratio: table.reasonRatios.get(row) ?? 0,
  };
}

/** The keys that a golden record has. */
function matching(actual: GoldenRequest, expected: GoldenRequest): Partial<GoldenRequest> {
  return Object.fromEntries(Object.entries(actual).filter(([key]) => key in expected));
}

function strip(expected: GoldenRequest): Partial<GoldenRequest> {
  return Object.fromEntries(Object.entries(expected).filter(([key]) => key !== 'input_head'));
}

describe('generated requests', () => {
  it.each(cases)('equal the reference token for token: %s', (_, c) => {
    const tokens = new TokenLog();
    const { initial } = generateWorkload(parseWorkload(c.spec), { ...optionsOf(c), tokens });
    expect(initial.length).toBe(c.requests.length);
    c.requests.forEach((expected, row) => {
      expect(matching(record(initial, row, tokens), expected)).toEqual(strip(expected));
    });
  });

  it.each(cases.filter(([, c]) => c.driven))('continue sessions like the reference: %s', (_, c) => {
    const tokens = new TokenLog();
    const workload = generateWorkload(parseWorkload(c.spec), { ...optionsOf(c), tokens });
    const { table, followUps } = workload.start();
    const pending = Array.from({ length: table.length }, (_unused, row) => row);
    const driven = c.driven!;
    for (let n = 0; n < 600 && pending.length > 0; n++) {
      let first = 0;
      for (let i = 1; i < pending.length; i++) {
        if (table.arrivalUs[pending[i]!]! < table.arrivalUs[pending[first]!]!) first = i;
      }
      const row = pending.splice(first, 1)[0]!;
      expect(matching(record(table, row, tokens), driven[n]!)).toEqual(strip(driven[n]!));
      const output = table.outputTokens[row]!;
      const end = n % 17 === 16 ? 'dropped' : n % 13 === 12 ? 'timed-out' : n % 7 === 6 ? 'length-capped' : 'completed';
      const produced = n % 7 === 6 ? Math.floor(output / 2) : output;
      const next = followUps!.next(table, row, end, produced, table.arrivalUs[row]! + 1000 + 10 * output);
      if (next >= 0) pending.push(next);
      expect(n).toBeLessThan(driven.length);
    }
    expect(pending.length === 0 || driven.length === 600).toBe(true);
  });
});
