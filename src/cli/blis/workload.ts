import { dirname } from 'node:path';
import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { integerFromText } from '../../base/integer-text.ts';
import { shortText } from '../../base/short-text.ts';
import { placed } from '../../document/yaml.ts';
import type { Workload } from '../../simulators/workload/follow-ups.ts';
import { type GenerationOptions, generateWorkload } from '../../simulators/workload/generate-workload.ts';
import {
  checkTokenCounts,
  DEFAULT_LENGTHS,
  presetLengths,
  type SyntheticLengths,
  type SyntheticLoad,
  syntheticWorkload,
  type TokenCounts,
} from '../../simulators/workload/synthetic-workload.ts';
import { dropUnknownParameters } from '../../simulators/workload/unknown-parameters.ts';
import { parseWorkloadDocument } from '../../simulators/workload/workload-document.ts';
import type { WorkloadSpec } from '../../simulators/workload/workload-spec.ts';
import { withWorkloadData } from '../../study/io/workload-data.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { integerText, textFlag } from '../terminal/flags.ts';
import { readDefaultsFile } from './defaults-file.ts';

export interface RunWorkload {
  readonly spec: WorkloadSpec;
  readonly workload: Workload;
  /** Seed the requests were drawn with. */
  readonly seed: bigint;
  readonly warnings: readonly string[];
}

const DEFAULT_SEED = 42n;
const DEFAULT_REQUESTS = 100;
const DEFAULT_TIMEOUT_S = 300;
const DISTRIBUTION_FLAGS = ['prompt-tokens', 'output-tokens'].flatMap((name) => [
  name,
  `${name}-stdev`,
  `${name}-min`,
  `${name}-max`,
]);
const SYNTHETIC_FLAGS = ['workload', 'rate', 'concurrency', 'think-time-ms', 'prefix-tokens', ...DISTRIBUTION_FLAGS];

export function declareWorkloadFlags(parser: Argv): Argv {
  const text = (describe: string) => ({ type: 'string', describe, group: 'Workload:' }) as const;
  return parser.options({
    'workload-spec': text('YAML file with the workload'),
    workload: text('distribution, chatbot, summarization, contentgen or multidoc [default: distribution]'),
    seed: text('seed of the simulation, and of the workload unless a file has its own [default: 42]'),
    'num-requests': text('requests to generate [default: 100, or the file’s]'),
    rate: text('requests per second [default: 1]'),
    concurrency: text('virtual users instead of a rate [default: 0]'),
    'think-time-ms': text('pause of a virtual user [default: 0]'),
    'prefix-tokens': text('length of a shared prefix [default: 0]'),
    timeout: text('client timeout, seconds; negative = none [default: 300]'),
    ...Object.fromEntries(DISTRIBUTION_FLAGS.map((name) => [name, text(`token counts: ${name.replaceAll('-', ' ')}`)])),
  });
}

/** Seed of the simulation, 64 bits: the flag, else 42, whatever seed a workload file has. */
export function masterSeed(flags: Flags): bigint {
  const text = textFlag(flags, 'seed');
  if (text === undefined) return DEFAULT_SEED;
  const value = integerFromText(text);
  if (value === undefined || BigInt.asIntN(64, value) !== value) {
    throw new InputError(`must be an integer of 64 bits, got ${shortText(text)}`, { path: ['--seed'] });
  }
  return value;
}

/** How a command bounds what it generates. */
export interface WorkloadLimits {
  /** The flag, if given: it wins over the file's. */
  readonly horizonUs: number | null;
  /** Requests at a rate where nobody says how many; 0 = none. */
  readonly defaultRequests: number;
  /** µs: replaces what clients have; undefined = they keep it. */
  readonly timeoutUs?: number | undefined;
  /** Further options of the generation. */
  readonly generation?: Pick<GenerationOptions, 'tokens' | 'thinkTime'>;
}

/** @param horizonUs - the flag, if given: it wins over the file's */
export function readRunWorkload(flags: Flags, horizonUs: number | null): RunWorkload {
  const isListed = textFlag(flags, 'workload-spec') !== undefined && flags['timeout'] === undefined;
  const timeoutUs = isListed ? undefined : timeout(flags);
  return readWorkload(flags, { horizonUs, defaultRequests: DEFAULT_REQUESTS, timeoutUs });
}

export function readWorkload(flags: Flags, limits: WorkloadLimits): RunWorkload {
  const file = textFlag(flags, 'workload-spec');
  return file === undefined ? synthesized(flags, limits) : fromFile(file, flags, limits);
}

