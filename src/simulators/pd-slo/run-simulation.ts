import { type DecisionObserver, PdSloEngine } from './engine.ts';
import type { PdSloCounters } from './metrics-text.ts';
import { PairRouter } from './pair-router.ts';
import { DecodePod, PrefillPod } from './pods.ts';
import type { ReadConfig } from './read-config.ts';
import type { RequestLog } from './request-log.ts';
import { drawRequests, type RequestStream } from './request-stream.ts';
import type { ServedAnswers } from './served-answers.ts';

/** Everything a run leaves behind. */
export interface PdSloRun {
  readonly setup: ReadConfig;
  readonly requests: RequestStream;
  readonly log: RequestLog;
  readonly counters: PdSloCounters;
  readonly prefillPods: readonly PrefillPod[];
  readonly decodePods: readonly DecodePod[];
}

export interface RunOptions {
  readonly seed: number;
  /** Share of the requests to simulate, in (0, 1]. */
  readonly fidelity?: number;
  /** Sees each decision together with the router that made it. */
  readonly observe?: (router: PairRouter) => DecisionObserver;
  /** Answers fetched elsewhere, and a place for samples. */
  readonly served?: ServedAnswers;
}

/** A simulation that its caller drives from arrival to arrival. */
export interface OpenSimulation {
  readonly engine: PdSloEngine;
  readonly router: PairRouter;
  /** Call when the engine has no further arrival. */
  finish(): PdSloRun;
}

/** One simulation. Streams of workload, selection and predictor noise are separate: strategies meet the same load. */
export function runPdSlo(setup: ReadConfig, options: RunOptions): PdSloRun {
  const { engine, finish } = openPdSlo(setup, options);
  engine.run();
  return finish();
}

export function openPdSlo(setup: ReadConfig, { seed, fidelity = 1, observe, served }: RunOptions): OpenSimulation {
  const { config } = setup;
  const count = Math.max(1, Math.ceil(config.workload.requests * fidelity));
  const requests = drawRequests(config.workload, seed, count);
  const prefillPods = setup.prefillPods.map(({ speed }) => new PrefillPod(speed));
  const decodePods = setup.decodePods.map(({ speed }) => new DecodePod(speed));
  const fleet = { prefillPods, decodePods };
  const router = new PairRouter(config, fleet, { seed, served });
  const engine = new PdSloEngine(config, requests, fleet, router, observe?.(router) ?? null);
  const { log } = engine;
  return {
    engine,
    router,
    finish: () => ({ setup, requests, log, counters: countersOf(router, log), ...fleet }),
  };
}

function countersOf(router: PairRouter, log: RequestLog): PdSloCounters {
  const countOf = (test: (placement: NonNullable<RequestLog['placements'][number]>) => boolean): number =>
    log.placements.reduce((sum, placement) => sum + (placement !== null && test(placement) ? 1 : 0), 0);
  return {
    positiveSelections: countOf(({ outcome }) => outcome === 'positive_headroom'),
    negativeSelections: countOf(({ outcome }) => outcome === 'negative_headroom'),
    predictorCalls: router.predictors.calls,
    pairsEvaluated: router.pairsEvaluated,
    decodeOnlyDecisions: countOf(({ kind }) => kind === 'decode-only'),
    prefillDecodeDecisions: countOf(({ kind }) => kind === 'prefill-decode'),
    invalidSlo: log.invalidSlo,
  };
}

/** `address:port` of a prefill pod, as the result header carries it. */
export function hostPort({ prefillPods }: ReadConfig, prefill: number): string {
  const pod = prefillPods[prefill]!;
  return `${pod.address ?? pod.name}:${pod.port}`;
}
