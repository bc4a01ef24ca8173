import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath, type InputError } from '../../../src/base/errors.ts';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { answerLine } from '../../../src/optimizer/ask-tell/session.ts';
import { EMPTY_SESSION, type SessionState } from '../../../src/optimizer/ask-tell/session-state.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';

const INIT = {
  op: 'init',
  space: [
    { name: 'x', type: 'float', low: 0, high: 1, log: false },
    { name: 'n', type: 'int', low: 1, high: 5, log: false },
    { name: 'c', type: 'categorical', choices: ['a', 'b', 3, true] },
    { name: 'w', type: 'simplex', size: 3 },
  ],
  objectives: [
    { name: 'speed', direction: 'maximize' },
    { name: 'cost', direction: 'minimize' },
  ],
  constraints: 1,
  seed: 4,
  budget: 30,
};

/** A session that is talked to line by line. */
function session(sampler = 'gp') {
  const context = { sampler: createSampler(sampler), version: '1.2.3' };
  let state: SessionState = EMPTY_SESSION;
  return {
    state: () => state,
    send(message: object | string): JsonObject {
      const line = typeof message === 'string' ? message : JSON.stringify(message);
      const answer = answerLine(state, line, context);
      state = answer.state;
      return answer.reply as JsonObject;
    },
  };
}

function started(sampler = 'gp') {
  const talk = session(sampler);
  talk.send(INIT);
  return talk;
}

const params = (reply: JsonObject): JsonObject => reply['params'] as JsonObject;
const outcome = (p: JsonObject) => {
  const x = Number(p['x']);
  return { values: [x + Number(p['n']), x * x + (p['w'] as number[])[0]!], constraints: [x - 0.9] };
};

