import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { shortText } from '../../base/short-text.ts';
import { type FittedCoefficient, fitLatencies } from '../../connect/latency-fit/fit-latencies.ts';
import { latencyChecks, stepChecks } from '../../connect/latency-fit/latency-checks.ts';
import { measuredCircumstances, observations } from '../../connect/latency-fit/observations.ts';
import { fitStepTable, isStepTable } from '../../connect/latency-fit/step-table.ts';
import { readWholeTrace } from '../../connect/traces/read-whole-trace.ts';
import { calibrationResiduals } from '../../report/chart/calibration-residuals.ts';
import { renderSvg } from '../../report/chart/render.ts';
import { readTraceCsv } from '../../simulators/workload/trace-csv.ts';
import type { TraceHeader } from '../../simulators/workload/trace-header.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import { makeFolder } from '../../study/io/text-file.ts';
import { traceDataFile, traceHeaderIn } from '../../study/io/trace-data.ts';
import type { Flags, LoadedCommand } from '../terminal/command.ts';
import { integerText, requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';
import { calibrationDocument, type Found, printFit, yamlText } from './fit-output.ts';
import { declareClusterFlags, readClusterFlags } from './flags.ts';
import { readText } from './text-files.ts';

export const calibrateCommand: LoadedCommand = {
  build: (parser) =>
    declareClusterFlags(parser)
      .positional('file', {
        type: 'string',
        describe:
          'measured latencies: a TraceV2 pair (either file), results of vllm bench, GuideLLM or inference-perf, or a CSV with prefill_tokens, decode_tokens, step_us',
      })
      .options({
        out: { type: 'string', describe: 'folder for calibration.yaml and residuals.svg [default: calibration]' },
        'hold-out': { type: 'string', describe: 'share of the rows that is not fitted but checked [default: 0.25]' },
        seed: { type: 'string', describe: 'of the choice of these rows [default: 1]' },
        'rtt-ms': { type: 'string', describe: 'round trip in measured TTFT [default: of the header, else 0]' },
        'warmup-requests': { type: 'string', describe: 'request ids below this are left out [default: of the header]' },
        json: { type: 'boolean', describe: 'print the result as JSON' },
        quiet: { type: 'boolean', describe: 'no progress on stderr' },
      })
      .example('$0 calibrate observed.yaml --max-num-seqs 256', 'alpha and beta of one vLLM server')
      .example('$0 calibrate observed.yaml --latency-model trained-physics --model qwen/qwen3-14b', 'factors of terms')
      .example('$0 calibrate steps.csv', 'rows of prefill_tokens, decode_tokens, step_us'),
  run: async (flags) => {
    const file = traceDataFile(requiredText(flags, 'file'));
    const out = textFlag(flags, 'out') ?? 'calibration';
    const text = readText(file);
    const found = isStepTable(firstLine(text)) ? steps(text, file, flags) : requests(text, file, flags);
    const document = calibrationDocument(found, { file, text });
    const figure = await renderSvg(
      calibrationResiduals(
        found.checks.flatMap(({ points }) => points),
        `Calibration by ${file}`,
      ),
    );
    makeFolder(out);
    writeFileAtomically(join(out, 'calibration.yaml'), yamlText(document));
    writeFileAtomically(join(out, 'residuals.svg'), figure);
    printFit(found, document, out, switchFlag(flags, 'json'));
    return undefined;
  },
};

function firstLine(text: string): string {
  const end = text.indexOf('\n');
  return (end < 0 ? text : text.slice(0, end)).replace(/^\uFEFF/, '').trim();
}

function steps(text: string, file: string, flags: Flags): Found {
  const holdOut = shareOf(flags);
  const random = stream(integerText(flags, 'seed', 0) ?? 1, 'hold-out');
  const draws: boolean[] = [];
  const isFitted = (row: number): boolean => {
    while (draws.length <= row) draws.push(random.uniform() >= holdOut);
    return draws[row]!;
  };
  const fit = fitStepTable(text, file, isFitted);
  const value = (name: string): number => fit.coefficients.find((one) => one.name === name)?.value ?? 0;
  const known = (name: string): boolean => fit.coefficients.some((one) => one.name === name);
  return {
    coefficients: fit.coefficients,
    config: {
      latency_model: 'blackbox',
      alpha_coeffs: ['alpha0', 'alpha1', 'alpha2'].map(value),
      beta_coeffs: ['beta0', 'beta1', 'beta2'].map(value),
    },
    fitted: fit.fitted,
    heldOut: fit.heldOut,
    checks: stepChecks(fit.checked),
    notes: [
      ...(known('alpha0') ? [] : ['alpha0, alpha1: 0; rows with input_tokens and queueing_us would tell them']),
      ...(known('alpha2') ? [] : ['alpha2: 0; rows with output_us would tell it']),
    ],
  };
}

function requests(text: string, file: string, flags: Flags): Found {
  const isPair = firstLine(text).startsWith('request_id,client_id');
  const rows = isPair ? readTraceCsv(text, file) : readWholeTrace(text, file);
  const header = isPair ? headerBeside(file) : null;
  const circumstances = measuredCircumstances(header);
  const rttMs = numberFlag(flags, 'rtt-ms', { low: 0, high: 1e6 });
  const observed = observations(rows, {
    holdOut: shareOf(flags),
    seed: integerText(flags, 'seed', 0) ?? 1,
    rttUs: rttMs === undefined ? circumstances.rttUs : 1000 * rttMs,
    warmUp: integerText(flags, 'warmup-requests', 0) ?? circumstances.warmUp,
  });
  const { cluster } = readClusterFlags(withStandIns(flags));
  const progress = new Progress('simulations', 1, switchFlag(flags, 'quiet'));
  const fit = fitLatencies(observed, cluster.config, (done, of) => {
    progress.expect(of);
    progress.update(done);
  });
  if (fit.way === 'indirect') progress.end();
  const heldOut = observed.fitted.reduce((sum, one, i) => sum + (one === 0 && observed.ttftUs[i]! > 0 ? 1 : 0), 0);
  return {
    coefficients: fit.coefficients,
    config: fit.family.settings(fit.coefficients.map(({ value }) => value)),
    fitted: observed.fitted.reduce((sum, one) => sum + one, 0),
    heldOut,
    checks: latencyChecks(observed, fit.simulated),
    notes: [...cluster.warnings, ...wideNotes(fit.coefficients)],
  };
}

/** Alpha and beta need no knowledge of the model; where none is named, memory is no bound. */
function withStandIns(flags: Flags): Flags {
  const kind = textFlag(flags, 'latency-model') ?? 'blackbox';
  if (kind !== 'blackbox') return flags;
  const named = textFlag(flags, 'model') !== undefined;
  return {
    ...flags,
    'latency-model': kind,
    'alpha-coeffs': '0,0,0',
    'beta-coeffs': '1,0,0',
    ...(named ? {} : { model: 'meta-llama/llama-3.1-8b-instruct', hardware: 'H100', tp: '1' }),
    ...(named || textFlag(flags, 'total-kv-blocks') !== undefined ? {} : { 'total-kv-blocks': '1000000' }),
  };
}

function headerBeside(file: string): TraceHeader | null {
  const header = ['.yaml', '.yml']
    .map((end) => file.replace(/\.csv$/i, end))
    .find((name) => name !== file && existsSync(name));
  return header === undefined ? null : traceHeaderIn(header);
}

function shareOf(flags: Flags): number {
  return numberFlag(flags, 'hold-out', { low: 0, high: 0.9 }) ?? 0.25;
}

function numberFlag(
  flags: Flags,
  name: string,
  { low, high }: { readonly low: number; readonly high: number },
): number | undefined {
  const text = textFlag(flags, name);
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= low && value <= high) return value;
  throw new InputError(`must be a number from ${low} to ${high}, got ${shortText(text)}`, { path: [`--${name}`] });
}

/** Half of an interval that is wider than this share of the value is worth more data. */
const WIDE = 0.1;
const MORE_DATA: Readonly<Record<string, string>> = {
  alpha0: 'more requests that find the server idle',
  alpha1: 'prompts of more different lengths at an idle server',
  alpha2: 'longer answers',
  beta0: 'more requests',
  beta1: 'prompts of more different lengths',
  beta2: 'batches of more different sizes: a load that goes from idle to full',
};

/** Coefficients that the data hardly tell, and which data would. */
function wideNotes(coefficients: readonly FittedCoefficient[]): readonly string[] {
  return coefficients
    .filter(({ value, low, high }) => high - low > 2 * WIDE * Math.abs(value))
    .map(({ name, value, low, high }) => {
      const half = value > 0 ? `known to ±${Math.round((50 * (high - low)) / value)} %` : 'hardly told by these data';
      const more = MORE_DATA[name];
      return `${name}: ${half}${more === undefined ? '' : `; ${more} would tell it better`}`;
    });
}
