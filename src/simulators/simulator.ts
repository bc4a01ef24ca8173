import type { Json, JsonObject } from '../base/json.ts';
import type { Measurement } from './measurement.ts';
import type { RunLimits } from './run-bounds.ts';

/** One figure that a simulation reports. */
export interface MetricSpec {
  /** Unique name; per-class variants read `ttft_p99_ms[critical]`. */
  readonly name: string;
  /** Unit as printed, e.g. `ms`, `tokens/s`, `1` for a pure number. */
  readonly unit: string;
  /** The direction that users want. */
  readonly better: 'lower' | 'higher';
  readonly description: string;
}

export type SimulationResult =
  | {
      readonly kind: 'measured';
      /** Every metric of `PreparedSimulation.metrics`; finite numbers. */
      readonly metrics: Readonly<Record<string, number>>;
      /** Evidence for reports (counters, per-class breakdowns); never read by the optimizer. */
      readonly diagnostics?: JsonObject;
    }
  /** The configuration cannot run (e.g. no KV memory left): a property of the parameters, not a crash. */
  | { readonly kind: 'infeasible'; readonly reason: string };

export interface SimulationInput {
  /** The strategy's configuration with all holes filled. */
  readonly config: Json;
  /** The workload document, or null where the configuration says it all. */
  readonly workload: Json;
  /** Policy modules of the strategy, in its order. */
  readonly policies?: PolicyModules;
  /** Only for a backend that `measures`: a window, targets, and more metrics than without it. */
  readonly measurement?: Measurement;
  /** What a simulation may need; absent: the defaults. */
  readonly limits?: RunLimits;
}

/**
 * `not-loaded` where a recorded run is only read: the metrics can be told without the modules, names that only they know
 * are taken as they stand, and nothing can run.
 */
export type PolicyModules = readonly PolicyModule[] | 'not-loaded';

/** A user's policy module: what its default export is, each backend says. */
export interface PolicyModule {
  readonly file: string;
  readonly create: unknown;
  /** Called now and then while the policy is at work; throws where it must not go on. */
  readonly pulse?: () => void;
}

export interface RunContext {
  /** Drives every random stream of the run: equal seeds meet equal workloads, whatever the configuration. */
  readonly seed: number;
  /** Share of the workload to simulate, in (0, 1]; 1 is the whole. Backends without short horizons ignore it. */
  readonly fidelity: number;
  /** Also count what only diagnostics need, such as the regret of decisions; metrics are the same either way. */
  readonly evidence?: boolean;
}

export interface PreparedSimulation {
  readonly metrics: readonly MetricSpec[];
  /** May be called many times. Same context, same result, to the bit. */
  run(context: RunContext): SimulationResult;
}

/** What a backend is asked before anything runs. */
export interface PreparedBackend {
  readonly metrics: readonly MetricSpec[];
  /** False where equal parameters and seeds need not give equal figures. */
  readonly deterministic?: false;
}

/**
 * What a study measures with: a simulator, or something outside this program. `prepare` validates and throws InputError,
 * with the path of the offending key: paths start with `config`, `workload`, `measure` or `slo`.
 */
export interface Backend {
  readonly name: string;
  readonly description: string;
  /** Every metric that it may report, for lists; `[CLASS]` stands for the classes of a workload. */
  readonly vocabulary?: readonly MetricSpec[];
  /** True for a backend that can be given a `measurement`. */
  readonly measures?: true;
  /** What a key of the configuration stands for where it is not given; keys without such a value are absent. */
  readonly defaults?: Readonly<Record<string, string | number | boolean>>;
  /** Holes of the configuration that it fills itself at each run; of these `values` stands for all parameters. */
  readonly runHoles?: readonly string[];
  prepare(input: SimulationInput): PreparedBackend;
}

/** A backend that computes: what it prepares can run, and validates only once. */
export interface Simulator extends Backend {
  prepare(input: SimulationInput): PreparedSimulation;
}

/** Makes a simulator; whatever it caches (workloads, tables) lives and dies with the returned object. */
export type SimulatorFactory = () => Simulator;
