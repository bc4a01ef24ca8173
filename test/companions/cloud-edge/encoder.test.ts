import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadEncoder } from '../../../src/companions/cloud-edge/encoder.ts';
import { cloudEdge } from '../../cli/cloud-edge/support.ts';
import { PROGRAM, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { lookUpModel } from './onnx-model.ts';

const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'short', 'long', 'answer'];
const TABLE = VOCABULARY.map((_, id) => [id, id * id, -id]);

let folder = '';
let encoder = '';

beforeEach(() => {
  folder = temporaryFolder();
  encoder = join(folder, 'encoder');
  mkdirSync(join(encoder, 'onnx'), { recursive: true });
  writeFileSync(join(encoder, 'onnx', 'model.onnx'), lookUpModel(TABLE));
  writeFileSync(join(encoder, 'vocab.txt'), `${VOCABULARY.join('\n')}\n`);
});

function dataset(): string {
  const file = join(folder, 'data.jsonl');
  const rows = [
    { request_text: 'Short answer', inference_time: 0.1, device: 'd' },
    { request_text: 'long long answer', inference_time: 4 },
  ];
  writeFileSync(file, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`);
  return file;
}

describe('a local ONNX encoder', () => {
  test('pools the first token or the mean of all', async () => {
    const first = await loadEncoder(encoder, 'cls');
    expect(Array.from(await first.embed('short answer'))).toEqual([2, 4, -2]);
    await first.close();
    const mean = await loadEncoder(encoder, 'mean');
    // [CLS] short answer [SEP] = 2, 4, 6, 3
    expect(Array.from(await mean.embed('short answer'))).toEqual([15 / 4, (4 + 16 + 36 + 9) / 4, -15 / 4]);
    expect(mean.countTokens('short answer')).toBe(4);
    await mean.close();
  });

  test('reads the vocabulary of tokenizer.json as well', async () => {
    rmSync(join(encoder, 'vocab.txt'));
    const vocab = Object.fromEntries(VOCABULARY.map((token, id) => [token, id]));
    writeFileSync(join(encoder, 'tokenizer.json'), JSON.stringify({ model: { type: 'WordPiece', vocab } }));
    const loaded = await loadEncoder(encoder, 'mean');
    expect((await loaded.embed('long'))[0]).toBeCloseTo((2 + 5 + 3) / 3, 6);
    await loaded.close();
  });

  test('embed adds vectors to a dataset, run and pack use them', async () => {
    const out = join(folder, 'embedded.jsonl');
    const args = ['--encoder', encoder, '--pooling', 'mean', '--quiet', '--json'];
    const { code, stdout } = await cloudEdge('embed', '--dataset', dataset(), '--out', out, ...args);
    expect(code).toBe(0);
    expect(dataOf(stdout)).toEqual({ file: out, rows: 2, dimension: 3 });
    const rows = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows[0]).toMatchObject({ request_text: 'Short answer', device: 'd', embedding: [3.75, 16.25, -3.75] });
    const run = ['run', '--scheduler', 'clinucb', '--duration', '60', '--rate', '5', '--no-save', '--json', '--quiet'];
    const fromFile = await cloudEdge(...run, '--dataset', out, '--set', 'embedding_model_type=bert');
    expect(fromFile.code).toBe(0);
    const onTheFly = await cloudEdge(...run, '--dataset', dataset(), '--encoder', encoder, '--pooling', 'mean');
    expect(dataOf(onTheFly.stdout)).toEqual(dataOf(fromFile.stdout));
    const packed = join(folder, 'workload.json');
    expect((await cloudEdge('pack', '--dataset', out, '--out', packed, '--json')).code).toBe(0);
    expect(JSON.parse(readFileSync(packed, 'utf8')).dataset.rows[1]).toEqual({
      text: 'long long answer',
      seconds: 4,
      embedding: rows[1].embedding,
    });
  });

  test.each([
    ['no model', () => rmSync(join(encoder, 'onnx'), { recursive: true }), /holds no model\.onnx/],
    ['no vocabulary', () => rmSync(join(encoder, 'vocab.txt')), /neither vocab\.txt nor a WordPiece/],
    [
      'a broken model',
      () => writeFileSync(join(encoder, 'model.onnx'), 'x'),
      /is no model that onnxruntime-web can load/,
    ],
    ['a vocabulary of another kind', () => writeFileSync(join(encoder, 'vocab.txt'), '<s>\n'), /lacks \[UNK\]/],
    [
      'a model with other inputs',
      () => writeFileSync(join(encoder, 'model.onnx'), lookUpModel(TABLE, ['input_ids', 'pixels'])),
      /asks for the input "pixels"/,
    ],
    ['no folder', () => rmSync(encoder, { recursive: true }), /does not exist/],
  ])('%s is refused in one line', async (_name, spoil, message) => {
    spoil();
    const out = join(folder, 'out.jsonl');
    const { code, stderr } = await cloudEdge('embed', '--dataset', dataset(), '--encoder', encoder, '--out', out);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
  });

  test('bert vectors that nobody made are asked for', async () => {
    const { code, stderr } = await cloudEdge('run', '--dataset', dataset(), '--set', 'embedding_model_type=bert');
    expect(code).toBe(2);
    expect(stderr).toContain('needs vectors');
  });

  test('without the optional package the way out is named', async () => {
    const hook = `export async function resolve(name, context, next) {
      if (name !== 'onnxruntime-web') return next(name, context);
      throw Object.assign(new Error('gone'), { code: 'ERR_MODULE_NOT_FOUND' });
    }`;
    const asUrl = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
    const register = asUrl(`import { register } from 'node:module'; register(${JSON.stringify(asUrl(hook))});`);
    const args = [
      'cloud-edge',
      'embed',
      '--dataset',
      dataset(),
      '--encoder',
      encoder,
      '--out',
      join(folder, 'x.jsonl'),
    ];
    const failure = await promisify(execFile)(process.execPath, ['--import', register, ...PROGRAM, ...args]).catch(
      (error: { code: number; stderr: string }) => error,
    );
    expect(failure).toMatchObject({ code: 2 });
    expect(failure.stderr).toMatch(/needs the optional package "onnxruntime-web".*npm install onnxruntime-web/);
  });
});
