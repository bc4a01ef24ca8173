import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { OnnxGraph } from './onnx-graph.ts';
import type { Safetensors, Tensor } from './safetensors.ts';

const size = z.int().min(1).max(1_000_000);

/** What `config.json` says of a BERT encoder. */
const bertConfig = z.object({
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  layer_norm_eps: z.number().gt(0).default(1e-12),
  hidden_act: z.literal('gelu').default('gelu'),
  position_embedding_type: z.literal('absolute').default('absolute'),
});

/**
 * The model file (ONNX) of a BERT encoder whose weights lie in a safetensors file: embeddings, then layers of
 * self-attention and a feed-forward part, each with a residual and a normalization behind it.
 * @param config - content of `config.json`
 * @throws InputError when the weights are not those of such an encoder
 * @see Devlin et al. 2019, "BERT: Pre-training of deep bidirectional transformers"
 */
export function bertModel(weights: Safetensors, config: Json): Uint8Array {
  const { num_hidden_layers: layers, ...shape } = parseWith(bertConfig, config);
  if (shape.hidden_size % shape.num_attention_heads !== 0) {
    throw new InputError(`must be a multiple of num_attention_heads (${shape.num_attention_heads})`, {
      path: ['hidden_size'],
    });
  }
  const builder = new BertBuilder(weights, shape);
  let tokens = builder.embeddings();
  for (let layer = 0; layer < layers; layer++) tokens = builder.layer(tokens, `encoder.layer.${layer}`);
  return builder.finish(tokens);
}

/** Token vectors are rows of one matrix [tokens, hidden]: a model call has one prompt, without padding. */
class BertBuilder {
  readonly #graph = new OnnxGraph();
  readonly #weights: Safetensors;
  readonly #prefix: string;
  readonly #shape: Omit<z.output<typeof bertConfig>, 'num_hidden_layers'>;
  readonly #axis: string;

  constructor(weights: Safetensors, shape: Omit<z.output<typeof bertConfig>, 'num_hidden_layers'>) {
    this.#weights = weights;
    this.#shape = shape;
    this.#prefix = weights.names.some((name) => name.startsWith('bert.')) ? 'bert.' : '';
    this.#axis = this.#graph.integers('first_axis', [0]);
  }

  embeddings(): string {
    const graph = this.#graph;
    const words = graph.node('Gather', [this.#constant('embeddings.word_embeddings.weight'), 'input_ids']);
    const types = graph.node('Gather', [this.#constant('embeddings.token_type_embeddings.weight'), 'token_type_ids']);
    const count = graph.node('Gather', [graph.node('Shape', ['input_ids']), graph.integers('tokens_axis', [1])]);
    const table = this.#constant('embeddings.position_embeddings.weight');
    const places = graph.node('Slice', [table, graph.integers('start', [0]), count, this.#axis]);
    const sum = graph.node('Add', [graph.node('Add', [words, types]), places]);
    return this.#normalized(graph.node('Squeeze', [sum, this.#axis]), 'embeddings.LayerNorm');
  }

  layer(tokens: string, name: string): string {
    const graph = this.#graph;
    const mixed = this.#linear(this.#attention(tokens, `${name}.attention.self`), `${name}.attention.output.dense`);
    const attended = this.#normalized(graph.node('Add', [tokens, mixed]), `${name}.attention.output.LayerNorm`);
    const wide = this.#gelu(this.#linear(attended, `${name}.intermediate.dense`));
    const out = this.#linear(wide, `${name}.output.dense`);
    return this.#normalized(graph.node('Add', [attended, out]), `${name}.output.LayerNorm`);
  }

  finish(tokens: string): Uint8Array {
    const from = this.#graph.node('Unsqueeze', [tokens, this.#axis]);
    return this.#graph.model(['input_ids', 'token_type_ids'], { name: 'last_hidden_state', from });
  }

  /** softmax(Q·Kᵀ/√d)·V, head by head. */
  #attention(tokens: string, name: string): string {
    const graph = this.#graph;
    const { hidden_size: hidden, num_attention_heads: heads } = this.#shape;
    const split = graph.integers(`${name}.split`, [0, heads, hidden / heads]);
    const part = (which: string, perm: readonly number[]): string => {
      const rows = this.#linear(tokens, `${name}.${which}`);
      return graph.node('Transpose', [graph.node('Reshape', [rows, split])], { perm });
    };
    const scores = graph.node('MatMul', [part('query', [1, 0, 2]), part('key', [1, 2, 0])]);
    const scaled = graph.node('Mul', [scores, this.#number(`${name}.scale`, 1 / Math.sqrt(hidden / heads))]);
    const shares = graph.node('Softmax', [scaled], { axis: 2 });
    const mixed = graph.node('MatMul', [shares, part('value', [1, 0, 2])]);
    const rows = graph.node('Transpose', [mixed], { perm: [1, 0, 2] });
    return graph.node('Reshape', [rows, graph.integers(`${name}.join`, [0, hidden])]);
  }

  /** x·Wᵀ + b. */
  #linear(rows: string, name: string): string {
    const inputs = [rows, this.#constant(`${name}.weight`), this.#constant(`${name}.bias`)];
    return this.#graph.node('Gemm', inputs, { transB: 1 });
  }

  #normalized(rows: string, name: string): string {
    const scale = this.#constant(`${name}.weight`, `${name}.gamma`);
    const shift = this.#constant(`${name}.bias`, `${name}.beta`);
    const epsilon = { float: this.#shape.layer_norm_eps };
    return this.#graph.node('LayerNormalization', [rows, scale, shift], { axis: 1, epsilon });
  }

  /** x/2 · (1 + erf(x/√2)). */
  #gelu(rows: string): string {
    const graph = this.#graph;
    const number = (value: number): string => this.#number(`${rows}.${value}`, value);
    const error = graph.node('Erf', [graph.node('Mul', [rows, number(Math.SQRT1_2)])]);
    const half = graph.node('Mul', [rows, number(0.5)]);
    return graph.node('Mul', [half, graph.node('Add', [error, number(1)])]);
  }

  #number(name: string, value: number): string {
    return this.#graph.constant(name, { shape: [1], values: Float32Array.of(value) });
  }

  /** A tensor of the file, under its name or the one that older files have. */
  #constant(name: string, former?: string): string {
    const known = former !== undefined && !this.#weights.names.includes(`${this.#prefix}${name}`) ? former : name;
    const tensor: Tensor = this.#weights.read(`${this.#prefix}${known}`);
    return this.#graph.constant(name, tensor);
  }
}
