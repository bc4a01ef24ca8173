import type { PromptEncoder } from './features.ts';

const SCALARS = 8;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Signed feature hashing of lower-cased word unigrams and bigrams, weight 1 + ln(count), scaled to length 1, followed by
 * eight scalar features. Needs no weights and no files.
 * @param dimension - at least 9
 * @see Weinberger et al. 2009, "Feature hashing for large scale multitask learning"
 */
export function hashingEncoder(dimension: number): PromptEncoder {
  if (!Number.isInteger(dimension) || dimension <= SCALARS) {
    throw new RangeError(`a hashing encoder needs an integer dimension > ${SCALARS}, got ${dimension}`);
  }
  return { dimension, encode: (text) => encode(text, dimension) };
}

/** FNV-1a over UTF-16 code units, unsigned 32 bit. */
export function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

function encode(text: string, dimension: number): Float32Array {
  const out = new Float32Array(dimension);
  if (text.trim() === '') return out;
  const words = wordsOf(text);
  const buckets = dimension - SCALARS;
  const counts = new Map<string, number>();
  for (let i = 0; i < words.length; i++) {
    count(counts, words[i]!);
    if (i > 0) count(counts, `${words[i - 1]!} ${words[i]!}`);
  }
  const sums = new Float64Array(buckets);
  for (const [token, times] of counts) {
    const hash = fnv1a(token);
    sums[(hash >>> 1) % buckets]! += (hash & 1 ? -1 : 1) * (1 + Math.log(times));
  }
  let norm = 0;
  for (let i = 0; i < buckets; i++) norm += sums[i]! * sums[i]!;
  if (norm > 0) for (let i = 0; i < buckets; i++) out[i] = sums[i]! / Math.sqrt(norm);
  writeScalars(text, words, out, buckets);
  return out;
}

function count(counts: Map<string, number>, token: string): void {
  counts.set(token, (counts.get(token) ?? 0) + 1);
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
}

function writeScalars(text: string, words: readonly string[], out: Float32Array, at: number): void {
  const number = text.match(/\d+/)?.[0];
  out[at] = 1;
  out[at + 1] = Math.log1p(words.length);
  out[at + 2] = Math.log1p(text.length);
  out[at + 3] = number === undefined ? 0 : 1;
  out[at + 4] = number === undefined ? 0 : Math.log1p(Math.min(Number(number), 1e9));
  out[at + 5] = text.includes('?') ? 1 : 0;
  out[at + 6] = words.length === 0 ? 0 : fnv1a(words[0]!) / 2 ** 32;
  out[at + 7] = text.split(',').length - 1;
}
