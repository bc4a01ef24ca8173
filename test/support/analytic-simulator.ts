import { stream } from '../../src/base/random.ts';
import type { Simulator } from '../../src/simulators/simulator.ts';

/**
 * A simulator with a known answer: two conflicting costs of x and y, plus noise that the seed decides, plus what a seed does to
 * every vector alike.
 */
export function analyticSimulator(noise = 0, seedEffect = 0): Simulator {
  return {
    name: 'analytic',
    description: 'closed-form costs for tests',
    prepare: ({ config }) => {
      const { x, y = 0, wall = Number.POSITIVE_INFINITY } = config as { x: number; y?: number; wall?: number };
      return {
        metrics: [
          { name: 'cost', unit: 'ms', better: 'lower', description: '(x − 0.2)² + y²' },
          { name: 'gain', unit: '1', better: 'higher', description: '1 − (x − 0.8)² − y²' },
          { name: 'share', unit: '1', better: 'higher', description: '1 − x' },
        ],
        run: ({ seed }) => {
          if (x > wall) return { kind: 'infeasible', reason: `x ${x} is beyond the wall` };
          const own = noise * stream(seed, 'noise', String(x), String(y)).normal();
          const shift = own + seedEffect * stream(seed, 'effect').normal();
          return {
            kind: 'measured',
            metrics: { cost: (x - 0.2) ** 2 + y * y + shift, gain: 1 - (x - 0.8) ** 2 - y * y + shift, share: 1 - x },
          };
        },
      };
    },
  };
}
