import { InputError, within } from '../../base/errors.ts';
import { checkAll, ProblemList } from '../../base/problem-list.ts';
import { shortText } from '../../base/short-text.ts';
import { type ServerTarget, serverBase } from '../../connect/observe/completion-call.ts';
import type { ObserveOptions } from '../../connect/observe/observe-server.ts';
import { TokenIds } from '../../connect/observe/token-ids.ts';
import { type GoodputTargets, mergeTargets, specTargets } from '../../simulators/cluster/figures/goodput.ts';
import type { ThresholdDetector } from '../../simulators/cluster/figures/saturation.ts';
import { readDurationMs } from '../../simulators/cluster/settings/setting-values.ts';
import type { LengthSampler } from '../../simulators/workload/length-sampler.ts';
import { parseThinkTime } from '../../simulators/workload/think-time.ts';
import type { Flags } from '../terminal/command.ts';
import { integerText, switchFlag, textFlag } from '../terminal/flags.ts';
import { readDetectorFlags } from './detectors.ts';
import { flagTargets } from './slo-targets.ts';
import { type RunWorkload, readWorkload } from './workload.ts';

/** Everything that `blis observe` is asked for. */
export interface ObserveRequest extends Omit<ObserveOptions, 'workload' | 'signal' | 'clock' | 'onEnded'> {
  readonly source: RunWorkload;
  readonly workloadName: string;
  readonly targets: GoodputTargets;
  readonly files: { readonly header: string; readonly data: string; readonly itl: string | null };
  readonly serverType: string;
  readonly vllmCommit: string;
  readonly detector: ThresholdDetector | null;
}

/** @throws InputError with everything that is wrong with the flags and the files they name */
export function readObserveFlags(
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>>,
): ObserveRequest {
  const problems = new ProblemList();
  const attempt = <T>(body: () => T) => problems.attempt(body) as T;
  const isClear = attempt(() => {
    checkAll(...refusals(flags));
    return true;
  });
  const server = attempt(() => readServer(flags, environment));
  const files = attempt(() => readFiles(flags));
  const ids = new TokenIds();
  const source = attempt(() => (isClear ? readSource(flags, ids) : undefined)) as RunWorkload;
  const own = attempt(() => flagTargets(flags));
  const users = integer(flags, 'concurrency', [0, Number.MAX_SAFE_INTEGER], attempt) ?? 0;
  const compat = switchFlag(flags, 'compat');
  const request = {
    ...{ server, source, ids, files, compat },
    workloadName: workloadName(flags),
    streams: attempt(() => readStreams(flags)),
    unconstrained: switchFlag(flags, 'unconstrained-output'),
    stayAwake: flags['stay-awake'] !== false,
    maxConcurrency: integer(flags, 'max-concurrency', [1, 1_000_000], attempt) ?? (users > 0 ? users : 256),
    warmUpRequests: integer(flags, 'warmup-requests', [0, Number.MAX_SAFE_INTEGER], attempt) ?? 0,
    prewarmMs: attempt(() =>
      within(['--prewarm-duration'], () => duration(textFlag(flags, 'prewarm-duration') ?? '0')),
    ),
    timeoutMs: 1000 * (integer(flags, 'timeout', [1, 86_400], attempt) ?? 300),
    rttMs: attempt(() => roundTrip(flags)) ?? (compat ? 0 : undefined),
    serverType: textFlag(flags, 'server-type') ?? 'vllm',
    metricsUrl: attempt(() => metricsUrl(flags, server)),
    detector: attempt(() => readDetectorFlags(flags)),
    vllmCommit: textFlag(flags, 'vllm-commit') ?? '',
  };
  problems.refuse();
  return { ...request, targets: mergeTargets(own, specTargets(source.spec)) };
}

type Attempt = <T>(body: () => T) => T;

/** Flags that exclude each other, and those of things that are not there. */
function refusals(flags: Flags): readonly (() => void)[] {
  const excludes = (name: string, other: string) => () => {
    if (isGiven(flags, name) && isGiven(flags, other)) {
      throw new InputError(`excludes --${other}`, { path: [`--${name}`] });
    }
  };
  return [
    excludes('concurrency', 'rate'),
    excludes('workload', 'workload-spec'),
    excludes('workload', 'concurrency'),
    excludes('workload-spec', 'concurrency'),
    excludes('think-time-ms', 'think-time-dist'),
    () => {
      const think = ['think-time-ms', 'think-time-dist'].find((name) => isGiven(flags, name));
      if (think !== undefined && !isGiven(flags, 'concurrency'))
        throw new InputError('needs --concurrency', { path: [`--${think}`] });
    },
    () => {
      if (!['workload-spec', 'rate', 'concurrency'].some((name) => isGiven(flags, name))) {
        throw new InputError('is required', {
          path: ['--workload-spec'],
          suggestion: 'or give --rate or --concurrency',
        });
      }
    },
  ];
}

