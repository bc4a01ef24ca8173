import type { ItlHistogram } from '../engine-result.ts';
import type { TokenGaps } from './token-gaps.ts';

/** Largest gap, and largest number of tokens, that fit into one double side by side. */
const TOKENS_SCALE = 2 ** 16;
const LARGEST_PACKED_GAP = 2 ** 36;

/** Sorted distinct gaps of several instances with their numbers. */
export function mergeGaps(parts: readonly TokenGaps[]): ItlHistogram {
  let steps = 0;
  for (const part of parts) steps += part.distinctGaps;
  const packed = new Float64Array(steps);
  let length = 0;
  let packs = true;
  for (const part of parts) {
    part.forEachStep((gap, tokens) => {
      if (tokens >= TOKENS_SCALE || gap > LARGEST_PACKED_GAP) packs = false;
      packed[length++] = gap * TOKENS_SCALE + tokens;
    });
  }
  return packs ? unpack(packed.subarray(0, length).sort()) : mergeUnpacked(parts);
}

function unpack(packed: Float64Array): ItlHistogram {
  const values = new Float64Array(packed.length);
  const counts = new Float64Array(packed.length);
  let size = 0;
  for (let i = 0; i < packed.length; i++) {
    const gap = Math.floor(packed[i]! / TOKENS_SCALE);
    const tokens = packed[i]! - gap * TOKENS_SCALE;
    if (size > 0 && values[size - 1] === gap) counts[size - 1] = counts[size - 1]! + tokens;
    else {
      values[size] = gap;
      counts[size++] = tokens;
    }
  }
  return { values: values.slice(0, size), counts: counts.slice(0, size) };
}

function mergeUnpacked(parts: readonly TokenGaps[]): ItlHistogram {
  const tokens = new Map<number, number>();
  for (const part of parts) part.forEachStep((gap, count) => tokens.set(gap, (tokens.get(gap) ?? 0) + count));
  const values = Float64Array.from(tokens.keys()).sort();
  return { values, counts: values.map((gap) => tokens.get(gap)!) };
}
