import { InputError, nearestName } from '../../base/errors.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import type { LinearConstraint } from '../space/parameter.ts';

/** constant + Σ factor · parameter */
interface Affine {
  readonly constant: number;
  readonly factors: ReadonlyMap<string, number>;
}

type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'sign'; readonly sign: string };

const RELATIONS = ['<=', '>=', '==', '=', '≤', '≥', '<', '>'];
const SIGNS = [...RELATIONS, '+', '-', '*', '/', '(', ')'];
const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;
const NAME = /^[\p{L}_][\p{L}\p{N}_.]*/u;

/**
 * Reads a linear constraint such as `a + 2*b <= 3` or `prefill >= 2 * (decode - 1)`: sums of parameters times numbers on both
 * sides of one relation. An equation gives two constraints.
 * @param names - of the parameters that may occur; one with other signs than letters, digits, `_` and `.` may be quoted
 * @throws InputError that says what cannot be read
 */
export function parseLinear(text: string, names: readonly string[]): readonly LinearConstraint[] {
  const tokens = tokenize(text, names);
  const at = tokens.findIndex(isRelation);
  if (at < 0)
    throw new InputError(`needs a relation, got ${shortText(text)}`, { suggestion: 'write e.g. `a + 2*b <= 3`' });
  const second = tokens.findIndex((token, index) => index > at && isRelation(token));
  if (second >= 0)
    throw new InputError(`must hold one relation, got ${shortText(text)}`, { suggestion: 'write two constraints' });
  const left = new SideReader(tokens.slice(0, at), text).read();
  const right = new SideReader(tokens.slice(at + 1), text).read();
  const relation = (tokens[at] as { sign: string }).sign;
  if (relation === '<' || relation === '>')
    throw new InputError(`must use <=, >= or ==, got ${shortText(text)}`, {
      suggestion: 'write <= instead of <; for integers a < b is a + 1 <= b',
    });
  const difference = plus(left, right, -1);
  return linearConstraints(text, difference.factors, relationOf(relation), -difference.constant);
}

export type Relation = 'at-most' | 'at-least' | 'equals';

function relationOf(sign: string): Relation {
  if (sign === '<=' || sign === '≤') return 'at-most';
  return sign === '>=' || sign === '≥' ? 'at-least' : 'equals';
}

/** Σ factor · parameter related to a bound, as constraints with upper bounds. */
export function linearConstraints(
  text: string,
  factors: ReadonlyMap<string, number>,
  relation: Relation,
  bound: number,
): readonly LinearConstraint[] {
  const used = [...factors].filter(([, factor]) => factor !== 0);
  if (used.length === 0)
    throw new InputError(`names no parameter, got ${shortText(text)}`, { suggestion: 'write e.g. `a + 2*b <= 3`' });
  if (!Number.isFinite(bound) || used.some(([, factor]) => !Number.isFinite(factor)))
    throw new InputError(`numbers must be finite, got ${shortText(text)}`);
  const upper = (sign: 1 | -1): LinearConstraint => ({
    text,
    terms: used.map(([parameter, factor]) => ({ parameter, factor: sign * factor })),
    atMost: sign * bound,
  });
  switch (relation) {
    case 'at-most':
      return [upper(1)];
    case 'at-least':
      return [upper(-1)];
    case 'equals':
      return [upper(1), upper(-1)];
    default:
      return relation satisfies never;
  }
}

function tokenize(text: string, names: readonly string[]): Token[] {
  const longestFirst = [...names].sort((a, b) => b.length - a.length);
  const tokens: Token[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const { token, length } = nextToken(rest, longestFirst, text);
    tokens.push(token);
    rest = rest.slice(length).trimStart();
  }
  return tokens;
}

