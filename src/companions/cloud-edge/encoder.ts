import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { readBytes, readTextFile } from '../../study/io/text-file.ts';
import { bertModel } from './bert-model.ts';
import { modelFolder } from './model-cache.ts';
import { Safetensors } from './safetensors.ts';
import { type WordPieceTokenizer, wordPieceTokenizer } from './wordpiece.ts';

/** How token vectors become one prompt vector: the first token's, or the mean of all. */
export const POOLINGS = ['cls', 'mean'] as const;
export type Pooling = (typeof POOLINGS)[number];

/** A BERT-type encoder from a local folder. */
export interface LocalEncoder {
  /** Token count of a prompt, before any cut. */
  countTokens(text: string): number;
  embed(text: string): Promise<Float32Array>;
  close(): Promise<void>;
}

const RUNTIME = 'onnxruntime-web';
const MODEL_FILES = ['model.onnx', 'onnx/model.onnx', 'onnx/model_quantized.onnx'];
const WEIGHTS = 'model.safetensors';
const LONGEST = 512;

/** The part of the runtime's interface that is used here. */
interface Runtime {
  readonly env: { readonly wasm: { numThreads?: number }; logLevel?: string };
  readonly Tensor: new (type: 'int64', data: BigInt64Array, dims: readonly number[]) => unknown;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}
interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, OutputTensor>>>;
  release(): Promise<void>;
}
interface OutputTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

/**
 * Loads `model.onnx` (also below `onnx/`) or the weights in `model.safetensors`, with `vocab.txt` or `tokenizer.json`.
 * Nothing is downloaded; inference runs in WebAssembly on one thread, so equal prompts give equal vectors.
 * @param name - a folder, or a model in the local cache of Hugging Face's tools
 * @throws InputError when a file or the optional package `onnxruntime-web` is missing
 */
export async function loadEncoder(name: string, pooling: Pooling): Promise<LocalEncoder> {
  const folder = modelFolder(name);
  const modelFile = [...MODEL_FILES, WEIGHTS].map((file) => join(folder, file)).find((file) => existsSync(file));
  if (modelFile === undefined) {
    throw new InputError(existsSync(folder) ? 'the folder holds no model.onnx' : 'the encoder folder does not exist', {
      position: { file: folder },
      suggestion: 'a folder with model.onnx or model.safetensors, config.json and vocab.txt is needed',
    });
  }
  const tokenizer = readTokenizer(folder);
  const runtime = await importRuntime();
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = 'error';
  const session = await openSession(runtime, modelFile);
  const longest = longestPrompt(folder);
  return {
    countTokens: (text) => tokenizer.encode(text, Number.MAX_SAFE_INTEGER).length,
    embed: async (text) => {
      const ids = tokenizer.encode(text, longest);
      const feeds = Object.fromEntries(
        session.inputNames.map((name) => {
          const values = INPUTS[name]!(ids);
          return [name, new runtime.Tensor('int64', BigInt64Array.from(values, BigInt), [1, ids.length])];
        }),
      );
      const outputs = await session.run(feeds);
      return pool(outputs[session.outputNames[0]!]!, pooling, modelFile);
    },
    close: () => session.release(),
  };
}

const INPUTS: Readonly<Record<string, (ids: readonly number[]) => readonly number[]>> = {
  input_ids: (ids) => ids,
  attention_mask: (ids) => ids.map(() => 1),
  token_type_ids: (ids) => ids.map(() => 0),
};

async function importRuntime(): Promise<Runtime> {
  try {
    return (await import(RUNTIME)) as Runtime;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError(`a local encoder needs the optional package ${shortText(RUNTIME)}, which is not installed`, {
      suggestion: `run \`npm install ${RUNTIME}\`, or use the built-in hashing encoder`,
    });
  }
}

/** A model whose inputs are those of `INPUTS`. @throws InputError for any other file */
async function openSession(runtime: Runtime, modelFile: string): Promise<Session> {
  const model = modelFile.endsWith(WEIGHTS) ? modelOfWeights(modelFile) : readBytes(modelFile);
  let session: Session;
  try {
    session = await runtime.InferenceSession.create(model, { executionProviders: ['wasm'] });
  } catch (error) {
    throw new InputError(`is no model that ${RUNTIME} can load: ${errorText(error)}`, {
      position: { file: modelFile },
    });
  }
  const stranger = session.inputNames.find((name) => !(name in INPUTS));
  if (stranger === undefined) return session;
  throw new InputError(`asks for the input ${shortText(stranger)}`, {
    position: { file: modelFile },
    suggestion: `a BERT-type encoder takes ${Object.keys(INPUTS).join(', ')}`,
  });
}

/** Tokens that the model has places for, at most 512. */
function longestPrompt(folder: string): number {
  const places = readJson(join(folder, 'config.json'))?.['max_position_embeddings'];
  return typeof places === 'number' && places >= 2 ? Math.min(LONGEST, places) : LONGEST;
}

/** The model that weights and `config.json` beside them describe. */
function modelOfWeights(file: string): Uint8Array {
  const configFile = join(dirname(file), 'config.json');
  const config = readJson(configFile);
  if (config === null) throw new InputError('is needed beside model.safetensors', { position: { file: configFile } });
  try {
    return bertModel(new Safetensors(readBytes(file), file), config);
  } catch (error) {
    throw error instanceof InputError ? error.at({ position: { file: configFile } }) : error;
  }
}

/** Token vectors [1, tokens, width] are pooled; a ready vector [1, width] is taken as it is. */
function pool(output: OutputTensor, pooling: Pooling, file: string): Float32Array {
  const { dims, data } = output;
  if (dims.length === 2) return Float32Array.from({ length: dims[1]! }, (_, i) => data[i]!);
  if (dims.length !== 3) {
    throw new InputError(`answers with ${dims.length} dimensions, 2 or 3 are needed`, { position: { file } });
  }
  const [, tokens, width] = dims as [number, number, number];
  const used = pooling === 'cls' ? 1 : tokens;
  const sums = new Float64Array(width);
  for (let t = 0; t < used; t++) for (let i = 0; i < width; i++) sums[i]! += data[t * width + i]!;
  return Float32Array.from(sums, (sum) => sum / used);
}

function readTokenizer(folder: string): WordPieceTokenizer {
  const config = readJson(join(folder, 'tokenizer_config.json')) ?? {};
  const vocabulary = readVocabulary(folder);
  try {
    return wordPieceTokenizer(vocabulary, { lowerCase: config['do_lower_case'] !== false });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(error.message, { position: { file: folder }, suggestion: 'only BERT-type vocabularies work' });
  }
}

function readVocabulary(folder: string): readonly string[] {
  const list = join(folder, 'vocab.txt');
  if (existsSync(list))
    return readTextFile(list)
      .replace(/\r?\n$/, '')
      .split(/\r?\n/);
  const model = readJson(join(folder, 'tokenizer.json'))?.['model'];
  const vocabulary = isJsonObject(model) && model['type'] === 'WordPiece' ? model['vocab'] : undefined;
  if (!isJsonObject(vocabulary)) {
    throw new InputError('the folder holds neither vocab.txt nor a WordPiece tokenizer.json', {
      position: { file: folder },
    });
  }
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(vocabulary)) if (typeof id === 'number') tokens[id] = token;
  return tokens;
}

function readJson(file: string): JsonObject | null {
  if (!existsSync(file)) return null;
  try {
    const value = JSON.parse(readTextFile(file)) as Json;
    return isJsonObject(value) ? value : null;
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`is not JSON: ${errorText(error)}`, { position: { file } });
  }
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
