import { BLIS } from './blis/row.ts';
import type { Command } from './terminal/command.ts';

/** Every command of `paretune`, in the order of the help page. */
export const COMMANDS: readonly Command[] = [
  {
    syntax: 'init [folder]',
    summary: 'write a study of your own that runs, from a trace, an EPP file, a `vllm serve` line, or by questions',
    load: async () => (await import('./import/init.ts')).initCommand,
  },
  {
    syntax: 'run [study]',
    summary: 'run a study to its report, or go on from a run that has ended (--extend)',
    load: async () => (await import('./study/run.ts')).runCommand,
  },
  {
    syntax: 'resume <dir>',
    summary: 'go on with an interrupted run',
    load: async () => (await import('./study/run.ts')).resumeCommand,
  },
  {
    syntax: 'verify <dir>',
    summary: 'recompute a run and name the first difference',
    load: async () => (await import('./study/verify.ts')).verifyCommand,
  },
  {
    syntax: 'crosscheck <dir>',
    summary: 'measure points of a run elsewhere and print the differences',
    load: async () => (await import('./study/crosscheck.ts')).crosscheckCommand,
  },
  {
    syntax: 'compare <a> <b>',
    summary: 'compare points of two runs, seed by seed',
    load: async () => (await import('./study/compare.ts')).compareCommand,
  },
  {
    syntax: 'report <dir>',
    summary: 'write the report of a run again',
    load: async () => (await import('./study/report.ts')).reportCommand,
  },
  {
    syntax: 'serve [dir]',
    summary: 'follow runs in a browser on this machine',
    load: async () => (await import('./study/serve.ts')).serveCommand,
  },
  {
    syntax: 'pareto <dir>',
    summary: 'print the Pareto front of a run',
    load: async () => (await import('./study/report.ts')).paretoCommand,
  },
  {
    syntax: 'sensitivity <dir>',
    summary: 'print which parameters matter',
    load: async () => (await import('./study/report.ts')).sensitivityCommand,
  },
  {
    syntax: 'ask-tell',
    summary: 'propose points over JSON lines, for programs in any language',
    load: async () => (await import('./study/ask-tell.ts')).askTellCommand,
  },
  {
    syntax: 'export <dir>',
    summary: 'write a point of a run for llm-d, vLLM, Helm or BLIS',
    load: async () => (await import('./study/export.ts')).exportCommand,
  },
  {
    syntax: 'experiment <file>',
    summary: 'run an experiment: arms, claims, verdicts',
    load: async () => (await import('./study/experiment.ts')).experimentCommand,
  },
  {
    syntax: 'worker',
    summary: 'evaluate for studies on other machines, through a queue',
    load: async () => (await import('./study/worker.ts')).workerCommand,
  },
  {
    syntax: 'queue',
    summary: 'look after a queue of evaluations: create, status, drain, purge',
    load: async () => (await import('./study/queue.ts')).queueCommand,
  },
  {
    syntax: 'check <file>',
    summary: 'validate a study, strategy, search space or workload',
    load: async () => (await import('./study/check.ts')).checkCommand,
  },
  {
    syntax: 'schema [format]',
    summary: 'print the JSON Schema of a format of files, or list the formats',
    load: async () => (await import('./study/schema.ts')).schemaCommand,
  },
  {
    syntax: 'list',
    summary: 'list studies, strategies, simulators and runs',
    load: async () => (await import('./study/list.ts')).listCommand,
  },
  {
    syntax: 'simulate <study>',
    summary: 'simulate one parameter vector',
    load: async () => (await import('./study/simulate.ts')).simulateCommand,
  },
  {
    syntax: 'capacity <file>',
    summary: 'search the highest rate at which settings meet their SLOs',
    load: async () => (await import('./study/capacity.ts')).capacityCommand,
  },
  {
    syntax: 'metrics',
    summary: 'print every metric of studies and simulators with unit and definition',
    load: async () => (await import('./study/metrics.ts')).metricsCommand,
  },
  {
    syntax: 'import',
    summary: 'bring in what other programs wrote: trace, servegen, epp',
    load: async () => (await import('./import/group.ts')).importCommand,
  },
  {
    syntax: 'calibrate <file>',
    summary: 'fit the latency model to measured latencies, with intervals and a check on rows held out',
    load: async () => (await import('./blis/fit.ts')).calibrateCommand,
  },
  BLIS,
  {
    syntax: 'kvsched',
    summary: 'KV-aware scheduling of disaggregated prefill and decode: run, batch, lint-network, compare-modes',
    load: async () => (await import('./kvsched/group.ts')).kvschedCommand,
  },
  {
    syntax: 'pd-slo',
    summary: 'joint choice of prefill and decode pods under latency targets: run, explain, metrics, train, map',
    load: async () => (await import('./pd-slo/group.ts')).pdSloCommand,
  },
  {
    syntax: 'gpu-jobs',
    summary: 'queue orderings for LLM jobs on GPU clusters, token by token, with validation',
    load: async () => (await import('./gpu-jobs/group.ts')).gpuJobsCommand,
  },
  {
    syntax: 'cloud-edge',
    summary: 'learning schedulers on an edge and a cloud node: build-dataset, run, compare, embed, pack',
    load: async () => (await import('./cloud-edge/group.ts')).cloudEdgeCommand,
  },
  {
    syntax: 'completion',
    summary: 'print a script that completes commands and flags: bash, zsh, fish, powershell',
    load: async () => (await import('./completion.ts')).completionCommand(COMMANDS),
  },
];