function isGiven(flags: Flags, name: string): boolean {
  const value = flags[name];
  return value !== undefined && value !== '' && !(name === 'concurrency' && Number(value) === 0);
}

function readServer(flags: Flags, environment: Readonly<Record<string, string | undefined>>): ServerTarget {
  const problems = new ProblemList();
  const base = problems.attempt(() => {
    const url = required(flags, 'server-url');
    return within(['--server-url'], () => serverBase(url));
  });
  const model = problems.attempt(() => required(flags, 'model'));
  const format = textFlag(flags, 'api-format') ?? 'completions';
  problems.attempt(() => {
    if (format !== 'completions' && format !== 'chat') {
      throw new InputError(`must be completions or chat, got ${shortText(format)}`, { path: ['--api-format'] });
    }
  });
  problems.refuse();
  const apiKey = textFlag(flags, 'api-key') ?? environment['OPENAI_API_KEY'] ?? '';
  return {
    base: base!,
    model: model!,
    interface: format as ServerTarget['interface'],
    apiKey: apiKey === '' ? null : apiKey,
  };
}

function readFiles(flags: Flags): ObserveRequest['files'] {
  const problems = new ProblemList();
  const header = problems.attempt(() => required(flags, 'trace-header'));
  const data = problems.attempt(() => required(flags, 'trace-data'));
  problems.refuse();
  const itl = textFlag(flags, 'itl-output') ?? `${data!.replace(/\.csv$/, '')}.itl.csv`;
  const names = [header!, data!, ...(switchFlag(flags, 'record-itl') ? [itl] : [])];
  if (new Set(names).size < names.length) {
    throw new InputError('the files to write must have different names', { path: ['--trace-data'] });
  }
  return { header: header!, data: data!, itl: switchFlag(flags, 'record-itl') ? itl : null };
}

function readSource(flags: Flags, ids: TokenIds): RunWorkload {
  const law = textFlag(flags, 'think-time-dist');
  const thinkTime: LengthSampler | undefined =
    law === undefined ? undefined : within(['--think-time-dist'], () => parseThinkTime(law));
  const horizonUs = integer(flags, 'horizon', [0, Number.MAX_SAFE_INTEGER], (body) => body()) ?? 0;
  return readWorkload(flags, {
    horizonUs: horizonUs > 0 ? horizonUs : null,
    defaultRequests: 0,
    generation: { tokens: ids, ...(thinkTime === undefined ? {} : { thinkTime }) },
  });
}

function workloadName(flags: Flags): string {
  const file = textFlag(flags, 'workload-spec');
  const preset = textFlag(flags, 'workload');
  return file ?? (preset === undefined || preset === 'distribution' ? '' : `preset:${preset}`);
}

function readStreams(flags: Flags): ObserveRequest['streams'] {
  const asked = flags['streaming'];
  if (switchFlag(flags, 'record-itl')) {
    if (asked === false) throw new InputError('excludes --no-streaming', { path: ['--record-itl'] });
    return 'all';
  }
  return asked === undefined ? 'as-listed' : asked === true ? 'all' : 'none';
}

function metricsUrl(flags: Flags, server: ServerTarget | undefined): URL | null {
  if (!switchFlag(flags, 'scrape-kv-metrics')) return null;
  const address = textFlag(flags, 'kv-metrics-url') ?? '';
  if (address !== '') return within(['--kv-metrics-url'], () => serverBase(address));
  return server === undefined ? null : new URL(`${server.base.href.replace(/\/$/, '')}/metrics`);
}

function roundTrip(flags: Flags): number | undefined {
  const text = textFlag(flags, 'rtt-ms');
  if (text === undefined) return undefined;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value < 0) {
    throw new InputError(`must be a number ≥ 0, got ${shortText(text)}`, { path: ['--rtt-ms'] });
  }
  return value;
}

function duration(text: string): number {
  return text === '0' ? 0 : readDurationMs(text);
}

/** The flag in a range; where it breaks the rule, `attempt` decides what becomes of that. */
function integer(
  flags: Flags,
  name: string,
  [low, high]: readonly [number, number],
  attempt: Attempt,
): number | undefined {
  return attempt(() => {
    const value = integerText(flags, name, low);
    if (value !== undefined && value > high) {
      throw new InputError(`must be at most ${high}, got ${value}`, { path: [`--${name}`] });
    }
    return value;
  });
}

function required(flags: Flags, name: string): string {
  const value = textFlag(flags, name) ?? '';
  if (value === '') throw new InputError('is required', { path: [`--${name}`] });
  return value;
}
