import type { Argv } from 'yargs';
import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { mapAll } from '../../base/problem-list.ts';
import { shortText } from '../../base/short-text.ts';
import { placed } from '../../document/yaml.ts';
import type { ThresholdDetector } from '../../simulators/cluster/figures/saturation.ts';
import { readDurationMs } from '../../simulators/cluster/settings/setting-values.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';

/** Detectors whose rules BLIS does not document to the figure: what they would do. */
const REFUSED: Readonly<Record<string, string>> = {
  composite: 'it would compare completions with arrivals and the trend of latency with a noise floor',
  'backlog-drift': 'it would compare the slope of requests in flight with a noise floor',
  all: 'it would print the levels of composite, threshold and backlog-drift; threshold alone is available',
};

const DEFAULT_THRESHOLD_MS = 5000;
const DEFAULT_WINDOW_MS = 30_000;

export function declareDetectorFlags(parser: Argv): Argv {
  const text = (describe: string) => ({ type: 'string', describe, group: 'Output:' }) as const;
  return parser.options({
    detectors: text('threshold: print whether the mean E2E was too long at the end of the run'),
    'saturation-config': text('YAML file with threshold.threshold_ms [default: 5000]'),
    'saturation-final-window': text('last part of the run that decides the level, e.g. 10s [default: 30s]'),
    'saturation-report': { type: 'string', hidden: true },
  });
}

/** null = off. @throws InputError for what is not available, wrong, or has no effect */
export function readDetectorFlags(flags: Flags): ThresholdDetector | null {
  if (given(flags, 'saturation-report') !== undefined) {
    throw new InputError(
      '--saturation-report is not supported: it would write a verdict with score and confidence for every event',
    );
  }
  const names = given(flags, 'detectors')?.split(',');
  const file = given(flags, 'saturation-config');
  const window = given(flags, 'saturation-final-window');
  if (names === undefined) {
    const idle = file === undefined ? 'saturation-final-window' : 'saturation-config';
    if (given(flags, idle) !== undefined) throw new InputError('needs --detectors', { path: [`--${idle}`] });
    return null;
  }
  names.forEach(checkDetector);
  return {
    thresholdMs: file === undefined ? DEFAULT_THRESHOLD_MS : readThreshold(file),
    finalWindowUs: (window === undefined ? DEFAULT_WINDOW_MS : windowMs(window)) * 1000,
  };
}

/** An empty text is the default of all of them. */
function given(flags: Flags, name: string): string | undefined {
  return textFlag(flags, name) || undefined;
}

function checkDetector(name: string): void {
  if (name === 'threshold') return;
  if (!Object.hasOwn(REFUSED, name)) {
    throw unknownName('detector', name, ['threshold', ...Object.keys(REFUSED)], { path: ['--detectors'] });
  }
  throw new InputError(`--detectors ${name} is not supported: ${REFUSED[name]}`);
}

function windowMs(text: string): number {
  try {
    return readDurationMs(text);
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: ['--saturation-final-window'] }) : error;
  }
}

function readThreshold(file: string): number {
  const source = readYamlFile(file);
  return placed(source, 0, () => {
    const { value } = source;
    if (!isJsonObject(value)) throw new InputError('must be a map with the block threshold');
    mapAll(Object.keys(value), (key) => {
      if (key === 'composite' || key === 'backlog_drift') {
        throw new InputError('belongs to a detector that is not chosen', { path: [key] });
      }
      if (key !== 'threshold') throw unknownName('key', key, ['threshold'], { path: [key] });
    });
    return thresholdOf(value['threshold'] ?? {});
  });
}

function thresholdOf(block: Json): number {
  if (!isJsonObject(block)) throw new InputError('must be a map with threshold_ms', { path: ['threshold'] });
  const other = Object.keys(block).find((key) => key !== 'threshold_ms');
  if (other !== undefined) throw unknownName('key', other, ['threshold_ms'], { path: ['threshold', other] });
  const ms = block['threshold_ms'] ?? DEFAULT_THRESHOLD_MS;
  if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 1e-6) {
    throw new InputError(`must be a number ≥ 1e-6, got ${shortText(ms)}`, { path: ['threshold', 'threshold_ms'] });
  }
  return ms;
}
