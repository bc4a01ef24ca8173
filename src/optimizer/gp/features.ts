import { power } from '../../numeric/power.ts';
import { coordinateCount, encode } from '../space/encode.ts';
import type { ParameterValues, SearchSpace } from '../space/parameter.ts';

/**
 * What the surrogate sees of a point: numeric coordinates in [0, 1], the index of each category, all weights of a simplex.
 * Inactive parameters sit at one fixed place, so that only their parent tells active from inactive.
 */
export interface FeatureMap {
  /** Number of features p. */
  readonly count: number;
  /** Length p; 1 where the feature is a category index (distance 0 or 1). */
  readonly categorical: Uint8Array;
  /** Length p; index of the parameter behind each feature. */
  readonly parameterOf: Int32Array;
  /** Length p; the cube axis that a numeric feature is, −1 for categories and simplex weights. */
  readonly cubeAxes: Int32Array;
  /** Features of a cube point whose inactive coordinates are 0.5. */
  fromCube(cube: ArrayLike<number>, out?: Float64Array): Float64Array;
  fromValues(values: ParameterValues): Float64Array;
  /** Chain rule: gradient in features → gradient in cube coordinates (zero for categories). */
  pullBack(cube: ArrayLike<number>, featureGradient: Float64Array, out: Float64Array): void;
}

interface Block {
  readonly kind: 'numeric' | 'category' | 'simplex';
  readonly cubeAt: number;
  readonly featureAt: number;
  /** Levels of a category, components of a simplex, 1 for a number. */
  readonly size: number;
}

export function featureMap(space: SearchSpace): FeatureMap {
  const blocks: Block[] = [];
  const parameterOf: number[] = [];
  let cubeAt = 0;
  let featureAt = 0;
  space.parameters.forEach((parameter, index) => {
    const kind = parameter.kind === 'simplex' ? 'simplex' : parameter.kind === 'categorical' ? 'category' : 'numeric';
    const size =
      parameter.kind === 'simplex'
        ? parameter.components.length
        : parameter.kind === 'categorical'
          ? parameter.choices.length
          : 1;
    blocks.push({ kind, cubeAt, featureAt, size });
    const width = kind === 'simplex' ? size : 1;
    for (let k = 0; k < width; k++) parameterOf.push(index);
    cubeAt += coordinateCount(parameter);
    featureAt += width;
  });
  const categorical = new Uint8Array(featureAt);
  for (const block of blocks) if (block.kind === 'category') categorical[block.featureAt] = 1;
  const { fromCube, pullBack } = writers(blocks, featureAt);
  return {
    count: featureAt,
    categorical,
    parameterOf: Int32Array.from(parameterOf),
    cubeAxes: Int32Array.from(
      blocks.flatMap(({ kind, cubeAt, size }) =>
        kind === 'simplex' ? new Array<number>(size).fill(-1) : [kind === 'numeric' ? cubeAt : -1],
      ),
    ),
    fromCube,
    fromValues: (values) => fromCube(encode(space, values)),
    pullBack,
  };
}

function writers(blocks: readonly Block[], count: number): Pick<FeatureMap, 'fromCube' | 'pullBack'> {
  // Without categories and simplexes, features are the coordinates.
  if (blocks.every(({ kind }) => kind === 'numeric')) {
    return {
      fromCube: (cube, out = new Float64Array(count)) => {
        out.set(cube);
        return out;
      },
      pullBack: (_, featureGradient, out) => out.set(featureGradient),
    };
  }
  return {
    fromCube: (cube, out = new Float64Array(count)) => {
      for (const block of blocks) writeFeatures(block, cube, out);
      return out;
    },
    pullBack: (cube, featureGradient, out) => {
      for (const block of blocks) writePullBack(block, cube, featureGradient, out);
    },
  };
}

function writeFeatures({ kind, cubeAt, featureAt, size }: Block, cube: ArrayLike<number>, out: Float64Array): void {
  if (kind === 'numeric') {
    out[featureAt] = cube[cubeAt]!;
  } else if (kind === 'category') {
    out[featureAt] = Math.min(size - 1, Math.floor(cube[cubeAt]! * size));
  } else {
    let left = 1;
    for (let i = 0; i < size - 1; i++) {
      const next = left * keptFraction(cube[cubeAt + i]!, size - 1 - i);
      out[featureAt + i] = left - next;
      left = next;
    }
    out[featureAt + size - 1] = left;
  }
}

function writePullBack(
  { kind, cubeAt, featureAt, size }: Block,
  cube: ArrayLike<number>,
  gradient: Float64Array,
  out: Float64Array,
): void {
  if (kind === 'numeric') {
    out[cubeAt] = gradient[featureAt]!;
  } else if (kind === 'category') {
    out[cubeAt] = 0;
  } else {
    // With q_i the kept fractions, w_i = (1 − q_i) q_0 … q_{i−1}: d/dq_i = −left_i g_i + Σ_{k>i} g_k w_k / q_i.
    const left = new Float64Array(size);
    left[0] = 1;
    for (let i = 0; i < size - 1; i++) left[i + 1] = left[i]! * keptFraction(cube[cubeAt + i]!, size - 1 - i);
    // Σ_{k>i} g_k w_k / left_{i+1}, kept as an average so that left may underflow.
    let average = gradient[featureAt + size - 1]!;
    for (let i = size - 2; i >= 0; i--) {
      const components = size - 1 - i;
      const kept = keptFraction(cube[cubeAt + i]!, components);
      const slope = -kept / (components * Math.max(1 - cube[cubeAt + i]!, 1e-9));
      out[cubeAt + i] = left[i]! * slope * (average - gradient[featureAt + i]!);
      average = (1 - kept) * gradient[featureAt + i]! + kept * average;
    }
  }
}

function keptFraction(u: number, components: number): number {
  return power(Math.max(0, 1 - u), 1 / components);
}
