import type { Millis } from '../../base/units.ts';
import type { PredictorTarget } from './metrics-text.ts';
import type { LatencyPredictor, PodView } from './predictor.ts';

/** What became of a prediction. */
export interface Sample {
  readonly target: PredictorTarget;
  /** A row as `fillFeatures` writes it. */
  readonly features: Readonly<Float64Array>;
  readonly actualMs: Millis;
}

/**
 * Answers that somebody fetched before a decision, between the router and the predictor of the configuration; and the
 * samples of what became of them.
 */
export class ServedAnswers {
  readonly #answers = new Map<PredictorTarget, ReadonlyMap<PodView, Millis> | null>();
  readonly #samples: Sample[] = [];
  #passed = 0;

  /** @param answers - null: the service failed; undefined: there is none for the target */
  put(target: PredictorTarget, answers: ReadonlyMap<PodView, Millis> | null | undefined): void {
    if (answers === undefined) this.#answers.delete(target);
    else this.#answers.set(target, answers);
  }

  /** Those since the last call. */
  newSamples(): readonly Sample[] {
    const from = this.#passed;
    this.#passed = this.#samples.length;
    return this.#samples.slice(from);
  }

  /** All samples of the run, in order of their ends. */
  samples(): readonly Sample[] {
    return this.#samples;
  }

  /** A predictor that gives the answers for the next decision, and where there are none those of `own`. */
  over(own: LatencyPredictor): LatencyPredictor {
    return {
      predict: (target, request, pod) => {
        const answers = this.#answers.get(target);
        if (answers === undefined) return own.predict(target, request, pod);
        return answers?.get(pod) ?? Number.NaN;
      },
      observe: (target, features, actualMs) => {
        this.#samples.push({ target, features: features.slice(), actualMs });
        own.observe?.(target, features, actualMs);
      },
    };
  }
}
