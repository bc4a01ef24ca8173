import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadEncoder } from '../../../src/companions/cloud-edge/encoder.ts';
import { Safetensors } from '../../../src/companions/cloud-edge/safetensors.ts';
import { cloudEdge } from '../../cli/cloud-edge/support.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { lookUpModel } from './onnx-model.ts';
import { TINY_VOCABULARY, tinyBert, tinyForward, writeTinyBert } from './tiny-bert.ts';

let folder = '';

beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('HF_HOME', join(folder, 'hf'));
  vi.stubEnv('HF_HUB_CACHE', '');
  vi.stubEnv('HUGGINGFACE_HUB_CACHE', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const snapshot = (model: string, hash: string): string => join(folder, 'hf', 'hub', model, 'snapshots', hash);

const datasetFile = (): string => {
  const file = join(folder, 'data.jsonl');
  const rows = ['short answer', 'long long answer'].map((request_text, i) => ({
    request_text,
    inference_time: i + 0.1,
  }));
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
};

describe('an encoder from safetensors', () => {
  test.each(['', 'bert.'])('gives the vectors of the published equations, tensors named %j…', async (prefix) => {
    const weights = tinyBert(3, prefix);
    writeTinyBert(join(folder, 'tiny'), weights);
    const encoder = await loadEncoder(join(folder, 'tiny'), 'cls');
    // [CLS] long long answer [SEP]
    const expected = tinyForward(weights, [2, 5, 5, 6, 3], prefix);
    const vector = await encoder.embed('long long answer');
    await encoder.close();
    for (const [i, value] of expected[0]!.entries()) expect(Math.abs(vector[i]! - value)).toBeLessThan(2e-5);
    const mean = await loadEncoder(join(folder, 'tiny'), 'mean');
    const averaged = await mean.embed('long long answer');
    await mean.close();
    const column = (i: number): number => expected.reduce((sum, row) => sum + row[i]!, 0) / expected.length;
    for (const [i, value] of averaged.entries()) expect(Math.abs(value - column(i))).toBeLessThan(2e-5);
  });

  test('cuts a prompt to the places that the model has', async () => {
    const weights = tinyBert(4);
    writeTinyBert(join(folder, 'tiny'), weights);
    const encoder = await loadEncoder(join(folder, 'tiny'), 'cls');
    const vector = await encoder.embed('long '.repeat(40));
    await encoder.close();
    const expected = tinyForward(weights, [2, ...Array.from({ length: 10 }, () => 5), 3])[0]!;
    for (const [i, value] of expected.entries()) expect(Math.abs(vector[i]! - value)).toBeLessThan(2e-5);
  });

  test('is found in the cache under the name of the model, with or without its owner', async () => {
    writeTinyBert(snapshot('models--google-bert--bert-base-uncased', 'b1'), tinyBert(1));
    mkdirSync(join(folder, 'hf', 'hub', 'models--google-bert--bert-base-uncased', 'refs'));
    writeFileSync(join(folder, 'hf', 'hub', 'models--google-bert--bert-base-uncased', 'refs', 'main'), 'b1');
    writeTinyBert(snapshot('models--google-bert--bert-base-uncased', 'c2'), tinyBert(2));
    const vectorOf = async (name: string): Promise<number[]> => {
      const encoder = await loadEncoder(name, 'cls');
      const vector = Array.from(await encoder.embed('short'));
      await encoder.close();
      return vector;
    };
    const named = await vectorOf('bert-base-uncased');
    expect(named).toEqual(await vectorOf('google-bert/bert-base-uncased'));
    expect(named).toEqual(await vectorOf(snapshot('models--google-bert--bert-base-uncased', 'b1')));
    expect(named).not.toEqual(await vectorOf(snapshot('models--google-bert--bert-base-uncased', 'c2')));
  });

  test('serves a run that names bert-base-uncased, as ONNX does', async () => {
    const cached = snapshot('models--bert-base-uncased', 'a1');
    mkdirSync(join(cached, 'onnx'), { recursive: true });
    writeFileSync(join(cached, 'onnx', 'model.onnx'), lookUpModel(TINY_VOCABULARY.map((_, id) => [id, id * id])));
    writeFileSync(join(cached, 'vocab.txt'), `${TINY_VOCABULARY.join('\n')}\n`);
    const argv = ['run', '--dataset', datasetFile(), '--set', 'bert_model_name=bert-base-uncased', '--quiet'];
    const limits = ['--duration', '30', '--scheduler', 'clinucb', '--no-save', '--json'];
    const { code, stdout } = await cloudEdge(...argv, ...limits);
    expect(code).toBe(0);
    expect(dataOf(stdout).runs[0].summary.total_completed_requests).toBeGreaterThan(50);
  });

  test('that is nowhere: one line says how to get it and what works without', async () => {
    const { code, stderr } = await cloudEdge('run', '--dataset', datasetFile(), '--encoder', 'bert-base-uncased');
    expect(code).toBe(2);
    const [line, ...rest] = stderr.trim().split('\n');
    expect(rest).toEqual([]);
    expect(line).toContain(
      `bert-base-uncased: the model is neither a folder nor in the cache ${join(folder, 'hf/hub')}`,
    );
    expect(line).toContain('`hf download bert-base-uncased`');
    expect(line).toContain('feature hashing');
  });

  test('whose weights are those of something else is refused with the missing name', async () => {
    const weights = new Map(tinyBert(1));
    weights.delete('encoder.layer.1.output.dense.weight');
    writeTinyBert(join(folder, 'tiny'), weights);
    await expect(loadEncoder(join(folder, 'tiny'), 'cls')).rejects.toThrow(
      'has no tensor "encoder.layer.1.output.dense.weight"',
    );
  });
});

describe('safetensors', () => {
  const file = (dtype: string, data: Uint8Array, shape = [data.length / 2]): Uint8Array => {
    const header = Buffer.from(JSON.stringify({ x: { dtype, shape, data_offsets: [0, data.length] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, data]);
  };
  const halves = (...bits: number[]): Uint8Array => new Uint8Array(Uint16Array.from(bits).buffer);

  test('of half and brain precision give the numbers of their definitions', () => {
    const half = new Safetensors(file('F16', halves(0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555)), 'x').read('x');
    expect(Array.from(half.values)).toEqual([1, -2, 2 ** -24, 65504, Math.fround(0.333251953125)]);
    const brain = new Safetensors(file('BF16', halves(0x3f80, 0xc000, 0x4049)), 'x').read('x');
    expect(Array.from(brain.values)).toEqual([1, -2, 3.140625]);
  });

  test.each([
    ['cut off', () => file('F16', halves(1, 2)).subarray(0, 30)],
    ['cut off', () => new Uint8Array(3)],
    ['no JSON map', () => Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('[]')])],
    ['numbers of type "I8"', () => file('I8', halves(1, 2))],
    ['does not fit its 3 numbers', () => file('F16', halves(1, 2), [3])],
  ])('that are broken are refused: %s', (message, bytes) => {
    expect(() => new Safetensors(bytes(), 'model.safetensors').read('x')).toThrow(message);
  });
});
