import { InputError } from '../../base/errors.ts';
import { findGpu, ridgePoint } from '../../simulators/gpu-jobs/gpu-catalog.ts';
import { findModel } from '../../simulators/gpu-jobs/model-catalog.ts';
import { type PerfConfig, rooflineStep, type StepLoad } from '../../simulators/gpu-jobs/step-model.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag } from '../terminal/flags.ts';
import { named, positiveFlag } from './input.ts';

export const rooflineJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('model', { type: 'string', default: 'Llama3-8B', describe: 'model' })
      .option('gpu', { type: 'string', default: 'H100', describe: 'GPU type' })
      .option('tp', { type: 'number', default: 1, describe: 'tensor parallelism' })
      .option('context', { type: 'number', default: 0, describe: 'tokens in the KV cache of each decoding task' })
      .option('prompt', { type: 'number', default: 1000, describe: 'tokens of the prefill' })
      .option('mfu', { type: 'number', default: 1, describe: 'achieved share of peak FLOP/s' })
      .option('mbu', { type: 'number', default: 1, describe: 'achieved share of bandwidth' })
      .option('a100-tflops', {
        type: 'number',
        default: 312,
        describe: 'FLOP rate of the A100: 312 dense, 628 as in the seed',
      })
      .option('json', { type: 'boolean', describe: 'print JSON' })
      .example('$0 gpu-jobs roofline --model Llama3-70B --gpu A100 --tp 4', 'where its steps are bound'),
  run: async (flags) => {
    const found = named('gpu', () => findGpu(requiredText(flags, 'gpu')));
    const tflops = positiveFlag(flags, 'a100-tflops')!;
    const gpu = found.name.startsWith('A100') ? { ...found, tflops } : found;
    const model = named('model', () => findModel(requiredText(flags, 'model')));
    const tp = integerFlag(flags, 'tp', model.minTp, model.maxTp)!;
    const context = integerFlag(flags, 'context', 0, 1e8)!;
    const prompt = integerFlag(flags, 'prompt', 1, 1e8)!;
    const perf: PerfConfig = {
      kind: 'roofline',
      mfu: share(flags, 'mfu'),
      mbu: share(flags, 'mbu'),
      overhead: 0,
      quant: 16,
    };
    const loads: readonly (readonly [string, StepLoad])[] = [
      [
        `prefill ${prompt}`,
        { prefillTokens: prompt, decodeBatch: 0, attended: (prompt * (prompt + 1)) / 2, storedContext: 0 },
      ],
      ...[1, 8, 32, 128, 256].map((b) => [`decode ${b}`, decodeLoad(b, context)] as const),
    ];
    const rows = loads.map(([step, load]) => {
      const result = rooflineStep(load, { gpu, tp, model }, perf);
      const tokens = load.prefillTokens + load.decodeBatch;
      return {
        step,
        ms: result.seconds * 1000,
        tokens_per_sec: tokens / result.seconds,
        intensity: result.intensity,
        bound: result.bound,
      };
    });
    const ridge = ridgePoint(gpu);
    if (switchFlag(flags, 'json')) {
      process.stdout.write(
        `${JSON.stringify({ model: model.name, gpu: gpu.name, tp, ridge, steps: rows }, null, 2)}\n`,
      );
      return EXIT.ok;
    }
    const lines = rows.map(
      (row) =>
        `${row.step.padEnd(16)} ${row.ms.toFixed(3).padStart(10)} ms ${row.tokens_per_sec.toFixed(0).padStart(10)} tokens/s ${row.intensity.toFixed(1).padStart(8)} FLOP/B  ${row.bound}-bound`,
    );
    process.stdout.write(
      `${model.name} on ${tp} × ${gpu.name}, ridge point ${ridge.toFixed(1)} FLOP/B\n${lines.join('\n')}\n`,
    );
    return EXIT.ok;
  },
};

function decodeLoad(batch: number, context: number): StepLoad {
  return { prefillTokens: 0, decodeBatch: batch, attended: batch * (context + 1), storedContext: batch * context };
}

function share(flags: Readonly<Record<string, unknown>>, name: string): number {
  const value = positiveFlag(flags, name)!;
  if (value > 1) throw new InputError(`--${name} must be a number > 0 and ≤ 1, got ${value}`);
  return value;
}
