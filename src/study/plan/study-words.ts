import type { KeyWords } from '../../document/described-schema.ts';

const MEASURE: KeyWords = {
  warmup: 'start of the window: seconds, or a share of the span of arrivals',
  drain: '`outside`: the window ends with the last arrival; `inside`: with the last completion (default)',
  end: 'end of the window, s',
  capacity: 'rate that the cluster can serve, requests/s: load is told as a share of it',
};

const SLO: KeyWords = {
  ttft_ms: 'longest time to the first token, ms',
  tpot_ms: 'longest time per output token of a request, ms',
  e2e_ms: 'longest time from arrival to the last token, ms',
};

const below = (path: string, words: KeyWords): KeyWords =>
  Object.fromEntries(Object.entries(words).map(([key, text]) => [`${path}.${key}`, text]));

/** Keys of a part of a study that experiments have as well. */
const SHARED: KeyWords = {
  workload: 'file of the workload, relative to this file, or the workload itself',
  workload_overrides: 'keys laid over the workload',
  config: 'settings laid over the configuration of the strategy',
  measure: 'which part of a run is measured: docs/measuring.md',
  ...below('measure', MEASURE),
  slo: 'latency targets by SLO class, in place of those of strategy and workload',
  ...below('slo.*', SLO),
};

/** What the keys of a study mean. */
export const STUDY_WORDS: KeyWords = {
  ...SHARED,
  name: 'name of the study',
  description: 'what it is about, in a sentence',
  strategy: 'file of the strategy, or the name of a shipped one',
  space: 'file of the search space; absent where the strategy has parameters of its own',
  workloads: 'several workloads instead of one; `workload` and `workload_overrides` are what they start from',
  'workloads[].name': 'name in metrics: `ttft_p99_ms@NAME`',
  ...below('workloads[]', SHARED),
  vary: 'every workload with each of these settings, e.g. `latency_model: [roofline, trained-physics]`; `workload.KEY` for its keys',
  regime:
    'how the figures of several workloads become one (default worst): ratios to the baseline, or the values themselves',
  capacity: 'search of the highest rate at which a point meets its targets, told as `capacity_rps`',
  'capacity.grid': 'step of the rates, requests/s',
  'capacity.from': 'lowest rate',
  'capacity.to': 'highest rate',
  'capacity.attainment': 'share of the requests that must meet their targets',
  objectives: 'what is minimized or maximized; absent: the objective of the strategy',
  'objectives[].metric': 'a key of `paretune metrics`',
  'objectives[].direction': 'absent: what the metric calls better',
  constraints: 'what must hold',
  'constraints[].metric': 'a key of `paretune metrics`',
  'constraints[].at_least': 'lower bound, in the unit of the metric',
  'constraints[].at_most': 'upper bound, in the unit of the metric',
  seeds: 'seeds that every trial is measured on: the same requests for all trials',
  validation: 'fresh seeds on which the best points are measured again',
  'validation.seeds': 'none of those that tune',
  'validation.points': 'how many points of the front, the knee first',
  budget: 'when the search ends',
  'budget.trials': 'parameter vectors to try',
  'budget.minutes': 'wall time',
  'budget.spare': 'what a finite space that is used up does with the rest: `end`, or measure on further seeds',
  batch: 'trials proposed together (default 2)',
  schedule:
    '`batch` (default): proposed when the batch before has finished, the same bytes everywhere; `eager`: a new trial for each that ends',
  sampler: '`gp`, `sobol`, `random` or `grid`; absent: `grid` for a finite space that the budget covers, else `gp`',
  'sampler.name': '`gp`, `sobol`, `random` or `grid`',
  'sampler.initial': 'of older studies; nothing depends on it',
  seed: 'seed of the sampler (default 0)',
  calibration: 'file of `paretune calibrate`: measured latencies in place of those of the strategy',
  deploy_to: 'what the result is to be written as; points that cannot be are told of before the study runs',
  stop: 'ends the search before the budget when the last trials gained nothing',
  'stop.patience': 'trials without a gain',
  'stop.tolerance': 'least gain that counts, as a share',
  limits: 'what one evaluation may take; beyond, it is a failed trial',
  'limits.evaluation_s': 'longest time, s',
  'limits.memory_mib': 'most memory of a worker, MiB',
  priors: 'where good points are expected, by parameter',
  'priors.*.center': 'most expected value',
  'priors.*.spread': 'standard deviation, in the unit of the parameter',
  warm_start: 'folders of earlier runs on the same space and objectives',
  baseline: 'values by parameter to compare with, in place of those of the strategy; `false`: none',
  first: 'points to try first: they count against the budget',
};

