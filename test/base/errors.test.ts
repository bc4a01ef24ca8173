import { describe, expect, test } from 'vitest';
import { describeInputError, InputError, inputErrors, unknownName, within } from '../../src/base/errors.ts';
import { checkAll, mapAll, ProblemList } from '../../src/base/problem-list.ts';

const refuse = (text: string) => (): never => {
  throw new InputError(text, { path: [text] });
};

function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('problems', () => {
  test('one problem alone stays the error it was', () => {
    const error = new InputError('x');
    expect(inputErrors([error])).toBe(error);
    expect(error.problems()).toEqual([error]);
  });

  test('every check runs, and all problems come at once in their order', () => {
    const error = thrownBy(() =>
      checkAll(
        refuse('a'),
        () => {},
        () => checkAll(refuse('b'), refuse('c')),
      ),
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).problems().map(({ message }) => message)).toEqual(['a', 'b', 'c']);
    expect(describeInputError(error as InputError)).toBe('a: a\nb: b\nc: c');
  });

  test('a fault of the program is not taken for a problem of the input', () => {
    const bug = new TypeError('bug');
    const broken = (): never => {
      throw bug;
    };
    expect(thrownBy(() => checkAll(refuse('a'), broken))).toBe(bug);
  });

  test('items without problems are mapped', () => {
    expect(mapAll([1, 2], (item, index) => item * 10 + index)).toEqual([10, 21]);
    expect(() => new ProblemList().refuse()).not.toThrow();
  });

  test('a prefix and a place reach every problem', () => {
    const error = thrownBy(() => within(['top', 3], () => checkAll(refuse('a'), refuse('b')))) as InputError;
    const place = error.placedBy((path) => ({ file: 'f.yaml', line: path.length, column: 1 }));
    expect(describeInputError(place)).toBe('f.yaml:3:1 top[3].a: a\nf.yaml:3:1 top[3].b: b');
    expect(describeInputError(place.placedBy(() => ({ file: 'other' })))).toBe(describeInputError(place));
  });

  test('twenty lines, then a count', () => {
    const lines = (count: number): string[] =>
      describeInputError(inputErrors(Array.from({ length: count }, (_, i) => new InputError(`p${i}`)))).split('\n');
    expect(lines(20)).toHaveLength(20);
    expect(lines(37).slice(-2)).toEqual(['p19', 'and 17 more']);
  });
});

describe('messages', () => {
  test('names and keys from files are cut and spelled out', () => {
    const name = `x\n${'y'.repeat(100_000)}`;
    const text = describeInputError(unknownName('key', name, ['rate'], { path: [name] }));
    expect(text.length).toBeLessThan(200);
    expect(text).toMatch(/^x\\ny+…: unknown key "x\\ny+…; known: rate$/);
  });

  test('no message moves the cursor of a terminal', () => {
    const error = new InputError('odd \u001b[2J value', { position: { file: 'a\u0007.yaml' } });
    expect(describeInputError(error)).toBe('a\\u0007.yaml: odd \\u001b[2J value');
  });
});