function nextToken(rest: string, longestFirst: readonly string[], text: string): { token: Token; length: number } {
  const quoted = /^(["'`])(.*?)\1/.exec(rest);
  if (quoted !== null) return { token: nameToken(quoted[2]!, longestFirst), length: quoted[0].length };
  const known = longestFirst.find((name) => rest.startsWith(name) && !/^[\p{L}\p{N}_]/u.test(rest.slice(name.length)));
  if (known !== undefined && known !== '') return { token: { kind: 'name', name: known }, length: known.length };
  const number = NUMBER.exec(rest)?.[0];
  if (number !== undefined) return { token: { kind: 'number', value: Number(number) }, length: number.length };
  const sign = SIGNS.find((one) => rest.startsWith(one));
  if (sign !== undefined) return { token: { kind: 'sign', sign }, length: sign.length };
  const stranger = NAME.exec(rest)?.[0];
  if (stranger !== undefined) return { token: nameToken(stranger, longestFirst), length: stranger.length };
  throw new InputError(`${shortText(rest[0])} cannot be read in ${shortText(text)}`, {
    suggestion: 'use parameters, numbers, + - * / ( ) and one of <= >= ==',
  });
}

/** @throws InputError for a name that is no parameter */
function nameToken(name: string, known: readonly string[]): Token {
  if (known.includes(name)) return { kind: 'name', name };
  const near = nearestName(name, known);
  throw new InputError(`${shortText(name)} is no parameter of the space`, {
    suggestion: `${near === undefined ? '' : `did you mean ${shortText(near)}? `}parameters: ${nameList([...known].sort())}`,
  });
}

function isRelation(token: Token): boolean {
  return token.kind === 'sign' && RELATIONS.includes(token.sign);
}

/** Reads one side of a relation by recursive descent: sum → product → number, parameter or brackets. */
class SideReader {
  readonly #tokens: readonly Token[];
  readonly #text: string;
  #at = 0;

  constructor(tokens: readonly Token[], text: string) {
    this.#tokens = tokens;
    this.#text = text;
  }

  read(): Affine {
    const side = this.#sum();
    if (this.#at < this.#tokens.length) throw this.#unreadable();
    return side;
  }

  #sum(): Affine {
    let sum = this.#accept('-') ? scaled(this.#product(), -1) : this.#skipPlus();
    for (;;) {
      if (this.#accept('+')) sum = plus(sum, this.#product(), 1);
      else if (this.#accept('-')) sum = plus(sum, this.#product(), -1);
      else return sum;
    }
  }

  #skipPlus(): Affine {
    this.#accept('+');
    return this.#product();
  }

  #product(): Affine {
    let product = this.#factor();
    for (;;) {
      if (this.#accept('*')) product = this.#times(product, this.#factor());
      else if (this.#accept('/')) product = this.#over(product, this.#factor());
      else return product;
    }
  }

  #factor(): Affine {
    const token = this.#tokens[this.#at];
    if (token?.kind === 'number') {
      this.#at++;
      return { constant: token.value, factors: new Map() };
    }
    if (token?.kind === 'name') {
      this.#at++;
      return { constant: 0, factors: new Map([[token.name, 1]]) };
    }
    if (this.#accept('-')) return scaled(this.#factor(), -1);
    if (!this.#accept('(')) throw this.#unreadable();
    const inner = this.#sum();
    if (!this.#accept(')')) throw this.#unreadable();
    return inner;
  }

  #times(a: Affine, b: Affine): Affine {
    if (a.factors.size === 0) return scaled(b, a.constant);
    if (b.factors.size === 0) return scaled(a, b.constant);
    throw new InputError(`is not linear, got ${shortText(this.#text)}`, {
      suggestion: 'a parameter may be multiplied by numbers only',
    });
  }

  #over(a: Affine, b: Affine): Affine {
    if (b.factors.size === 0 && b.constant !== 0) return scaled(a, 1 / b.constant);
    throw new InputError(`is not linear, got ${shortText(this.#text)}`, {
      suggestion: 'divide by numbers other than 0 only',
    });
  }

  #accept(sign: string): boolean {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'sign' || token.sign !== sign) return false;
    this.#at++;
    return true;
  }

  #unreadable(): InputError {
    const token = this.#tokens[this.#at];
    const found =
      token === undefined
        ? 'the end'
        : token.kind === 'number'
          ? token.value
          : token.kind === 'name'
            ? token.name
            : token.sign;
    return new InputError(`cannot be read at ${shortText(String(found))}, got ${shortText(this.#text)}`, {
      suggestion: 'write products with *, e.g. `a + 2*b <= 3`',
    });
  }
}

function plus(a: Affine, b: Affine, sign: 1 | -1): Affine {
  const factors = new Map(a.factors);
  for (const [name, factor] of b.factors) factors.set(name, (factors.get(name) ?? 0) + sign * factor);
  return { constant: a.constant + sign * b.constant, factors };
}

function scaled({ constant, factors }: Affine, by: number): Affine {
  return { constant: constant * by, factors: new Map([...factors].map(([name, factor]) => [name, factor * by])) };
}
