import type { Millis } from '../../base/units.ts';
import { PREDICTOR_TARGETS } from '../../simulators/pd-slo/metrics-text.ts';
import type { PairRouter } from '../../simulators/pd-slo/pair-router.ts';
import type { RoutedRequest } from '../../simulators/pd-slo/placement.ts';
import { type PodView, readFeatures } from '../../simulators/pd-slo/predictor.ts';
import type { ReadConfig } from '../../simulators/pd-slo/read-config.ts';
import { openPdSlo, type PdSloRun } from '../../simulators/pd-slo/run-simulation.ts';
import { ServedAnswers } from '../../simulators/pd-slo/served-answers.ts';
import type { PredictionClient } from './prediction-client.ts';

/**
 * A simulation whose predictions come from services: before each decision that needs them every service is asked once
 * for all pods of its kind; simulated time stands still meanwhile. What became of predictions goes to the training
 * services before the next decision.
 */
export async function runServed(
  setup: ReadConfig,
  options: { readonly seed: number; readonly served?: ServedAnswers },
  client: PredictionClient,
): Promise<PdSloRun> {
  const { seed, served = new ServedAnswers() } = options;
  const { engine, router, finish } = openPdSlo(setup, { seed, served });
  for (let request = engine.nextArrival(); request >= 0; request = engine.nextArrival()) {
    await passOn(served, client);
    const routed = engine.routed(request);
    if (routed !== null && router.asksPredictors(routed, engine.now))
      await fetchAnswers(routed, router, served, client);
    engine.arrive(request);
  }
  await passOn(served, client);
  await client.finish();
  return finish();
}

async function passOn(served: ServedAnswers, client: PredictionClient): Promise<void> {
  for (const { target, features, actualMs } of served.newSamples()) {
    await client.train(target, readFeatures(features), actualMs);
  }
}

/** All targets at once: a decision waits for the slowest of them. */
async function fetchAnswers(
  { inputTokens, prefillHits, decodeHits }: RoutedRequest,
  router: PairRouter,
  served: ServedAnswers,
  client: PredictionClient,
): Promise<void> {
  await Promise.all(
    PREDICTOR_TARGETS.map(async (target) => {
      const [pods, hits] =
        target === 'prefill-ttft' ? [router.prefillViews, prefillHits] : [router.decodeViews, decodeHits];
      const requests = pods.map((_, index) => ({ inputTokens, prefixHit: hits[index]! }));
      const answers = await client.predict(target, requests, pods);
      served.put(target, answers ? byPod(pods, answers) : (answers as null | undefined));
    }),
  );
}

function byPod(pods: readonly PodView[], answers: readonly Millis[]): ReadonlyMap<PodView, Millis> {
  return new Map(pods.map((pod, index) => [pod, answers[index]!]));
}
