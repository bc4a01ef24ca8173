import { z } from 'zod';
import { rooflineSteps } from '../../companions/gpu-jobs/roofline-steps.ts';
import { findGpu, ridgePoint } from '../../simulators/gpu-jobs/gpu-catalog.ts';
import { findModel } from '../../simulators/gpu-jobs/model-catalog.ts';
import { share } from '../../simulators/gpu-jobs/token-config.ts';
import { amount } from '../../simulators/gpu-jobs/written-values.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { ofFlag, schemaFlag } from '../terminal/schema-flag.ts';
import { fitted } from '../terminal/table.ts';

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
      .option('attention', {
        type: 'boolean',
        default: true,
        describe: 'arithmetic of attention and traffic of the KV cache; --no-attention leaves them out',
      })
      .option('json', { type: 'boolean', describe: 'print JSON' })
      .example('$0 gpu-jobs roofline --model Llama3-70B --gpu A100 --tp 4', 'where its steps are bound'),
  run: async (flags) => {
    const names = { gpu: requiredText(flags, 'gpu'), model: requiredText(flags, 'model') };
    const found = ofFlag('gpu', () => findGpu(names.gpu));
    const tflops = schemaFlag(flags, 'a100-tflops', amount({ above: 0 }))!;
    const gpu = found.name.startsWith('A100') ? { ...found, tflops } : found;
    const model = ofFlag('model', () => findModel(names.model));
    const tp = schemaFlag(flags, 'tp', z.int().min(model.minTp).max(model.maxTp))!;
    const lengths = {
      context: schemaFlag(flags, 'context', z.int().min(0).max(1e8))!,
      prompt: schemaFlag(flags, 'prompt', z.int().min(1).max(1e8))!,
    };
    const [mfu, mbu] = [schemaFlag(flags, 'mfu', share)!, schemaFlag(flags, 'mbu', share)!];
    const perf = {
      kind: 'roofline',
      mfu,
      mbu,
      overhead: 0,
      quant: 16,
      attention: flags['attention'] !== false,
    } as const;
    const rows = rooflineSteps({ gpu, tp, model }, perf, lengths);
    const ridge = ridgePoint(gpu);
    if (switchFlag(flags, 'json')) {
      const page = { model: model.name, gpu: gpu.name, tp, ridge, steps: rows };
      printJson('gpu-jobs roofline', page);
      return EXIT.ok;
    }
    const lines = fitted([
      ['step', 'ms', 'tokens/s', 'FLOP/B', 'bound by'],
      ...rows.map((row) => [
        row.step,
        row.ms.toFixed(3),
        row.tokens_per_sec.toFixed(0),
        row.intensity.toFixed(1),
        row.bound,
      ]),
    ]);
    process.stdout.write(
      `${model.name} on ${tp} × ${gpu.name}, ridge point ${ridge.toFixed(1)} FLOP/B\n${lines.join('\n')}\n`,
    );
    return EXIT.ok;
  },
};
