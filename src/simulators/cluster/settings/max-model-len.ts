import { isJsonObject, type JsonObject } from '../../../base/json.ts';

const UNSCALED_ROPE: readonly string[] = ['su', 'longrope', 'llama3'];

/**
 * Context length that a model's `config.json` promises, in tokens; 0 = it does not say.
 * @param document - flattened `config.json`
 */
export function contextLength(document: JsonObject): number {
  const base = numberAt(document, 'max_position_embeddings');
  const scaling = document['rope_scaling'];
  if (!isJsonObject(scaling)) return Math.trunc(base);
  if (typeof document['model_type'] === 'string' && document['model_type'].includes('gemma3')) return Math.trunc(base);
  const type = typeof scaling['type'] === 'string' ? scaling['type'] : scaling['rope_type'];
  const factor = numberAt(scaling, 'factor');
  if ((typeof type === 'string' && UNSCALED_ROPE.includes(type)) || factor <= 1) return Math.trunc(base);
  const original = numberAt(scaling, 'original_max_position_embeddings');
  return Math.trunc((type === 'yarn' && original > 0 ? original : base) * factor);
}

/** The length that the KV cache can hold at most: `length`, or all blocks where it asks for more. 0 = unlimited. */
export function fitToCapacity(length: number, blocks: number, blockSize: number): number {
  return length > 0 && Math.ceil(length / blockSize) > blocks ? blocks * blockSize : length;
}

function numberAt(document: JsonObject, key: string): number {
  const value = document[key];
  return typeof value === 'number' ? value : 0;
}
