import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../src/base/errors.ts';
import { csvLine, mapRows, readCsv, readCsvTable } from '../../src/document/csv.ts';

const field = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', ' ', '\r', '\t', '7', '\ufeff'), maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

/** A table of at least one column, all rows as wide as the first. */
const table = fc
  .integer({ min: 1, max: 4 })
  .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }));

const written = (rows: readonly (readonly string[])[], end = '\n'): string =>
  rows.map((row) => csvLine(row) + end).join('');

function read(text: string): string[][] {
  return [...readCsv(text, 't.csv')].map(({ fields }) => [...fields]);
}

function refusal(body: () => unknown): InputError | null {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  return null;
}

const message = (text: string, body: (text: string) => unknown): string => {
  const error = refusal(() => body(text));
  return error === null ? 'accepted' : describeInputError(error);
};

describe('records', () => {
  test('of any table come back as they were written, whatever ends the lines', () => {
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, end, mark) => {
        expect(read((mark ? '\ufeff' : '') + written(rows, end))).toEqual(rows);
      }),
    );
  });

  test('know the line and the place of each field, also after quoted line breaks', () => {
    fc.assert(
      fc.property(table, (rows) => {
        const named = [rows[0]!.map((_, index) => `c${index}`), ...rows];
        const text = written(named);
        const lines = text.split('\n');
        const { records, locate } = readCsvTable(text, 't.csv', { required: [] });
        for (const record of records) {
          expect(locate(record, 0)).toEqual({ file: 't.csv', line: record.line, column: 1 });
          for (const [index, value] of record.fields.entries()) {
            const { line, column } = locate(record, index);
            const rest = [lines[line! - 1]!.slice(column! - 1), ...lines.slice(line!)].join('\n');
            expect(
              rest.startsWith(record.fields.length === 1 ? csvLine([value]) : csvLine([value, '']).slice(0, -1)),
            ).toBe(true);
          }
        }
      }),
    );
  });

  test('skip blank lines and white space around quotes, and keep it within fields', () => {
    expect(read('a , b\n\n  \n "x" ,\t"y"\r\n')).toEqual([
      ['a ', ' b'],
      ['x', 'y'],
    ]);
  });

  test('of any text are read or refused with line and column', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' ', '\r'), maxLength: 20 }), (text) => {
        const error = refusal(() => readAll(text));
        const { line, column } = error?.position ?? { line: 1, column: 1 };
        const lines = text.split('\n');
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual(lines[line! - 1]!.length + 1);
      }),
      { numRuns: 1000 },
    );
  });
});

const readAll = (text: string): unknown =>
  mapRows(readCsvTable(text, 't.csv', { required: [], optional: ['a', 'b'] }), ({ fields }) => fields);

describe('a table is refused', () => {
  test.each([
    ['for an open quote', 'a,b\n1,"2\n3', /^t\.csv:2:3: a quoted field does not end; /],
    ['for a stray quote', 'a,b\n1,2"3\n', /^t\.csv:2:4: a double quote within a field; /],
    ['for text after a quote', 'a,b\n1,"2"3\n', /^t\.csv:2:6: text after a quoted field; /],
    ['for a short row', 'a,b\n1,2\n"3\n"\n', /^t\.csv:3:1: the row has 1 fields, the header has 2$/],
    ['for a long row', 'a,b\n"1\n",2,3\n', /^t\.csv:3:5: the row has 3 fields, the header has 2$/],
    ['for a repeated column', '\ufeffa,b, a\n', /^t\.csv:1:5: the column "a" is given twice; remove one$/],
    ['for an unknown column', 'a,long,name\n', /^t\.csv:1:3: unknown column "long"; known: /],
    ['when it is empty', '\ufeff\n\n', /^t\.csv:1:1: the file is empty$/],
  ])('%s', (_, text, expected) => {
    expect(message(text, readAll)).toMatch(expected);
  });

  test('for a missing column', () => {
    const open = (text: string) => readCsvTable(text, 't.csv', { required: ['a', 'c'] });
    expect(message('a,b\n', open)).toBe('t.csv:1:1: the column "c" is missing; needed: a, c');
    expect(message('a,b,c\n', open)).toBe('accepted');
  });

  test('for all its rows at once, up to a quote out of place', () => {
    expect(message('a,b\n1\n1,2\n1,2,3\n"x"y,1\n1\n', readAll).split('\n')).toEqual([
      't.csv:2:1: the row has 1 fields, the header has 2',
      't.csv:4:5: the row has 3 fields, the header has 2',
      't.csv:5:4: text after a quoted field; quotes stand around the whole field, and a quote inside is written twice',
    ]);
  });
});
