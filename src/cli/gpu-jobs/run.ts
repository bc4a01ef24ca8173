import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { fileStem, readCluster, readTasks, readWorkload } from '../../companions/gpu-jobs/inputs.ts';
import type { DrawnWorkload, NamedOrdering, RunReport } from '../../companions/gpu-jobs/run-report.ts';
import { simplifiedReport } from '../../companions/gpu-jobs/simplified-report.ts';
import { tokenReport } from '../../companions/gpu-jobs/token-report.ts';
import { readWholeTrace } from '../../connect/traces/read-whole-trace.ts';
import type { ClusterSpec } from '../../simulators/gpu-jobs/cluster-spec.ts';
import { parseJobsConfig } from '../../simulators/gpu-jobs/config.ts';
import { DEFAULT_WORKLOAD_SEED } from '../../simulators/gpu-jobs/generator.ts';
import { findModel } from '../../simulators/gpu-jobs/model-catalog.ts';
import { hookedSchedulers } from '../../simulators/gpu-jobs/scheduler-hooks.ts';
import { taskWarnings } from '../../simulators/gpu-jobs/task.ts';
import type { SchedulerFactory } from '../../simulators/gpu-jobs/token-scheduler.ts';
import { workloadTasks } from '../../simulators/gpu-jobs/workload-document.ts';
import { amount } from '../../simulators/gpu-jobs/written-values.ts';
import { loadPolicies, policyName } from '../../study/io/load-policy.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { asFlags, ofFlag, schemaFlag } from '../terminal/schema-flag.ts';
import { algorithmsFlag } from './flags.ts';

/** A flag whose value was forgotten must not fall back to its default. */
const VALUE_FLAGS = [
  'workload',
  'tasks',
  'cluster',
  'dt',
  'max-time',
  'config',
  'seed',
  'model',
  'speed',
  'output',
  'timeline',
  'window',
  'tasks-output',
  'events',
  'scheduler',
];

export const runJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('engine', {
        choices: ['simplified', 'token'] as const,
        default: 'simplified',
        describe: 'fixed time steps and whole tasks, or token by token',
      })
      .option('workload', {
        type: 'string',
        describe: 'discriminating, staggered, both, a preset (low, medium, high, extreme) or a file; default: both',
      })
      .option('tasks', {
        type: 'string',
        describe: 'task table, request log or trace (see docs/traces.md) instead of a workload',
      })
      .option('cluster', {
        type: 'string',
        default: 'h100_16gpu',
        describe: '<gpu>_<n>gpu, mixed_8gpu, mixed_32gpu or a file',
      })
      .option('dt', { type: 'number', describe: 'step, s (simplified; default 0.01)' })
      .option('max-time', { type: 'number', describe: 'end of the simulation, s (simplified: 5; token: none)' })
      .option('algorithms', {
        type: 'string',
        array: true,
        describe: 'orderings to compare; default: FIFO WeightedFIFO SRPT WSRPT',
      })
      .option('slot-rule', {
        choices: ['legacy', 'work_conserving'] as const,
        describe: 'how many tasks may start (simplified; default legacy, as published)',
      })
      .option('clock', {
        choices: ['accumulate', 'index'] as const,
        describe: 'simplified; default accumulate, as published',
      })
      .option('config', { type: 'string', describe: 'settings of the token engine (YAML)' })
      .option('seed', { type: 'number', default: DEFAULT_WORKLOAD_SEED, describe: 'seed of generated workloads' })
      .option('model', { type: 'string', default: 'Qwen3', describe: 'model of a request log without one' })
      .option('speed', { type: 'number', default: 1, describe: 'replay speed of a request log' })
      .option('output', { type: 'string', describe: 'results as JSON' })
      .option('timeline', { type: 'string', describe: 'state over time as CSV (one file per ordering)' })
      .option('window', { type: 'number', default: 1, describe: 'window of the token timeline, s' })
      .option('tasks-output', { type: 'string', describe: 'times of every task as CSV (token; one file per ordering)' })
      .option('events', { type: 'string', describe: 'event log as JSONL (token; one file per ordering)' })
      .option('scheduler', {
        type: 'string',
        describe:
          'module with hooks of a scheduler of your own, see docs/gpu-jobs.md (token; takes the place of --algorithms)',
      })
      .option('json', { type: 'boolean', describe: 'print the results as JSON' })
      .requiresArg(VALUE_FLAGS)
      .example('$0 gpu-jobs run --workload discriminating --cluster h100_16gpu', 'the published comparison')
      .example('$0 gpu-jobs run --engine token --workload low --algorithms FIFO SRPT', 'token by token'),
  run: async (flags) => {
    const workloads = drawWorkloads(flags);
    for (const { tasks } of workloads) {
      for (const warning of taskWarnings(tasks).slice(0, 5)) process.stderr.write(`warning: ${warning}\n`);
    }
    const report =
      flags['engine'] === 'token'
        ? runTokenEngine(flags, workloads, await schedulerFlag(flags))
        : runSimplifiedEngine(flags, workloads, algorithmsFlag(flags));
    const output = textFlag(flags, 'output');
    for (const { file, text } of report.files) writeTextFile(file, text);
    if (output !== undefined) writeTextFile(output, `${JSON.stringify(report.document, null, 2)}\n`);
    if (switchFlag(flags, 'json')) printJson('gpu-jobs run', report.document);
    else process.stdout.write(report.text);
    if (output !== undefined && !switchFlag(flags, 'json')) process.stdout.write(`\nresults → ${output}\n`);
    return EXIT.ok;
  },
};

