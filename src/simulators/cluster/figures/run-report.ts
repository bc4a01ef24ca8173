import type { EngineConfig } from '../engine-config.ts';
import type { EngineResult } from '../engine-result.ts';
import { type Fitness, fitness } from './fitness.ts';
import { type Goodput, type GoodputTargets, goodput, goodputJson } from './goodput.ts';
import { clusterHeadline, type HeadlineMetrics, headlineJson, instanceHeadlines } from './headline-metrics.ts';
import { reportSections } from './report-sections.ts';
import { requestRecords } from './request-records.ts';
import { completedRequests, finalLevel, type ThresholdDetector } from './saturation.ts';

export interface RunReportInput {
  readonly config: EngineConfig;
  readonly result: EngineResult;
  readonly targets: GoodputTargets;
  /** Component → weight; null = no fitness section. */
  readonly fitnessWeights: ReadonlyMap<string, number> | null;
  readonly summarizeTrace: boolean;
  /** null = the levels of saturation are not asked for. */
  readonly detector: ThresholdDetector | null;
}

/** Everything a run prints: blocks of figures per instance and for the cluster, then sections. */
export class RunReport {
  readonly headline: HeadlineMetrics;
  readonly goodput: Goodput | null;
  readonly fitness: Fitness | null;
  readonly #input: RunReportInput;

  constructor(input: RunReportInput) {
    this.#input = input;
    this.headline = clusterHeadline(input.result);
    this.goodput = goodput(input.result, input.targets, this.headline.durationS);
    this.fitness = input.fitnessWeights === null ? null : fitness(input.result, this.headline, input.fitnessWeights);
  }

  /** Text for standard output. */
  text(): string {
    const { result } = this.#input;
    const parts = result.instances.length > 1 ? instanceHeadlines(result) : [];
    const blocks = parts.map((part, i) => block(headlineJson(`instance_${i}`, part)));
    const cluster = { ...headlineJson('cluster', this.headline), ...this.#afterHeadline() };
    const sections = this.sections().map((lines) => lines.join('\n'));
    return `${[...blocks, block(cluster), ...sections].join('\n')}\n`;
  }

  sections(): readonly (readonly string[])[] {
    const { config, result, targets, summarizeTrace } = this.#input;
    return reportSections({
      config,
      result,
      headline: this.headline,
      fitness: this.fitness,
      hasTargets: Object.keys(targets).length > 0,
      summarizeTrace,
    });
  }

  /** The cluster block with every request, as pieces of JSON text: it need not fit into one string. */
  *metricsFile(): Iterable<string> {
    const figures = headlineJson('cluster', this.headline, { cache_hit_rate: this.headline.cacheHitRate });
    yield `{\n${Object.entries(figures).map(member).join(',\n')}`;
    let separator = ',\n  "requests": [\n';
    for (const record of requestRecords(this.#input.result)) {
      yield separator + indent(JSON.stringify(record, null, 2), '    ');
      separator = ',\n';
    }
    if (separator === ',\n') yield '\n  ]';
    for (const entry of Object.entries(this.#afterHeadline())) yield `,\n${member(entry)}`;
    yield '\n}';
  }

  /** Keys in print order. */
  #afterHeadline(): Record<string, unknown> {
    const { detector, result } = this.#input;
    const saturation =
      detector === null ? {} : { saturation: { threshold: finalLevel(completedRequests(result), detector) } };
    return { ...saturation, ...goodputJson(this.goodput) };
  }
}

function block(figures: Record<string, unknown>): string {
  return `=== Simulation Metrics ===\n${JSON.stringify(figures, null, 2)}`;
}

function member([key, value]: [string, unknown]): string {
  return indent(`${JSON.stringify(key)}: ${JSON.stringify(value, null, 2)}`, '  ');
}

function indent(text: string, by: string): string {
  return by + text.replaceAll('\n', `\n${by}`);
}
