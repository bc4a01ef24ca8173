import { expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { meanAlong } from '../../../src/optimizer/gp/covariance-along.ts';
import { featureRows, type Kernel } from '../../../src/optimizer/gp/kernel.ts';
import { condition, momentsBuffer, predictMeans } from '../../../src/optimizer/gp/posterior.ts';

const rng = stream(1, 'covariance-along');
const draw = (): Float64Array => Float64Array.of(rng.uniform(), rng.uniform(), rng.below(3), rng.uniform());
const POINTS = featureRows(Array.from({ length: 40 }, draw), Uint8Array.of(0, 0, 1, 0));

const SHAPES = ['matern52', 'squared-exponential', 'additive'] as const;
const NEAR = Float64Array.of(3, 0.2, 5, 40);
/** From one end to the other covariances underflow. */
const FAR = Float64Array.of(2400, 0.2, 5, 1600);

test.each(SHAPES.flatMap((shape) => [NEAR, FAR].map((weights) => ({ shape, weights }))))(
  'means along a design are those of each point alone, to the bit: $shape, weights $weights',
  ({ shape, weights }) => {
    const kernel: Kernel = { shape, weights, signal: 1.3, first: 0.2, second: 0.1 };
    const targets = Float64Array.from({ length: 40 }, () => rng.normal());
    const posterior = condition(kernel, POINTS, [targets], new Float64Array(40).fill(0.01));
    const [meanAt, buffer] = [meanAlong(posterior), momentsBuffer(posterior)];
    for (let row = 0; row < 30; row++) {
      const [a, b] = [draw(), draw()];
      const mixed = Array.from(a, (_, j) => a.with(j, b[j]!));
      for (const x of [a, b, ...mixed, a, draw(), b]) expect(meanAt(x)).toBe(predictMeans(posterior, x, buffer)[0]);
    }
  },
);
