import { InputError } from '../../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../base/json.ts';
import type { ModelArchitecture } from '../engine-config.ts';

/** A model as its `config.json` describes it. */
export interface ModelConfig {
  readonly architecture: ModelArchitecture;
  /** The flattened document: `text_config` lies over the top level. */
  readonly document: JsonObject;
}

const EXPERT_KEYS = [
  'num_experts',
  'moe_num_experts',
  'n_routed_experts',
  'num_local_experts',
  'num_routed_experts',
] as const;

const DTYPE_BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  uint8: 1,
  fp8: 1,
  int4: 1,
  nf4: 1,
};

/**
 * Reads a Hugging Face `config.json` (already parsed).
 * @param modelName - used only where the document is silent about weight quantization (`…-w4a16`, `…-FP8`)
 * @throws InputError for negative capacity figures and for a document without the basic dimensions
 */
export function parseModelConfig(source: Json, modelName: string): ModelConfig {
  if (!isJsonObject(source)) throw new InputError('must be the map of a Hugging Face config.json');
  const document = isJsonObject(source['text_config']) ? { ...source, ...source['text_config'] } : source;
  const heads = integer(document, 'num_attention_heads');
  const ffn = integer(document, 'intermediate_size') || integer(document, 'ffn_hidden_size');
  const expertFfn = integer(document, 'moe_intermediate_size') || ffn;
  const activationBytes = dtypeBytes(document);
  const architecture: ModelArchitecture = {
    layers: integer(document, 'num_hidden_layers'),
    hidden: integer(document, 'hidden_size'),
    heads,
    kvHeads: firstNonZero(document, ['num_key_value_heads', 'num_kv_heads', 'multi_query_group_num']) || heads,
    vocab: integer(document, 'vocab_size'),
    ffn,
    activationBytes,
    weightBytes: quantizedBytes(document) ?? bytesFromName(modelName) ?? activationBytes,
    experts: routedExperts(document),
    topK: integer(document, 'num_experts_per_tok'),
    expertFfn,
    sharedFfn:
      integer(document, 'shared_expert_intermediate_size') || integer(document, 'n_shared_experts') * expertFfn,
    interleaveStep: integer(document, 'interleave_moe_layer_step'),
    denseFfn: integer(document, 'intermediate_size_mlp') || ffn,
    headDim: nonNegative(document, 'head_dim'),
    kvLoraRank: nonNegative(document, 'kv_lora_rank'),
    qkRopeHeadDim: nonNegative(document, 'qk_rope_head_dim'),
    firstKDenseReplace: nonNegative(document, 'first_k_dense_replace'),
    hiddenAct: typeof document['hidden_act'] === 'string' ? document['hidden_act'] : '',
    tieWordEmbeddings: document['tie_word_embeddings'] === true,
  };
  requireDimensions(architecture);
  return { architecture, document };
}

/** A JSON number truncated; anything else counts as 0. */
function integer(document: JsonObject, key: string): number {
  const value = document[key];
  return typeof value === 'number' && Number.isFinite(value) ? Math.trunc(value) : 0;
}

function nonNegative(document: JsonObject, key: string): number {
  const value = integer(document, key);
  if (value < 0) throw new InputError(`must be ≥ 0, got ${value}`, { path: [key] });
  return value;
}

function firstNonZero(document: JsonObject, keys: readonly string[]): number {
  for (const key of keys) {
    const value = integer(document, key);
    if (value !== 0) return value;
  }
  return 0;
}

function routedExperts(document: JsonObject): number {
  for (const key of EXPERT_KEYS) {
    const value = integer(document, key);
    if (value >= 2) return value;
  }
  return 0;
}

function dtypeBytes(document: JsonObject): number {
  const name = document['torch_dtype'] ?? document['dtype'];
  return typeof name === 'string' && Object.hasOwn(DTYPE_BYTES, name) ? DTYPE_BYTES[name]! : 0;
}

function quantizedBytes(document: JsonObject): number | undefined {
  const quantization = document['quantization_config'];
  if (!isJsonObject(quantization)) return undefined;
  const bits = Math.trunc(Number(quantization['bits'] ?? 0));
  if (bits > 0) return bits / 8;
  if (quantization['quant_method'] === 'fp8') return 1;
  if (quantization['quant_method'] !== 'compressed-tensors') return undefined;
  const groups = quantization['config_groups'];
  if (!isJsonObject(groups)) return undefined;
  for (const name of Object.keys(groups).sort()) {
    const group = groups[name];
    const weights = isJsonObject(group) ? group['weights'] : undefined;
    const groupBits = isJsonObject(weights) ? integer(weights, 'num_bits') : 0;
    if (groupBits > 0) return groupBits / 8;
  }
  return undefined;
}

function bytesFromName(name: string): number | undefined {
  const mixed = /(?:^|[.\-_/])w(\d+)a\d+(?:$|[.\-_])/i.exec(name);
  if (mixed !== null && Number(mixed[1]) > 0) return Number(mixed[1]) / 8;
  return /(?:^|[.\-_/])fp8(?:$|[.\-_])/i.test(name) ? 1 : undefined;
}

function requireDimensions(model: ModelArchitecture): void {
  const required = [
    ['num_hidden_layers', model.layers],
    ['hidden_size', model.hidden],
    ['num_attention_heads', model.heads],
    ['vocab_size', model.vocab],
    ['intermediate_size', model.ffn],
  ] as const;
  for (const [key, value] of required) {
    if (value <= 0) throw new InputError(`must be an integer > 0, got ${value}`, { path: [key] });
  }
  if (model.activationBytes <= 0) {
    throw new InputError(`must be one of ${Object.keys(DTYPE_BYTES).join(', ')}`, { path: ['torch_dtype'] });
  }
  if (model.experts >= 2 && (model.topK <= 0 || model.topK > model.experts)) {
    throw new InputError(`must be an integer from 1 to the ${model.experts} experts, got ${model.topK}`, {
      path: ['num_experts_per_tok'],
    });
  }
}
