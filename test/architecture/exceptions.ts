/** Files that are run, not imported: by Node, by a worker pool, by users' code. */
export const ENTRIES: readonly string[] = [
  'src/cli/bundle/compile-bundles.ts',
  'src/cli/bundle/plain-width.ts',
  'src/cli/main.ts',
  'src/cli/study/write-schemas.ts',
  'src/companions/kvsched/batch.worker.ts',
  'src/index.ts',
  'src/policy.ts',
  'src/report/browser/page-script.ts',
  'src/study/io/evaluate.process.ts',
  'src/study/io/evaluate.worker.ts',
  'src/study/io/policy-check.process.ts',
  'src/study/io/policy-check.worker.ts',
];

const HOT_LOOP = 'hot loop: one class, so that its arrays are fields that the compiler keeps in registers';

/** Files over 250 lines. An entry that is no longer needed fails the test. */
export const LONG_FILES: Readonly<Record<string, string>> = {
  'src/simulators/cluster/instance/instance.ts': HOT_LOOP,
  'src/simulators/cluster/kv/gpu-blocks.ts': HOT_LOOP,
  'src/simulators/cluster/kv/mirror/mirror-cache.ts': HOT_LOOP,
  'src/simulators/cluster/kv/offload/offload-kv.ts': HOT_LOOP,
  'src/simulators/cluster/settings/cluster-settings.ts': 'a table: one row for each setting',
  'src/simulators/pd-slo/engine.ts': 'an engine with its bookkeeping; to be parted into state and events',
  'src/simulators/workload/go-random.ts': HOT_LOOP,
};

const SPECIFICATION = 'one Vega-Lite specification: nested data, no branches';
const FORMULA = 'one derivation, with the variables of its formula in scope';

/** Functions over 40 lines, as `file#name`. An entry that is no longer needed fails the test. */
export const LONG_FUNCTIONS: Readonly<Record<string, string>> = {
  'src/optimizer/acquisition/baseline.ts#baselineBeliefs': FORMULA,
  'src/optimizer/acquisition/reference-point.ts#frontEnd': FORMULA,
  'src/optimizer/sampler/gp.ts#proposeByModel': 'the proposal on one page: fit, belief, acquisition, search',
  'src/optimizer/sampler/surrogates.ts#fitEnsemble': FORMULA,
  'src/report/chart/gpu-jobs-published.ts#publishedScatter': SPECIFICATION,
  'src/report/chart/kvsched-bars.ts#kvschedBars': SPECIFICATION,
  'src/report/chart/kvsched-cdf.ts#kvschedCdf': SPECIFICATION,
  'src/report/chart/paired-changes.ts#pairedChanges': SPECIFICATION,
  'src/report/chart/parallel-coordinates.ts#parallelCoordinates': SPECIFICATION,
  'src/report/chart/pareto-matrix.ts#panel': SPECIFICATION,
  'src/report/chart/pd-slo-map.ts#pdSloMap': SPECIFICATION,
  'src/report/chart/predicted-measured.ts#predictedMeasured': SPECIFICATION,
  'src/report/chart/seed-dots.ts#seedDots': SPECIFICATION,
  'src/report/chart/surrogate-slices.ts#slicePanel': SPECIFICATION,
  'src/simulators/cloud-edge/lin-ucb.ts#fullLinUcb': 'hot loop: the closure holds the matrix and its inverse',
  'src/simulators/cluster/latency/trained-physics.ts#stepUs': `${HOT_LOOP}; terms add up in the reference's order`,
  'src/simulators/kvsched/simulate.ts#simulate': 'one tick on one page: prefill, choice, transfer, decode',
  'src/study/plan/study-plan.ts#resolvePlan': 'one plan, field by field',
};

/** Exports that tests alone import. */
export const TESTED_DIRECTLY: readonly { readonly why: string; readonly exports: readonly string[] }[] = [
  {
    why: 'what a command computes, without a process around it',
    exports: [
      'src/cli/blis/replay.ts#replayBlis',
      'src/cli/blis/run.ts#runBlis',
      'src/cli/study/metrics.ts#metricGroups',
      'src/cli/terminal/colours.ts#coloursOf',
      'src/companions/pd-slo/joint-comparison.ts#capacity',
      'src/document/schema-page.ts#schemaRows',
      'src/report/chart/render.ts#renderPng',
    ],
  },
  {
    why: 'a part with a closed form or a published value, which its callers blur',
    exports: [
      'src/base/errors.ts#formatPath',
      'src/connect/fit/trace-distance.ts#distances',
      'src/numeric/cholesky.ts#choleskyFactor',
      'src/numeric/positive-laws.ts#digamma',
      'src/numeric/positive-laws.ts#trigamma',
      'src/numeric/student-t.ts#incompleteBeta',
      'src/numeric/student-t.ts#studentCdf',
      'src/numeric/sobol-sequence.ts#directionColumns',
      'src/numeric/sobol-sequence.ts#MAX_SOBOL_DIMENSION',
      'src/optimizer/gp/joint-posterior.ts#jointCovariance',
      'src/optimizer/gp/posterior.ts#priorCovariance',
      'src/optimizer/sensitivity/trend.ts#trendAt',
      'src/simulators/cloud-edge/arrivals.ts#tracedArrivals',
      'src/simulators/cloud-edge/capacity.ts#expectedMaximum',
      'src/simulators/cloud-edge/hashing-encoder.ts#fnv1a',
      'src/simulators/cluster/control-events.ts#EVENT_KINDS',
      'src/simulators/cluster/figures/cluster-metrics.ts#classFairness',
      'src/simulators/gpu-jobs/simplified-engine.ts#taskDuration',
      'src/simulators/gpu-jobs/step-model.ts#tableThroughput',
      'src/simulators/kvsched/transfer.ts#findPath',
      'src/simulators/kvsched/transfer.ts#rawTransferMs',
      'src/simulators/pd-slo/latency-scorer.ts#competingTier',
      'src/simulators/pd-slo/latency-scorer.ts#headroomScores',
      'src/simulators/pd-slo/predictor.ts#informedPredictor',
      'src/simulators/pd-slo/predictor.ts#learnedPredictor',
      'src/simulators/workload/go-random.ts#seedResidue',
      'src/study/regimes/evaluate-regimes.ts#joinRegimes',
    ],
  },
];
