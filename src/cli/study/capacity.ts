import { InputError } from '../../base/errors.ts';
import { wholeNumber } from '../../document/schema-parts.ts';
import { formatNumber, formatPercent } from '../../report/format.ts';
import { measureCapacities, type SettingCapacity } from '../../study/capacity/measure-capacities.ts';
import { keepsUp, meetsTargets } from '../../study/capacity/meets-targets.ts';
import { type CapacitySettings, capacitySettings } from '../../study/io/capacity-settings.ts';
import { documentFile } from '../../study/io/package-file.ts';
import { defaultWorkers, openSimulationPool } from '../../study/io/worker-pool.ts';
import { type CapacityRange, DEFAULT_ATTAINMENT, DEFAULT_GRID, rate, share } from '../../study/plan/capacity-spec.ts';
import { parseSloText } from '../../study/plan/measure-spec.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { flagValue, integerFlag, ofFlag, schemaFlag } from '../terminal/schema-flag.ts';
import { fitted, wrapped } from '../terminal/table.ts';
import { noteOutside, trustFlag, trustOf } from './policy-trust.ts';

/** Without a limit the search goes up to this multiple of the workload's own rate. */
const HIGHEST = 4;

export const capacityCommand: LoadedCommand = {
  build: (parser) =>
    trustFlag(parser)
      .positional('file', { type: 'string', describe: 'study, or experiment whose arms are compared: file or name' })
      .option('point', { type: 'string', array: true, describe: 'baseline, or RUN#TRIAL (number, knee, best:METRIC)' })
      .option('arm', { type: 'string', array: true, describe: 'arm of an experiment; default: all' })
      .option('slo', { type: 'string', describe: 'targets by class, in place of those of the file' })
      .option('sustained', { type: 'boolean', describe: 'without targets: the highest rate that is kept up with' })
      .option('grid', { type: 'number', describe: 'step of the rates', default: DEFAULT_GRID })
      .option('from', { type: 'number', describe: 'lowest rate', defaultDescription: 'one step' })
      .option('to', { type: 'number', describe: 'highest rate', defaultDescription: '4 × the workload' })
      .option('attainment', {
        type: 'number',
        describe: 'share within targets, every class',
        default: DEFAULT_ATTAINMENT,
      })
      .option('seed', { type: 'number', array: true, describe: 'seeds', defaultDescription: "the file's" })
      .option('workers', { type: 'number', describe: 'worker threads', defaultDescription: 'one per core' })
      .option('quiet', { type: 'boolean', describe: 'no progress on stderr' })
      .option('json', { type: 'boolean', describe: 'print as JSON, every rate tried included' })
      .example(
        '$0 capacity studies/mine.yaml --slo "critical=ttft:200ms,tpot:15ms;standard=ttft:500ms"',
        'the highest rate at which the baseline serves every class within its targets',
      )
      .example('$0 capacity studies/mine.yaml --point baseline runs/mine#knee', 'two settings, compared seed by seed'),
  run: async (flags) => {
    const sloText = textFlag(flags, 'slo');
    const found = await capacitySettings({
      file: documentFile(requiredText(flags, 'file')),
      points: texts(flags, 'point'),
      arms: texts(flags, 'arm'),
      slo: sloText === undefined ? null : ofFlag('slo', () => parseSloText(sloText)),
      trust: trustOf(flags),
    });
    noteOutside(found);
    const range = rangeOf(flags, found);
    const sustained = switchFlag(flags, 'sustained');
    if (!sustained && !found.hasTargets) {
      throw new InputError('there are no targets to meet', {
        path: ['--slo'],
        suggestion:
          'give --slo, or the key `slo` in the file, or --sustained for the highest rate that is kept up with',
      });
    }
    const capacities = await search(found, range, flags);
    if (switchFlag(flags, 'json')) printJson('capacity', { name: found.name, range, sustained, capacities });
    else process.stdout.write(`${summary(capacities, range, sustained).join('\n')}\n`);
    return EXIT.ok;
  },
};

function texts(flags: Flags, name: string): readonly string[] {
  return (flags[name] as readonly string[] | undefined) ?? [];
}

function rangeOf(flags: Flags, { settings }: CapacitySettings): CapacityRange {
  const grid = schemaFlag(flags, 'grid', rate) ?? DEFAULT_GRID;
  const from = schemaFlag(flags, 'from', rate) ?? grid;
  const highest = HIGHEST * Math.max(...settings.map(({ nominal }) => nominal));
  const to = schemaFlag(flags, 'to', rate) ?? highest;
  if (to - from < grid) {
    throw new InputError(`must be at least ${grid} above the lowest rate ${from}, got ${to}`, { path: ['--to'] });
  }
  const attainment = schemaFlag(flags, 'attainment', share) ?? DEFAULT_ATTAINMENT;
  return { grid, from, to, attainment };
}

async function search(
  wanted: CapacitySettings,
  range: CapacityRange,
  flags: Flags,
): Promise<readonly SettingCapacity[]> {
  const given = flags['seed'] as readonly number[] | undefined;
  const seed = wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER });
  const seeds = given?.map((one) => flagValue('seed', one, seed)) ?? wanted.seeds;
  const workers = integerFlag(flags, 'workers', 1, 1024) ?? defaultWorkers();
  const pool = openSimulationPool(
    wanted.setups.map(({ capacity: _, ...setup }) => setup),
    workers,
  );
  const progress = new Progress('capacity', wanted.settings.length * seeds.length, switchFlag(flags, 'quiet'));
  let done = 0;
  try {
    return await measureCapacities(wanted.settings, {
      seeds,
      range,
      meets: switchFlag(flags, 'sustained') ? keepsUp : (outcome) => meetsTargets(range, outcome),
      simulate: (task) => pool.evaluate(task),
      searched: ({ name }, found) => progress.update(++done, `${name}: ${found.rate} requests/s`),
    });
  } finally {
    progress.end();
    await pool.close();
  }
}

function summary(capacities: readonly SettingCapacity[], range: CapacityRange, sustained: boolean): readonly string[] {
  const head = ['setting', 'capacity', '95 % interval', 'by seed', 'completed', 'against the first'];
  const rows = capacities.map(({ name, seeds, mean, low, high, completed, change }) => [
    name,
    formatNumber(mean),
    low === null || high === null ? '–' : `${formatNumber(low)} … ${formatNumber(high)}`,
    seeds.map(({ rate, open }) => `${open ? '≥ ' : ''}${rate}`).join(' '),
    formatNumber(completed),
    change === undefined ? '–' : `${formatPercent(change.value)}${interval(change)}`,
  ]);
  const what = sustained
    ? 'highest rate whose completions keep up with arrivals'
    : `highest rate at which every class has ${100 * range.attainment} % of its requests within targets`;
  return [...wrapped(`requests/s, grid ${range.grid}: ${what}`), ...fitted([head, ...rows])];
}

function interval({ low, high }: { readonly low: number | null; readonly high: number | null }): string {
  return low === null || high === null ? '' : ` [${formatPercent(low)}, ${formatPercent(high)}]`;
}