function drawWorkloads(flags: Flags): readonly DrawnWorkload[] {
  const file = textFlag(flags, 'tasks');
  const given = textFlag(flags, 'workload');
  const seed = schemaFlag(flags, 'seed', z.int().min(0)) ?? DEFAULT_WORKLOAD_SEED;
  if (file !== undefined) {
    if (given !== undefined) throw new InputError('--tasks and --workload exclude each other');
    const model = requiredText(flags, 'model');
    ofFlag('model', () => findModel(model));
    const speed = schemaFlag(flags, 'speed', positive)!;
    return [{ name: fileStem(file), tasks: readTasks(file, { model, speed }, readWholeTrace) }];
  }
  const names = given === undefined || given === 'both' ? ['discriminating', 'staggered'] : [given];
  return names.map((text) => {
    const { name, workload } = ofFlag('workload', () => readWorkload(text));
    return { name, tasks: workloadTasks(workload, seed) };
  });
}

const positive = amount({ above: 0 });
const TOKEN_FLAGS = ['config', 'events', 'tasks-output', 'scheduler'];
const SIMPLIFIED_FLAGS = ['dt', 'slot-rule', 'clock'];

function refuseFlags(flags: Flags, names: readonly string[], engine: string): void {
  const stray = names.find((name) => flags[name] !== undefined);
  if (stray !== undefined) {
    throw new InputError(`--${stray} belongs to the ${engine} engine`, { suggestion: `add --engine ${engine}` });
  }
}

function clusterFlag(flags: Flags): ClusterSpec {
  const given = requiredText(flags, 'cluster');
  return ofFlag('cluster', () => readCluster(given));
}

/** Flag of each key of the simplified engine's settings; a task that does not fit is a matter of the cluster. */
const SIMPLIFIED_KEYS = { slot_rule: 'slot-rule', clock: 'clock', dt: 'dt', max_time: 'max-time', tasks: 'cluster' };

function runSimplifiedEngine(
  flags: Flags,
  workloads: readonly DrawnWorkload[],
  algorithms: readonly NamedOrdering[],
): RunReport {
  refuseFlags(flags, TOKEN_FLAGS, 'token');
  const cluster = clusterFlag(flags);
  const written = (name: string): Json => (flags[name] as Json | undefined) ?? null;
  return asFlags(SIMPLIFIED_KEYS, () => {
    const document = {
      slot_rule: written('slot-rule') ?? 'legacy',
      clock: written('clock'),
      dt: written('dt'),
      max_time: written('max-time'),
    };
    const config = parseJobsConfig(document, []);
    if (config.engine !== 'simplified') throw new RangeError('asked for the simplified engine');
    return simplifiedReport(workloads, algorithms, { ...config.simplified, cluster }, textFlag(flags, 'timeline'));
  });
}

interface ChosenSchedulers {
  readonly algorithms: readonly NamedOrdering[];
  /** A scheduler of the user's own, which is the only one then. */
  readonly scheduler?: SchedulerFactory;
}

/** The module's text is the user's own, named on the command line: it runs with the user's rights. */
async function schedulerFlag(flags: Flags): Promise<ChosenSchedulers> {
  const file = textFlag(flags, 'scheduler');
  if (file === undefined) return { algorithms: algorithmsFlag(flags) };
  if (flags['algorithms'] !== undefined) throw new InputError('--scheduler and --algorithms exclude each other');
  const [module] = await loadPolicies([policyName(file)]);
  const scheduler = hookedSchedulers(module!.create, file);
  return { algorithms: [{ name: fileStem(file), ordering: { kind: 'fifo' } }], scheduler };
}

function runTokenEngine(
  flags: Flags,
  workloads: readonly DrawnWorkload[],
  { algorithms, scheduler }: ChosenSchedulers,
): RunReport {
  refuseFlags(flags, SIMPLIFIED_FLAGS, 'simplified');
  const file = textFlag(flags, 'config');
  const options = {
    cluster: clusterFlag(flags),
    source: file === undefined ? null : readYamlFile(file),
    maxTime: schemaFlag(flags, 'max-time', positive),
    window: schemaFlag(flags, 'window', positive)!,
    timelineFile: textFlag(flags, 'timeline'),
    tasksFile: textFlag(flags, 'tasks-output'),
    eventsFile: textFlag(flags, 'events'),
    ...(scheduler === undefined ? {} : { scheduler }),
  };
  return asFlags({ window: 'window' }, () => tokenReport(workloads, algorithms, options));
}
