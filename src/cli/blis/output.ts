import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { parseFitnessWeights } from '../../simulators/cluster/figures/fitness.ts';
import type { ThresholdDetector } from '../../simulators/cluster/figures/saturation.ts';
import { SETTINGS } from '../../simulators/cluster/settings/cluster-settings.ts';
import { writeTraceCsv } from '../../simulators/workload/trace-csv.ts';
import type { TraceHeader } from '../../simulators/workload/trace-header.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { writeTraceHeader } from '../../simulators/workload/write-trace-header.ts';
import { writeFileOrDevice } from '../../study/io/atomic-file.ts';
import type { Flags } from '../terminal/command.ts';
import { integerText, switchFlag, textFlag } from '../terminal/flags.ts';
import { declareDetectorFlags, readDetectorFlags } from './detectors.ts';

/** What a run is asked to show beyond its figures. */
export interface OutputOptions {
  readonly metricsPath: string | undefined;
  readonly traceOutput: string | undefined;
  readonly fitnessWeights: ReadonlyMap<string, number> | null;
  readonly traceDecisions: boolean;
  readonly counterfactualK: number;
  readonly summarizeTrace: boolean;
  /** null = the levels of saturation are not asked for. */
  readonly detector: ThresholdDetector | null;
  readonly quiet: boolean;
}

export function declareOutputFlags(parser: Argv): Argv {
  return declareDetectorFlags(parser).options({
    'metrics-path': { type: 'string', describe: 'write figures and every request as JSON', group: 'Output:' },
    'trace-output': {
      type: 'string',
      describe: 'write PREFIX.yaml and PREFIX.csv with the requests',
      group: 'Output:',
    },
    'fitness-weights': { type: 'string', describe: 'key:weight,… of one overall score', group: 'Output:' },
    'trace-level': { type: 'string', describe: 'none or decisions [default: none]', group: 'Output:' },
    'counterfactual-k': { type: 'string', describe: 'candidates kept per decision [default: 0]', group: 'Output:' },
    'summarize-trace': { type: 'boolean', describe: 'print a summary of the decisions', group: 'Output:' },
    log: { type: 'string', describe: 'error hides warnings [default: warn]', group: 'Output:' },
  });
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic'];

export function readOutputFlags(flags: Flags): OutputOptions {
  const level = choice(flags, 'trace-level', ['none', 'decisions']) ?? 'none';
  const counterfactualK = integerText(flags, 'counterfactual-k', 0) ?? 0;
  return {
    metricsPath: textFlag(flags, 'metrics-path'),
    traceOutput: textFlag(flags, 'trace-output'),
    fitnessWeights: fitnessWeights(textFlag(flags, 'fitness-weights')),
    traceDecisions: level === 'decisions',
    counterfactualK: level === 'decisions' ? counterfactualK : 0,
    summarizeTrace: switchFlag(flags, 'summarize-trace'),
    detector: readDetectorFlags(flags),
    quiet: isQuiet(flags),
  };
}

/** Whether `--log` asks for errors only. */
export function isQuiet(flags: Flags): boolean {
  const log = choice(flags, 'log', LOG_LEVELS) ?? 'warn';
  return LOG_LEVELS.indexOf(log) > LOG_LEVELS.indexOf('warn');
}

export function printWarnings(warnings: readonly string[], options: Pick<OutputOptions, 'quiet'>): void {
  if (options.quiet) return;
  for (const warning of warnings) process.stderr.write(`paretune: warning: ${nameFlags(warning)}\n`);
}

/** Writes PREFIX.yaml and PREFIX.csv. */
export function writeTrace(prefix: string, header: TraceHeader, rows: readonly TraceRow[]): void {
  writeFileOrDevice(`${prefix}.yaml`, writeTraceHeader(header));
  writeFileOrDevice(`${prefix}.csv`, writeTraceCsv(rows));
}

function fitnessWeights(text: string | undefined): ReadonlyMap<string, number> | null {
  if (text === undefined || text === '') return null;
  try {
    return parseFitnessWeights(text);
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: ['--fitness-weights'] }) : error;
  }
}

function choice(flags: Flags, name: string, known: readonly string[]): string | undefined {
  const value = textFlag(flags, name);
  if (value !== undefined && !known.includes(value)) {
    throw new InputError(`must be one of ${known.join(', ')}, got ${shortText(value)}`, { path: [`--${name}`] });
  }
  return value;
}

/** Settings inside a message, as flags. */
function nameFlags(text: string): string {
  return text.replace(/\b[a-z]+(?:_[a-z0-9]+)+\b/g, (word) =>
    Object.hasOwn(SETTINGS, word) ? `--${word.replaceAll('_', '-')}` : word,
  );
}
