import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockKeys } from '../../../src/simulators/cluster/kv/block-keys.ts';
import { replayWorkload } from '../../../src/simulators/workload/replay-workload.ts';
import type { RequestTable } from '../../../src/simulators/workload/request-table.ts';
import { readTraceRows } from '../../../src/simulators/workload/trace-csv.ts';
import { asRow } from '../cluster/golden/indices.ts';

const rowsOf = (text: string) => readTraceRows(text, 'rows.csv', { partial: true });
const fixed = (text: string) => replayWorkload(rowsOf(text), { seed: 1, mode: 'fixed', accumulate: false }).initial;

/** Leading blocks of two prompts that have the same content. */
function sharedBlocks(table: RequestTable, size: number, a: number, b: number): number {
  const keys = new BlockKeys(table, size);
  const complete = Math.floor(Math.min(table.inputTokens[a]!, table.inputTokens[b]!) / size);
  let shared = 0;
  while (shared < complete && keys.key(asRow(a), shared) === keys.key(asRow(b), shared)) shared++;
  return shared;
}

/** Rows with hash ids that form a tree: an id stands for its block and everything before it. */
const prompts = fc.array(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 4 }), {
  minLength: 2,
  maxLength: 8,
});

describe('block hashes', () => {
  it.each([16, 64, 128, 512])('prompts share as many blocks of %i tokens as their equal ids in front cover', (size) => {
    fc.assert(
      fc.property(prompts, fc.infiniteStream(fc.integer({ min: 1, max: 512 })), (paths, tails) => {
        const names = new Map<string, number>();
        const ids = paths.map((path) =>
          path.map((_, depth) => {
            const key = path.slice(0, depth + 1).join('.');
            if (!names.has(key)) names.set(key, names.size);
            return names.get(key)!;
          }),
        );
        // A cut-off last block has an id of its own, as in real traces, unless it is complete.
        const lengths = ids.map((path) => 512 * (path.length - 1) + tails.next().value!);
        const written = ids.map((path, row) => (lengths[row]! % 512 === 0 ? path : [...path.slice(0, -1), 1000 + row]));
        const table = fixed(
          `request_id,input_tokens,output_tokens,arrival_time_us,hash_block_tokens,hash_ids\n${written
            .map((path, row) => `${row},${lengths[row]},3,${row * 1000},512,${path.join(' ')}`)
            .join('\n')}\n`,
        );
        for (let a = 0; a < written.length; a++) {
          for (let b = 0; b < a; b++) {
            let equal = 0;
            while (equal < written[a]!.length && written[a]![equal] === written[b]![equal]) equal++;
            const tokens = Math.min(512 * equal, lengths[a]!, lengths[b]!);
            expect(sharedBlocks(table, size, a, b)).toBe(Math.floor(tokens / size));
          }
        }
        expect([...table.inputTokens.subarray(0, table.length)]).toEqual(lengths);
      }),
      { numRuns: 60 },
    );
  });

  it('of a block that one prompt has cut off, another that has more of it is the better source', () => {
    const table = fixed(
      'request_id,input_tokens,output_tokens,arrival_time_us,hash_block_tokens,hash_ids\n0,100,1,0,512,7\n1,500,1,1,512,7\n2,512,1,2,512,7\n',
    );
    expect([1, 2].map((row) => table.inheritedTokens[row])).toEqual([100, 500]);
  });

  it('of different sizes have nothing in common', () => {
    const table = fixed(
      'request_id,input_tokens,output_tokens,arrival_time_us,hash_block_tokens,hash_ids\n0,512,1,0,512,7\n1,512,1,1,16,7\n',
    );
    expect(sharedBlocks(table, 16, 0, 1)).toBe(0);
  });
});

describe('repeated tokens', () => {
  const text = [
    'request_id,session_id,round_index,input_tokens,output_tokens,arrival_time_us,think_time_us,repeated_tokens',
    '0,a,0,1000,100,0,0,320',
    '1,b,0,900,50,1000,0,480',
    '2,a,1,1600,40,2000000,700,1100',
    '3,,0,700,40,3000000,0,0',
    '4,a,2,1700,40,4000000,900,1500',
  ].join('\n');

  it('are the beginning of the round before; of first rounds a text that all share', () => {
    const table = fixed(text);
    expect(sharedBlocks(table, 16, 0, 1)).toBe(20);
    expect(sharedBlocks(table, 16, 0, 2)).toBe(62);
    expect(sharedBlocks(table, 16, 2, 4)).toBe(93);
    expect(sharedBlocks(table, 16, 0, 3)).toBe(0);
    expect(sharedBlocks(table, 16, 1, 2)).toBe(20);
    expect([...table.inputTokens.subarray(0, 5)]).toEqual([1000, 900, 1600, 700, 1700]);
  });

  it('are those of the answered round in closed loop, which starts after the recorded pause', () => {
    const workload = replayWorkload(rowsOf(text), {
      seed: 1,
      mode: 'closed-loop',
      accumulate: false,
      horizonUs: Number.POSITIVE_INFINITY,
    });
    const { table, followUps } = workload.start();
    expect([...table.arrivalUs.subarray(0, 3)]).toEqual([0, 1000, 3_000_000]);
    const second = followUps!.next(table, 0, 'completed', 99, 5_000_000);
    expect(table.arrivalUs[second]).toBe(5_000_700);
    expect([table.inputTokens[second], table.inheritedTokens[second]]).toEqual([1600, 1099]);
    const third = followUps!.next(table, second, 'completed', 39, 6_000_000);
    expect([table.inputTokens[third], table.inheritedTokens[third]]).toEqual([1700, 1500]);
    expect(followUps!.next(table, third, 'completed', 39, 7_000_000)).toBe(-1);
  });
});