describe('ask-tell session', () => {
  it('answers each request in the form of the protocol', () => {
    const talk = session();
    expect(talk.send(INIT)).toEqual({ ok: true, version: '1.2.3' });
    const one = talk.send({ op: 'ask' });
    expect(Object.keys(one)).toEqual(['id', 'params']);
    expect(Object.keys(params(one))).toEqual(['x', 'n', 'c', 'w']);
    const { asks } = talk.send({ op: 'ask', count: 3 }) as { asks: readonly JsonObject[] };
    expect(asks.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(
      talk.send({
        op: 'tell',
        id: 2,
        values: [
          [1, 2],
          [3, 4],
        ],
        constraints: [[-1], [-1]],
      }),
    ).toEqual({ ok: true });
    expect(talk.send({ op: 'tell', id: 0, failed: 'out of memory' })).toEqual({ ok: true });
    const given = { x: 0.5, n: 2, c: true, w: [0.2, 0.3, 0.5] };
    expect(talk.send({ op: 'seed', params: given, values: [5, 1], constraints: [-1] })).toEqual({ ok: true });
    const best = talk.send({ op: 'best' });
    expect(params(best['recommendation'] as JsonObject)).toEqual(given);
    expect(best['front']).toEqual([{ id: null, params: given, values: [5, 1], constraints: [-1], feasible: true }]);
  });

  it('gives the same replies to the same requests, also after state and restore', () => {
    const talk = () => {
      const s = started();
      const replies: Json[] = [];
      for (let i = 0; i < 12; i++) {
        const asked = s.send({ op: 'ask' });
        replies.push(asked);
        s.send({ op: 'tell', id: i, ...outcome(params(asked)) });
      }
      return { s, replies };
    };
    const a = talk();
    const b = talk();
    expect(a.replies).toEqual(b.replies);
    const saved = JSON.parse(JSON.stringify(a.s.send({ op: 'state' }))) as JsonObject;
    const fresh = session();
    expect(fresh.send({ op: 'restore', state: saved['state'] })).toEqual({ ok: true });
    expect(fresh.send({ op: 'state' })).toEqual(saved);
    expect(fresh.send({ op: 'ask', count: 2 })).toEqual(a.s.send({ op: 'ask', count: 2 }));
  });

  it('keeps a space with conditions, constraints and named weights through state and restore', () => {
    const talk = session('sobol');
    talk.send({
      op: 'init',
      space: {
        x: { type: 'float', bounds: [0, 1], step: 0.1 },
        k: { type: 'choice', values: ['a', null] },
        y: { type: 'real', low: 0, high: 1, when: { parameter: 'k', equals: 'a' } },
        tp: { type: 'ordinal', levels: [1, 2, 4] },
        w: ['kv', 'queue'],
        v: { type: 'simplex', size: 2 },
      },
      parameter_constraints: ['x + tp <= 3', { terms: { y: 1, x: -1 }, at_least: 0 }],
      forbidden: [
        { k: null, tp: 2 },
        { y: { low: 0.9 }, tp: 1 },
      ],
      objectives: [{ name: 'f' }],
    });
    for (const { id, params: p } of (talk.send({ op: 'ask', n: 6 }) as { asks: { id: number; params: JsonObject }[] })
      .asks) {
      expect(Object.keys(p['w'] as JsonObject)).toEqual(['kv', 'queue']);
      expect(p['v']).toHaveLength(2);
      expect(Number(p['x']) + Number(p['tp'])).toBeLessThanOrEqual(3);
      talk.send({ op: 'tell', id, values: [Number(p['x'])] });
    }
    // A rounding error of a step, and weights by name or as a list.
    const given = { x: 0.1 + 0.2, k: null, tp: 1, w: { queue: 0.25, kv: 0.75 }, v: [0.5, 0.5] };
    talk.send({ op: 'seed', params: given, values: [0] });
    talk.send({ op: 'seed', params: { ...given, w: [0.75, 0.25] }, values: [0] });
    const saved = JSON.parse(JSON.stringify(talk.send({ op: 'state' }))) as { state: { points: JsonObject[] } };
    const [first, second] = saved.state.points.slice(-2).map(params);
    expect(first).toEqual({ ...given, x: 0.3 });
    expect(second).toEqual(first);
    const fresh = session('sobol');
    expect(fresh.send({ op: 'restore', state: saved.state as unknown as Json })).toEqual({ ok: true });
    expect(fresh.send({ op: 'state' })).toEqual(saved);
    expect(fresh.send({ op: 'ask', count: 3 })).toEqual(talk.send({ op: 'ask', count: 3 }));
    expect(() => talk.send({ op: 'seed', params: { ...given, tp: 4 }, values: [0] })).toThrow(
      'x + tp <= 3 must hold, got x = 0.3, tp = 4',
    );
    expect(() => talk.send({ op: 'seed', params: { ...given, tp: 2 }, values: [0] })).toThrow(
      'this combination is forbidden: k = null, tp = 2',
    );
    expect(() => talk.send({ op: 'seed', params: { ...given, w: { kv: 1 } }, values: [0] })).toThrow(
      'a weight is required',
    );
  });

  it('says that a finite space is used up, and gives no point twice', () => {
    const talk = session('gp');
    talk.send({ op: 'init', space: { n: { type: 'int', low: 1, high: 3 } }, objectives: [{ name: 'f' }] });
    const end = { exhausted: true, message: 'all 3 points of the space have been asked for' };
    const one = talk.send({ op: 'ask' });
    const rest = talk.send({ op: 'ask', count: 10_000 }) as { asks: readonly JsonObject[] };
    expect(new Set([params(one), ...rest.asks.map(params)].map((p) => p['n']))).toEqual(new Set([1, 2, 3]));
    expect(rest).toMatchObject(end);
    expect(talk.send({ op: 'ask' })).toEqual(end);
    expect(talk.send({ op: 'ask', count: 2 })).toEqual({ asks: [], ...end });
  });

  it('ranks what was told by dominance, and names what comes nearest where nothing is feasible', () => {
    const talk = session('random');
    const objectives = [{ name: 'f' }, { name: 'g', direction: 'maximize' }];
    talk.send({ op: 'init', space: { x: [0, 1] }, objectives, constraints: 1 });
    talk.send({ op: 'ask', count: 6 });
    talk.send({ op: 'tell', id: 0, values: [1, 1], constraints: [0.5] });
    talk.send({ op: 'tell', id: 1, values: [1, 1], constraints: [0.25] });
    expect(talk.send({ op: 'best' })).toMatchObject({
      recommendation: null,
      front: [],
      nearest: { id: 1, constraints: [0.25], feasible: false, violation: 0.25 },
    });
    const tell = (id: number, f: number, g: number) =>
      talk.send({
        op: 'tell',
        id,
        values: [
          [f - 1, g],
          [f + 1, g],
        ],
        constraints: [[-1], [-1]],
      });
    tell(2, 1, 1);
    tell(3, 2, 2);
    tell(4, 2, 2);
    tell(5, 3, 1);
    const ids = (answer: JsonObject) => (answer['fronts'] as JsonObject[][]).map((front) => front.map(({ id }) => id));
    const all = talk.send({ op: 'fronts' });
    expect([ids(all), all['infeasible']]).toEqual([[[2, 3, 4], [5]], 2]);
    expect(ids(talk.send({ op: 'fronts', count: 1 }))).toEqual([[2, 3, 4]]);
    expect((all['fronts'] as JsonObject[][])[0]![1]).toMatchObject({
      values: [2, 2],
      constraints: [-1],
      feasible: true,
    });
  });

  it('tells the importance of parameters, and answers the end', () => {
    const talk = session('sobol');
    talk.send({ op: 'init', space: { x: [0, 1], y: [0, 1] }, objectives: [{ name: 'f' }] });
    const { asks } = talk.send({ op: 'ask', count: 16 }) as { asks: readonly JsonObject[] };
    for (const { id, params: p } of asks as readonly { id: number; params: JsonObject }[])
      talk.send({ op: 'tell', id, values: [10 * Number(p['x']) + Number(p['y'])] });
    const [f] = talk.send({ op: 'importance' })['importance'] as { parameters: { first: { value: number } }[] }[];
    const [x, y] = f!.parameters.map(({ first }) => first.value);
    // Shares of the variance: 100 : 1.
    expect(x).toBeGreaterThan(0.9);
    expect(y).toBeLessThan(0.1);
    expect(answerLine(talk.state(), '{"op":"stop"}', { sampler: createSampler('sobol'), version: '' })).toMatchObject({
      reply: { ok: true },
      stop: true,
    });
  });

  it('accepts tells in any order and more asks than the budget', () => {
    const talk = started('sobol');
    talk.send({ op: 'ask', count: 40 });
    for (const id of [39, 0, 20]) talk.send({ op: 'tell', id, values: [1, 1], constraints: [0] });
    expect((talk.send({ op: 'ask' }) as JsonObject)['id']).toBe(40);
  });

  it('names the field of a bad line and keeps its state', () => {
    const talk = started('random');
    talk.send({ op: 'ask' });
    const before = talk.state();
    const bad: readonly (readonly [object | string, RegExp, string])[] = [
      ['nonsense', /one JSON object/, ''],
      ['[1]', /one JSON object/, ''],
      ['', /one JSON object/, ''],
      [{ op: 'aks' }, /unknown op "aks"/, 'op'],
      [{ op: 'ask', count: 0 }, /must be ≥ 1, got 0/, 'count'],
      [{ op: 'ask', cuont: 1 }, /unknown key "cuont"/, 'cuont'],
      [{ op: 'tell', id: 9, values: [1, 2], constraints: [0] }, /never asked/, 'id'],
      [{ op: 'tell', id: 0, values: [1], constraints: [0] }, /2 numbers/, 'values'],
      [{ op: 'tell', id: 0, values: [1, 2] }, /1 number/, 'constraints'],
      [{ op: 'tell', id: 0, values: [1, 'x'], constraints: [0] }, /must be a number/, 'values[1]'],
      [
        {
          op: 'tell',
          id: 0,
          values: [
            [1, 2],
            [1, 2],
          ],
          constraints: [[0]],
        },
        /replicates/,
        'constraints',
      ],
      [{ op: 'seed', params: { x: 2 }, values: [1, 2], constraints: [0] }, /must lie in/, 'params.x'],
      [
        { ...INIT, space: [{ name: 'x', type: 'flaot', low: 0, high: 1 }] },
        /must be "real" or "float" or .* or "simplex", got "flaot"/,
        'space[0].type',
      ],
      [{ ...INIT, space: [{ name: 'x', type: 'float', low: 1, high: 0 }] }, /low ≤ high/, 'space[0].low'],
      [{ ...INIT, objectives: [{ name: 'f', direction: 'up' }] }, /minimize/, 'objectives[0].direction'],
      [{ op: 'restore', state: { format: 9 } }, /must be 1, got 9/, 'state.format'],
    ];
    for (const [message, rule, path] of bad) {
      let caught: unknown;
      try {
        talk.send(message);
      } catch (error) {
        caught = error;
      }
      expect(caught).toBeInstanceOf(Error);
      expect((caught as Error).message).toMatch(rule);
      const steps = (caught as { path: readonly (string | number)[] }).path;
      const text = steps.reduce<string>(
        (t, s) => (typeof s === 'number' ? `${t}[${s}]` : t === '' ? s : `${t}.${s}`),
        '',
      );
      expect(text).toBe(path);
      expect(talk.state()).toBe(before);
    }
    talk.send({ op: 'tell', id: 0, values: [1, 2], constraints: [0] });
    expect(() => talk.send({ op: 'tell', id: 0, values: [1, 2], constraints: [0] })).toThrow('told already');
    expect(() => session().send({ op: 'ask' })).toThrow('starts with "init"');
  });

  it('names every bad field of a line at once', () => {
    const talk = session();
    const init = {
      op: 'init',
      space: [
        { name: 'x', type: 'float', low: 'a', high: 1 },
        { name: '', type: 'int', low: 1 },
      ],
      objectives: [],
      sed: 1,
    };
    let problems: readonly string[] = [];
    try {
      talk.send(init);
    } catch (error) {
      problems = (error as InputError).problems().map(({ path }) => formatPath(path));
    }
    expect(problems).toEqual(['space[0].low', 'space[1].name', 'space[1].high', 'objectives', 'sed']);
  });

  it('takes what else a failed evaluation says, and numbers beyond all doubles', () => {
    const talk = started('random');
    talk.send({ op: 'ask', count: 2 });
    expect(talk.send({ op: 'tell', id: 0, values: null, constraints: 'none', failed: 'out of memory' })).toEqual({
      ok: true,
    });
    expect(talk.send('{"op":"tell","id":1,"values":[1e999,1],"constraints":[0]}')).toEqual({ ok: true });
    expect(talk.send({ op: 'best' })).toEqual({ recommendation: null, front: [] });
  });

  it('takes NaN, Infinity and null in a tell as a failed evaluation', () => {
    for (const told of ['[NaN, 1]', '[1, -Infinity]', '[null, 2]']) {
      const talk = started('random');
      talk.send({ op: 'ask' });
      expect(talk.send(`{"op":"tell","id":0,"values":${told},"constraints":[0]}`)).toEqual({ ok: true });
      expect(talk.send({ op: 'best' })).toEqual({ recommendation: null, front: [] });
    }
  });

  it('never breaks on arbitrary lines', () => {
    const talk = started('random');
    talk.send({ op: 'ask', count: 3 });
    const message = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({
          op: fc.constantFrom('ask', 'tell', 'seed', 'best', 'restore', 'init'),
          id: fc.anything(),
          values: fc.anything(),
          params: fc.anything(),
          state: fc.anything(),
        })
        .map((m) => JSON.stringify(m)),
    );
    fc.assert(
      fc.property(message, (line) => {
        try {
          talk.send(line);
        } catch (error) {
          expect((error as Error).name).toBe('InputError');
        }
      }),
      { numRuns: 200 },
    );
  });

  it('recommends by posterior, not by the luckiest value, and reports in the user’s signs', () => {
    const talk = session();
    talk.send({
      op: 'init',
      space: [{ name: 'x', type: 'float', low: 0, high: 1 }],
      objectives: [{ name: 'f', direction: 'maximize' }],
    });
    for (let i = 0; i <= 20; i++) {
      const x = i / 20;
      const lucky = i === 2 ? 0.35 : 0;
      const noise = 0.1 * Math.sin(97 * i);
      talk.send({ op: 'seed', params: { x }, values: [1 - (x - 0.6) ** 2 * 2 + noise + lucky] });
    }
    const { recommendation } = talk.send({ op: 'best' }) as unknown as {
      recommendation: { params: { x: number }; mean: number[] };
    };
    expect(Math.abs(recommendation.params.x - 0.6)).toBeLessThan(0.2);
    expect(recommendation.mean[0]).toBeGreaterThan(0.8);
  });

  it('ends on stop', () => {
    const context = { sampler: createSampler('random'), version: '1' };
    expect(answerLine(EMPTY_SESSION, '{"op":"stop"}', context).stop).toBe(true);
  });
});
