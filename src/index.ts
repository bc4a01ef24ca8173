/**
 * Public entry: `import { runStudy, createOptimizer, simulateCluster, readWorkload } from 'paretune'`. What is named here
 * keeps its shape within a minor version; the modules behind it may move. Policies have an entry of their own,
 * `paretune/policy`.
 */
export { describeInputError, InputError } from './base/errors.ts';
export type { Json, JsonObject } from './base/json.ts';
export {
  type BestPoints,
  createOptimizer,
  type Evaluation,
  type Optimizer,
  type OptimizerOptions,
  type OptimizerParameter,
  type OptimizerValues,
  restoreOptimizer,
  type Suggestion,
} from './library/create-optimizer.ts';
export { readWorkload, type WorkloadDocument } from './library/read-workload.ts';
export { type RunStudyOptions, runStudy, type StudyProgress, type StudyResult } from './library/run-study.ts';
export { type ClusterConfig, type ClusterSimulation, simulateCluster } from './library/simulate-cluster.ts';
export type { SamplerName } from './optimizer/sampler/registry.ts';
export type { StudyReport } from './report/study-report.ts';
export type { SimulationResult } from './simulators/simulator.ts';
export type { StudyDocument, StudyDocuments } from './study/io/document-sources.ts';
export type { JournalEntry } from './study/journal.ts';
