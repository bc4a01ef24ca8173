import type { EffectKind } from '../support/source/effects.ts';

/** Where modules may do more than compute; `where` is a file or the beginning of paths. */
export const EFFECTS_ALLOWED: readonly {
  readonly where: string;
  readonly kinds: readonly EffectKind[];
  readonly why: string;
}[] = [
  {
    where: 'src/base/json.ts',
    kinds: ['chance'],
    why: 'the hash of a text is a function of the text; Node keeps it beside its random numbers',
  },
  {
    where: 'src/optimizer/compiled/machine.ts',
    kinds: ['code'],
    why: 'compiles the WebAssembly of fits and predictions, once and from bytes in a file',
  },
  {
    where: 'src/simulators/workload/skip-kernel.ts',
    kinds: ['code'],
    why: 'compiles the WebAssembly that steps over token draws, once and from bytes in the file',
  },
  {
    where: 'src/study/io/',
    kinds: ['files', 'processes', 'threads', 'clock', 'code'],
    why: 'files, workers, policy modules, wall times',
  },
  {
    where: 'src/study/io/lock-file.ts',
    kinds: ['chance'],
    why: 'names that no other process has, and pauses that differ between processes',
  },
  {
    where: 'src/study/io/policy-restraint.ts',
    kinds: ['terminal', 'chance'],
    why: 'turns what users’ modules print to stderr, and refuses them clocks and random numbers',
  },
  { where: 'src/report/write-', kinds: ['files'], why: 'a report that is ready is written in one place' },
  {
    where: 'src/report/chart/render.ts',
    kinds: ['files', 'code'],
    why: 'finds the font that goes with the program, so that pictures do not depend on the machine',
  },
  { where: 'src/report/browser/live.ts', kinds: ['network'], why: 'a live page asks the server it came from for news' },
  { where: 'src/serve/', kinds: ['files', 'clock'], why: 'looks at run folders and answers browsers' },
  { where: 'src/companions/kvsched/', kinds: ['files', 'threads'], why: 'batches over folders of scenarios' },
  { where: 'src/companions/cloud-edge/dataset-file.ts', kinds: ['files'], why: 'datasets are resumed line by line' },
  { where: 'src/companions/cloud-edge/artifact-files.ts', kinds: ['files'], why: 'files that grow run by run' },
  {
    where: 'src/companions/cloud-edge/collect-dataset.ts',
    kinds: ['files', 'clock'],
    why: 'measures prompts until it is stopped, and writes what it has',
  },
  {
    where: 'src/companions/cloud-edge/completion-client.ts',
    kinds: ['network', 'clock'],
    why: 'measures a real server',
  },
  { where: 'src/companions/cloud-edge/prompts.ts', kinds: ['files'], why: 'finds the shards of a dataset folder' },
  {
    where: 'src/companions/cloud-edge/model-cache.ts',
    kinds: ['files', 'processes'],
    why: 'finds a model where the environment says that models are kept',
  },
  {
    where: 'src/companions/cloud-edge/encoder.ts',
    kinds: ['files', 'code'],
    why: 'loads a model folder, and the ONNX runtime where the user has installed it',
  },
  {
    where: 'src/companions/pd-slo/prediction-client.ts',
    kinds: ['network', 'clock'],
    why: 'asks prediction services that the environment names',
  },
  {
    where: 'src/connect/observe/',
    kinds: ['network', 'clock', 'chance', 'processes'],
    why: 'sends requests with ids of their own to a real server, at their times, and keeps its process awake meanwhile',
  },
  { where: 'src/connect/observe/stay-awake.ts', kinds: ['code'], why: 'collects garbage on one thread' },
  {
    where: 'src/connect/evaluators/',
    kinds: ['files', 'processes', 'network', 'clock'],
    why: 'runs programs in scratch folders, with limits of time, keeps the logs of those that failed, and asks servers whether they are ready',
  },
  { where: 'src/cli/', kinds: ['files', 'processes', 'clock', 'terminal'], why: 'commands talk to a user' },
  { where: 'src/cli/bundle/load-bundle.ts', kinds: ['code'], why: 'starts a compiled bundle' },
];
