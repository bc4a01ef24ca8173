import { z } from 'zod';
import { InputError, within } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { checkAll, mapAll } from '../../base/problem-list.ts';
import { shortText } from '../../base/short-text.ts';
import { jsonValue, parsePart } from '../../document/schema.ts';
import type { Backend } from '../../simulators/simulator.ts';
import { jsonPathSteps } from './json-path.ts';
import type { MetricSource, ResultForm } from './read-metrics.ts';
import { unitFactor } from './unit-factor.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);

const metric = z.strictObject({
  /** In JSON: where the value stands, e.g. `latency.p99`; default: the metric's name. */
  path: z.string().min(1).optional(),
  /** In CSV: the column; default: the metric's name. */
  column: z.string().min(1).optional(),
  unit: z.string().min(1),
  /** The unit in which it is written, where it is another. */
  from: z.string().min(1).optional(),
  better: z.enum(['lower', 'higher']),
  description: z.string().optional(),
});

const result = z.strictObject({
  /** Default: standard output. A name without a folder lies in the evaluation's own folder. */
  file: z.string().min(1).optional(),
  format: z.enum(['json', 'csv']).optional(),
  /** Which row of a CSV table counts (default last). */
  row: z.enum(['first', 'last', 'mean']).optional(),
});

/** How a command is started and ended. */
const commandKeys = {
  /** The program and its arguments, one entry each; a text only with `shell: true`. */
  command: z.union([z.string().min(1), z.array(scalar).min(1)]),
  /** Runs the text by /bin/sh (default false). */
  shell: z.boolean().optional(),
  /** Working folder; default: where paretune was started. */
  cwd: z.string().min(1).optional(),
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, { error: 'must be a name of a variable' }), scalar).optional(),
  /** A text, or a document written as JSON. */
  stdin: jsonValue.optional(),
  /** Written into the evaluation's folder: a text, or a document written as YAML (`.yaml`, `.yml`) or JSON. */
  files: z.record(z.string().min(1), jsonValue).optional(),
  /** Seconds until it is ended (default 600). */
  time_limit_s: z.number().gt(0).max(604_800).optional(),
  /** How often it is tried again after a failure (default 0). */
  retries: z.int().min(0).max(100).optional(),
};

export const commandConfigSchema = z.strictObject({
  ...commandKeys,
  result: result.optional(),
  metrics: z.record(z.string().min(1), metric),
  /** How many run at once (default 1). */
  concurrency: z.int().min(1).max(1024).optional(),
  /** Exit codes that say: with these parameters it cannot run. */
  infeasible_exit_codes: z.array(z.int().min(1).max(255)).optional(),
  /** Equal parameters and seeds give equal figures, to the bit (default false). */
  deterministic: z.boolean().optional(),
});

export type CommandConfig = z.infer<typeof commandConfigSchema>;

/** @throws InputError with paths below `config` */
export function parseCommandConfig(document: Json): CommandConfig {
  const config = parsePart(commandConfigSchema, document, ['config']);
  within(['config'], () =>
    checkAll(
      () => checkCommand(config),
      () => checkFiles(config.files ?? {}),
      () => void metricSources(config),
    ),
  );
  return config;
}

/** @throws InputError where shell and form of the command do not belong together */
function checkCommand({ command, shell }: Pick<CommandConfig, 'command' | 'shell'>): void {
  if (shell === true && typeof command !== 'string') {
    throw new InputError('must be a text where `shell: true`', {
      path: ['command'],
      suggestion: 'write one line, or remove `shell`',
    });
  }
  if (shell !== true && typeof command === 'string') {
    throw new InputError(`must be a list of the program and its arguments, got ${shortText(command)}`, {
      path: ['command'],
      suggestion: 'write `[program, argument, …]`, or say `shell: true`',
    });
  }
}

/** @throws InputError for a file that would lie elsewhere */
function checkFiles(files: Readonly<Record<string, Json>>): void {
  mapAll(Object.keys(files), (name) => {
    if (!name.startsWith('/') && !name.split(/[\\/]/).includes('..')) return;
    throw new InputError('must lie in the folder of the evaluation', {
      path: ['files', name],
      suggestion: 'give a name without `..` and leading `/`',
    });
  });
}

export function resultForm({ result }: CommandConfig): ResultForm {
  const format = result?.format ?? (result?.file?.endsWith('.csv') === true ? 'csv' : 'json');
  return { format, row: result?.row ?? 'last' };
}

/** Metrics with their places. @throws InputError with a path below `metrics` */
export function metricSources(config: CommandConfig): readonly MetricSource[] {
  const { format } = resultForm(config);
  const entries = Object.entries(config.metrics);
  if (entries.length === 0) throw new InputError('needs at least one metric', { path: ['metrics'] });
  return mapAll(entries, ([name, { path, column, unit, from, better, description = '' }]) =>
    within(['metrics', name], () => {
      const idle = format === 'json' ? 'column' : 'path';
      if ((format === 'json' ? column : path) !== undefined) {
        throw new InputError(`says nothing to ${format.toUpperCase()}`, { path: [idle], suggestion: 'remove it' });
      }
      const factor = unitFactor(from ?? unit, unit);
      if (factor === null) {
        throw new InputError(`${shortText(from)} cannot be converted to ${shortText(unit)}`, {
          path: ['from'],
          suggestion: 'name two units of one kind, such as s and ms, or the same unit twice',
        });
      }
      const at = (format === 'json' ? path : column) ?? (format === 'json' ? `["${name}"]` : name);
      if (format === 'json') within(['path'], () => jsonPathSteps(at));
      return { name, unit, better, description, at, factor };
    }),
  );
}

/** Holes that are filled at each run; `values` is all parameters as JSON. */
const COMMAND_HOLES = ['seed', 'fidelity', 'dir', 'values'];

export const commandBackend: Backend = {
  name: 'command',
  description: 'a program of yours: arguments, environment and files in, figures from its output or a file',
  runHoles: COMMAND_HOLES,
  prepare: ({ config }) => {
    const parsed = parseCommandConfig(config);
    const metrics = metricSources(parsed).map(({ at: _, factor: __, ...spec }) => spec);
    return { metrics, ...(parsed.deterministic === true ? {} : { deterministic: false as const }) };
  },
};
