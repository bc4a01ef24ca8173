import { engineComparison } from '../../report/chart/gpu-jobs-comparison.ts';
import { renderSvg } from '../../report/chart/render.ts';
import type { Comparison, EngineLatencies } from './validation-comparison.ts';

/** SVG of the latency distributions of both engines. */
export async function comparisonChart({ validation, cluster, token }: Comparison): Promise<string> {
  const finite = ({ ttftMs, e2eMs }: EngineLatencies) => ({
    ttftMs: ttftMs.filter(Number.isFinite),
    e2eMs: e2eMs.filter(Number.isFinite),
  });
  const engines = [
    { engine: 'cluster simulator', ...finite(cluster) },
    { engine: 'token engine', ...finite(token) },
  ];
  return renderSvg(engineComparison(engines, validation.title));
}

/** The page as Markdown, beside its charts. */
export function validationPage(comparisons: readonly Comparison[], seed: number): string {
  const requests = comparisons[0]!.requests;
  return [
    '# Token engine against cluster simulator',
    '',
    `Written by \`paretune gpu-jobs validate --requests ${requests} --seed ${seed}\`. Each trace has ${requests} requests`,
    'and goes to one instance with the same limits in both engines: batch of 32, blocks of 16 tokens, first come first',
    'served, chunks of at most 512 prompt tokens. "Equal" counts requests whose TTFT and E2E agree to the microsecond.',
    '',
    '| trace | equal | TTFT mean, ms | TTFT p99, ms | E2E mean, ms | E2E p99, ms | preemptions | steps |',
    '|---|---|---|---|---|---|---|---|',
    ...comparisons.map(tableRow),
    '',
    'In each cell: cluster simulator / token engine.',
    '',
    ...comparisons.flatMap(({ validation }) => [
      `## ${validation.title}`,
      '',
      validation.explanation,
      '',
      `![${validation.title}](${validation.name}.svg)`,
      '',
    ]),
  ].join('\n');
}

function tableRow({ validation, requests, cluster, token, equal }: Comparison): string {
  const both = (read: (engine: EngineLatencies) => number, digits = 1): string =>
    `${read(cluster).toFixed(digits)} / ${read(token).toFixed(digits)}`;
  const cells = [
    validation.title,
    `${equal} of ${requests}`,
    both(({ ttft }) => ttft.mean),
    both(({ ttft }) => ttft.p99),
    both(({ e2e }) => e2e.mean),
    both(({ e2e }) => e2e.p99),
    both(({ preemptions }) => preemptions, 0),
    both(({ steps }) => steps, 0),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The figures of a comparison as the command prints them in JSON. */
export function comparisonFigures({ validation, requests, cluster, token, equal }: Comparison) {
  const one = ({ ttft, e2e, preemptions, steps }: EngineLatencies) => ({
    ttft_ms: ttft,
    e2e_ms: e2e,
    preemptions,
    steps,
  });
  return { case: validation.name, requests, equal, cluster: one(cluster), token: one(token) };
}
