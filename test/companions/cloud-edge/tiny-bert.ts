import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stream } from '../../../src/base/random.ts';

/** Tokens, token types, places, width, inner width, heads, layers. */
const SHAPE = { tokens: 7, types: 2, places: 12, hidden: 6, inner: 10, heads: 2, layers: 2 };
const EPSILON = 1e-5;

export const TINY_VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'short', 'long', 'answer'];

type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: readonly number[] }>;

/** Random weights of a small encoder, named as in the files of Hugging Face. */
export function tinyBert(seed: number, prefix = ''): Weights {
  const rng = stream(seed, 'tiny bert');
  const weights = new Map<string, { shape: readonly number[]; values: readonly number[] }>();
  const add = (name: string, ...shape: number[]): void => {
    const count = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: count }, () => Math.fround(rng.normal() * 0.5));
    weights.set(prefix + name, { shape, values });
  };
  const norm = (name: string): void => {
    add(`${name}.${prefix === '' ? 'weight' : 'gamma'}`, SHAPE.hidden);
    add(`${name}.${prefix === '' ? 'bias' : 'beta'}`, SHAPE.hidden);
  };
  const linear = (name: string, from: number, to: number): void => {
    add(`${name}.weight`, to, from);
    add(`${name}.bias`, to);
  };
  add('embeddings.word_embeddings.weight', SHAPE.tokens, SHAPE.hidden);
  add('embeddings.token_type_embeddings.weight', SHAPE.types, SHAPE.hidden);
  add('embeddings.position_embeddings.weight', SHAPE.places, SHAPE.hidden);
  norm('embeddings.LayerNorm');
  for (let layer = 0; layer < SHAPE.layers; layer++) {
    const at = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) linear(`${at}.attention.self.${part}`, SHAPE.hidden, SHAPE.hidden);
    linear(`${at}.attention.output.dense`, SHAPE.hidden, SHAPE.hidden);
    norm(`${at}.attention.output.LayerNorm`);
    linear(`${at}.intermediate.dense`, SHAPE.hidden, SHAPE.inner);
    linear(`${at}.output.dense`, SHAPE.inner, SHAPE.hidden);
    norm(`${at}.output.LayerNorm`);
  }
  return weights;
}

/** Writes the model as a folder of Hugging Face: config.json, vocab.txt, model.safetensors. */
export function writeTinyBert(folder: string, weights: Weights): void {
  mkdirSync(folder, { recursive: true });
  const config = {
    hidden_size: SHAPE.hidden,
    num_hidden_layers: SHAPE.layers,
    num_attention_heads: SHAPE.heads,
    max_position_embeddings: SHAPE.places,
    layer_norm_eps: EPSILON,
    hidden_act: 'gelu',
    model_type: 'bert',
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'vocab.txt'), `${TINY_VOCABULARY.join('\n')}\n`);
  writeFileSync(join(folder, 'model.safetensors'), safetensors(weights));
}

function safetensors(weights: Weights): Uint8Array {
  let place = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  for (const [name, { shape, values }] of weights) {
    const bytes = new Uint8Array(Float32Array.from(values).buffer);
    header[name] = { dtype: 'F32', shape, data_offsets: [place, place + bytes.length] };
    place += bytes.length;
    parts.push(bytes);
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...parts]);
}

/** Token vectors in plain double arithmetic, written down from the paper. */
export function tinyForward(weights: Weights, ids: readonly number[], prefix = ''): number[][] {
  const tensor = (name: string) => weights.get(prefix + name)!;
  const row = (name: string, index: number): number[] => {
    const { shape, values } = tensor(name);
    return values.slice(index * shape[1]!, (index + 1) * shape[1]!);
  };
  const linear = (x: number[], name: string): number[] =>
    tensor(`${name}.bias`).values.map((b, o) => b + row(`${name}.weight`, o).reduce((s, w, i) => s + w * x[i]!, 0));
  const normalized = (x: number[], name: string): number[] => {
    const mean = x.reduce((a, b) => a + b, 0) / x.length;
    const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
    const [scale, shift] = prefix === '' ? ['weight', 'bias'] : ['gamma', 'beta'];
    return x.map((v, i) => {
      const unit = (v - mean) / Math.sqrt(variance + EPSILON);
      return unit * tensor(`${name}.${scale}`).values[i]! + tensor(`${name}.${shift}`).values[i]!;
    });
  };
  const plus = (a: number[], b: number[]): number[] => a.map((v, i) => v + b[i]!);
  let x = ids.map((id, place) =>
    normalized(
      plus(
        plus(row('embeddings.word_embeddings.weight', id), row('embeddings.token_type_embeddings.weight', 0)),
        row('embeddings.position_embeddings.weight', place),
      ),
      'embeddings.LayerNorm',
    ),
  );
  for (let layer = 0; layer < SHAPE.layers; layer++) {
    const at = `encoder.layer.${layer}`;
    const [q, k, v] = ['query', 'key', 'value'].map((part) => x.map((t) => linear(t, `${at}.attention.self.${part}`)));
    const size = SHAPE.hidden / SHAPE.heads;
    const mixed = x.map((_, i) =>
      Array.from({ length: SHAPE.hidden }, (__, c) => {
        const head = Math.floor(c / size) * size;
        const dot = (j: number): number =>
          Array.from({ length: size }, (___, e) => q![i]![head + e]! * k![j]![head + e]!).reduce((a, b) => a + b, 0);
        const share = x.map((__, j) => Math.exp(dot(j) / Math.sqrt(size)));
        return share.reduce((sum, w, j) => sum + w * v![j]![c]!, 0) / share.reduce((a, b) => a + b, 0);
      }),
    );
    x = x.map((t, i) => {
      const attended = normalized(
        plus(t, linear(mixed[i]!, `${at}.attention.output.dense`)),
        `${at}.attention.output.LayerNorm`,
      );
      const wide = linear(attended, `${at}.intermediate.dense`).map((u) => (u / 2) * (1 + erf(u / Math.SQRT2)));
      return normalized(plus(attended, linear(wide, `${at}.output.dense`)), `${at}.output.LayerNorm`);
    });
  }
  return x;
}

/** Maclaurin series; the arguments here are below 4. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 120; n++) {
    term *= -(x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