/** What the keys of an experiment mean. */
export const EXPERIMENT_WORDS: KeyWords = {
  ...SHARED,
  name: 'name of the experiment',
  title: 'head of its page',
  question: 'what it asks',
  published: 'what was claimed before, and where',
  conclusion: 'what it shows; `{claim}` and `{claim:verdict}` are filled from the data',
  strategy: 'file of the strategy of arms that name none',
  seeds: 'every arm is measured on the same ones',
  arms: 'what is compared, by name',
  'arms.*.description': 'what the arm is, in a sentence',
  'arms.*.strategy': 'in place of the strategy of the experiment',
  'arms.*.values': 'values by parameter of the strategy',
  'arms.*.point': 'a point of a recorded run in place of values',
  ...below('arms.*', SHARED),
  claims: 'statements about the arms, judged on interval bounds',
  'claims[].id': 'name of the claim in texts',
  'claims[].statement': 'the claim in words',
  'claims[].metric': 'a key of `paretune metrics`',
  'claims[].kind': 'how it is judged',
  'claims[].arm': 'the arm that it is about',
  'claims[].against': 'the arm it is compared with, seed by seed',
  'claims[].at_least': 'lower bound of the gain, ratio or value',
  'claims[].at_most': 'upper bound of the ratio or value',
  'claims[].by': '`interval` (default): the worse end of the interval must reach the bound; `mean`: the mean',
  'claims[].within': 'largest difference that counts as equal, as a share',
  figures: 'figures taken from the results of the simulator, as metrics of their own',
  show: 'metrics shown for every arm',
};

/** What the keys of a strategy mean. */
export const STRATEGY_WORDS: KeyWords = {
  name: 'name of the strategy',
  description: 'what it does, in a sentence',
  mechanism: 'why it works',
  source: 'where it comes from',
  simulator: 'cluster, kvsched, cloud-edge, gpu-jobs, pd-slo, command or http',
  config: 'configuration of the simulator; `${name}` stands for a parameter, `${name.component}` for a weight',
  baseline: 'values by parameter: today’s, or the usual ones',
  policies: 'modules with policies of your own, relative to this file',
  parameters: 'the search space, where it has no file of its own: docs/search-spaces.md',
  parameter_constraints: 'linear constraints that every point obeys: `a + 2*b <= 3`',
  forbidden: 'combinations of values that no point has',
  fixed_args: 'flags of BLIS that never change, in strategies written for it',
  workload_spec: 'workload of a strategy written for BLIS',
  workload: 'workload of a strategy that is a study by itself',
  objective: 'what is minimized or maximized, where the strategy is a study by itself',
  constraints: 'what must hold, where the strategy is a study by itself',
};

/** What the keys of a search space mean. */
export const SPACE_WORDS: KeyWords = {
  name: 'name of the space',
  description: 'what it spans, in a sentence',
  parameters: 'a list, or a map by name: docs/search-spaces.md',
  'parameters[].name': 'name in strategies: `${name}`',
  'parameters[].when': 'exists only where another parameter has these values',
  'parameters[].low': 'least value',
  'parameters[].high': 'greatest value, included',
  'parameters[].bounds': '`[low, high]`',
  'parameters[].log': 'equal steps are equal factors',
  'parameters[].step': 'distance of the values from `low` on',
  'parameters[].levels': 'values in order',
  'parameters[].values': 'categories, or values in order',
  'parameters[].components': 'names of weights that sum to 1',
  'parameters[].size': 'number of unnamed weights that sum to 1',
  parameter_constraints: 'linear constraints that every point obeys: `a + 2*b <= 3`',
  forbidden: 'combinations of values that no point has',
};