function fromFile(file: string, flags: Flags, limits: WorkloadLimits): RunWorkload {
  if (flags['concurrency'] !== undefined) {
    throw new InputError('cannot be combined with --workload-spec', { path: ['--concurrency'] });
  }
  const ignored = SYNTHETIC_FLAGS.filter((name) => flags[name] !== undefined);
  const ignoredWarnings = ignored.map((name) => `--${name} has no effect together with --workload-spec`);
  const ownSeed = flags['seed'] === undefined ? undefined : masterSeed(flags);
  const numRequests = integerText(flags, 'num-requests', 0);
  const { source, document, warnings } = readWorkloadFile(file, ownSeed);
  return placed(source, 0, () => {
    const spec = parseWorkloadDocument(document);
    const seed = ownSeed ?? spec.seed;
    const workload = generateWorkload(spec, {
      seed,
      ...(numRequests === undefined ? {} : { numRequests }),
      ...generationOptions(limits),
    });
    return { spec, workload, seed, warnings: [...spec.warnings, ...warnings, ...ignoredWarnings] };
  });
}

/**
 * A workload file for `blis` commands: as tolerant as BLIS of parameters that nothing reads, and with folders of ServeGen
 * data relative to the working folder, or else to the file.
 * @param seed - in place of the file's
 */
export function readWorkloadFile(file: string, seed?: bigint) {
  const written = readYamlFile(file, { furtherDocuments: 'ignore' });
  const { source, notes } = withWorkloadData(written, { from: ['.', dirname(file)], seed: seed ?? null });
  const { document, warnings } = dropUnknownParameters(source.value);
  return { source, document, warnings: [...notes, ...warnings] };
}

function generationOptions({ horizonUs, timeoutUs, generation }: WorkloadLimits): GenerationOptions {
  return {
    ...generation,
    ...(horizonUs === null ? {} : { horizonUs }),
    ...(timeoutUs === undefined ? {} : { timeoutUs }),
  };
}

function synthesized(flags: Flags, limits: WorkloadLimits): RunWorkload {
  const seed = masterSeed(flags);
  const load = readLoad(flags);
  const requested = integerText(flags, 'num-requests', 0);
  const numRequests = requested ?? (load.kind === 'users' ? 0 : limits.defaultRequests);
  const spec = syntheticWorkload(readLengths(flags, load), load, seed, numRequests);
  const workload = generateWorkload(spec, { seed, ...generationOptions(limits) });
  return { spec, workload, seed, warnings: spec.warnings };
}

function readLoad(flags: Flags): SyntheticLoad {
  const users = integerText(flags, 'concurrency', 0) ?? 0;
  const thinkTimeMs = integerText(flags, 'think-time-ms', 0) ?? 0;
  const rate = flags['rate'] === undefined ? 1 : Number(textFlag(flags, 'rate'));
  if (!Number.isFinite(rate) || rate <= 0) {
    throw new InputError(`must be finite and > 0, got ${shortText(textFlag(flags, 'rate'))}`, { path: ['--rate'] });
  }
  if (users === 0) return { kind: 'rate', ratePerSecond: rate };
  if (flags['rate'] !== undefined) throw new InputError('excludes --concurrency', { path: ['--rate'] });
  return { kind: 'users', users, thinkTimeMs };
}

function readLengths(flags: Flags, load: SyntheticLoad): SyntheticLengths {
  const name = textFlag(flags, 'workload') ?? 'distribution';
  if (name !== 'distribution' && load.kind === 'rate') {
    try {
      return presetLengths(name, readDefaultsFile(flags)?.workloads);
    } catch (error) {
      throw error instanceof InputError ? error.at({ prefix: ['--workload'] }) : error;
    }
  }
  return {
    prompt: tokenCounts(flags, 'prompt', DEFAULT_LENGTHS.prompt),
    output: tokenCounts(flags, 'output', DEFAULT_LENGTHS.output),
    prefixTokens: integerText(flags, 'prefix-tokens', 0) ?? 0,
  };
}

function tokenCounts(flags: Flags, name: string, fallback: TokenCounts): TokenCounts {
  const at = (suffix: string) => integerText(flags, `${name}-tokens${suffix}`, Number.MIN_SAFE_INTEGER);
  const counts = {
    mean: at('') ?? fallback.mean,
    stdDev: at('-stdev') ?? fallback.stdDev,
    min: at('-min') ?? fallback.min,
    max: at('-max') ?? fallback.max,
  };
  try {
    checkTokenCounts(name, counts);
  } catch (error) {
    const flag = error instanceof InputError ? error.path[0] : undefined;
    if (flag === undefined) throw error;
    throw new InputError((error as InputError).message, { path: [`--${flag}`] });
  }
  return counts;
}

function timeout(flags: Flags): number {
  const seconds = integerText(flags, 'timeout', Number.MIN_SAFE_INTEGER) ?? DEFAULT_TIMEOUT_S;
  if (seconds === 0) throw new InputError('must not be 0; a negative value means none', { path: ['--timeout'] });
  return Math.max(0, seconds) * 1e6;
}
