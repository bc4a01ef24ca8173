import type { ZodType } from 'zod';
import type { JsonObject } from '../../base/json.ts';
import { described } from '../../document/described-schema.ts';
import { withDefinitions } from '../../document/schema-definitions.ts';

/** A format of documents, and where its JSON Schema comes from: the tables and schemas that its reader checks by. */
interface Format {
  readonly summary: string;
  load(): Promise<JsonObject>;
}

/** Formats by the name that `paretune schema` knows them by. */
export const FORMATS: Readonly<Record<string, Format>> = {
  study: {
    summary: 'study: strategy, space, workload, objectives, budget',
    load: async () => await ofZod((await import('../../study/plan/study-spec.ts')).studyFileSchema, 'STUDY_WORDS'),
  },
  strategy: {
    summary: 'strategy: simulator, configuration with holes, baseline',
    load: async () =>
      await ofZod((await import('../../study/plan/strategy-file.ts')).strategyDocument, 'STRATEGY_WORDS'),
  },
  command: {
    summary: 'configuration of simulator `command` in a strategy: program, files, metrics, limits',
    load: async () => await ofZod((await import('../../connect/evaluators/command-config.ts')).commandConfigSchema),
  },
  http: {
    summary: 'configuration of simulator `http` in a strategy: server, warm-up, apply hook',
    load: async () => await ofZod((await import('../../connect/evaluators/http-config.ts')).httpConfigSchema),
  },
  space: {
    summary: 'search space: parameters with their ranges',
    load: async () =>
      await ofZod((await import('../../study/plan/search-space-file.ts')).searchSpaceFileSchema, 'SPACE_WORDS'),
  },
  calibration: {
    summary: 'measured latencies: `paretune calibrate` writes it, studies name it',
    load: async () => await ofZod((await import('../../study/plan/calibration-file.ts')).calibrationFileSchema),
  },
  experiment: {
    summary: 'experiment: arms and claims about them',
    load: async () =>
      await ofZod((await import('../../study/experiment/experiment-file.ts')).experimentFileSchema, 'EXPERIMENT_WORDS'),
  },
  workload: {
    summary: 'requests of a cluster: clients, cohorts, arrivals, lengths',
    load: async () => (await import('../../simulators/workload/workload-document.ts')).workloadSchema,
  },
  'policy-bundle': {
    summary: 'policies of a cluster: --policy-config of blis',
    load: async () => (await import('../../simulators/cluster/settings/policy-bundle-schema.ts')).policyBundleSchema(),
  },
  'kvsched-scenario': {
    summary: 'scenario of kvsched: nodes, links, workload',
    load: async () => await ofZod((await import('../../simulators/kvsched/scenario-schema.ts')).kvschedScenario),
  },
  'kvsched-suite': {
    summary: 'suite of kvsched: scenarios under several settings',
    load: async () => await ofZod((await import('../../simulators/kvsched/suite-schema.ts')).kvschedSuite),
  },
  'gpu-jobs-workload': {
    summary: 'jobs of gpu-jobs: a list or a generator',
    load: async () => await ofZod((await import('../../simulators/gpu-jobs/workload-schema.ts')).gpuJobsWorkload),
  },
  'gpu-jobs-cluster': {
    summary: 'GPUs of gpu-jobs',
    load: async () => await ofZod((await import('../../simulators/gpu-jobs/cluster-spec.ts')).clusterSchema),
  },
  'gpu-jobs-settings': {
    summary: 'settings of the token engine of gpu-jobs',
    load: async () => await ofZod((await import('../../simulators/gpu-jobs/token-config.ts')).tokenSettingsDocument),
  },
  'cloud-edge-config': {
    summary: 'configuration of cloud-edge',
    load: async () => await ofZod((await import('../../simulators/cloud-edge/config-schema.ts')).cloudEdgeConfig),
  },
  'pd-slo-scenario': {
    summary: 'scenario of pd-slo: pods, workload, optimizer',
    load: async () => await ofZod((await import('../../simulators/pd-slo/config-schema.ts')).pdSloScenario),
  },
  'ask-tell': {
    summary: 'one line of the ask-tell protocol',
    load: async () => await ofZod((await import('../../optimizer/ask-tell/request-schema.ts')).askTellRequest),
  },
};

type Words = keyof typeof import('../../study/plan/study-words.ts');

async function ofZod(schema: ZodType, words?: Words): Promise<JsonObject> {
  const plain = (await import('../../document/json-schema.ts')).jsonSchemaOf(schema);
  return words === undefined ? plain : described(plain, (await import('../../study/plan/study-words.ts'))[words]);
}

/** The JSON Schema of a format as a document of its own. */
export async function schemaDocument(name: string): Promise<JsonObject> {
  const { summary, load } = FORMATS[name]!;
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `paretune ${name}`,
    description: summary,
    ...withDefinitions(await load()),
  };
}
