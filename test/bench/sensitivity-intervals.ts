/**
 * How often the 95 % intervals of Sobol indices hold the true index, and how wide they are.
 *
 *   node --import tsx test/bench/sensitivity-intervals.ts [FUNCTIONS, by comma] [COUNTS, by comma] [SEEDS, from-to] [SAMPLER]
 *
 * Points are those of a sampler (`sobol` unless another is named; those of `gp` gather where the function is small). One line
 * for each function and count: intervals that hold, their mean width, mean leave-one-out R², CPU seconds of one analysis.
 */
import { surrogateSensitivity } from '../../src/optimizer/sensitivity/surrogate-sensitivity.ts';
import { coverageOf, evidenceOf, KNOWN_FUNCTIONS, trueIndices } from '../support/known-functions.ts';

const [names = Object.keys(KNOWN_FUNCTIONS).join(), counts = '24,60,150', seeds = '1-12', sampler = 'sobol'] =
  process.argv.slice(2);
const [from, to] = seeds.split('-').map(Number) as [number, number];

for (const name of names.split(',') as (keyof typeof KNOWN_FUNCTIONS)[]) {
  const known = KNOWN_FUNCTIONS[name];
  const truth = trueIndices(known);
  for (const count of counts.split(',').map(Number)) {
    const sum = { held: 0, count: 0, width: 0, r2: 0, seconds: 0 };
    const missed: string[] = [];
    for (let seed = from; seed <= to; seed++) {
      const evidence = evidenceOf(known, { count, seed, sampler });
      const before = process.cpuUsage().user;
      const [found] = surrogateSensitivity(evidence, seed)!;
      sum.seconds += (process.cpuUsage().user - before) / 1e6;
      const coverage = coverageOf(truth, found!.indices);
      sum.held += coverage.held;
      sum.count += coverage.count;
      sum.width += coverage.width;
      sum.r2 += found!.leaveOneOutR2 ?? 0;
      missed.push(...coverage.missed.map((text) => `seed ${seed} ${text}`));
    }
    const runs = to - from + 1;
    const share = ((100 * sum.held) / sum.count).toFixed(0);
    const means = [sum.width, sum.r2, sum.seconds].map((value) => (value / runs).toFixed(2));
    console.log(
      `${name}, ${count} ${sampler} points: ${sum.held} of ${sum.count} (${share} %), width ${means[0]}, R² ${means[1]}, ${means[2]} s; ${missed.slice(0, 6).join('; ')}`,
    );
  }
}
