import { engineComparison } from '../../report/chart/gpu-jobs-comparison.ts';
import { type Picture, renderPicture } from '../../report/chart/render.ts';
import { formatPercent } from '../../report/format.ts';
import { type RuleCheck, type RuleTrace, VLLM_RULES_ADDRESS } from './queueing-rules.ts';
import type { Comparison, EngineLatencies } from './validation-comparison.ts';

/** The latency distributions of both engines. */
export async function comparisonChart({ validation, cluster, token }: Comparison): Promise<Picture> {
  const finite = ({ ttftMs, e2eMs }: EngineLatencies) => ({
    ttftMs: ttftMs.filter(Number.isFinite),
    e2eMs: e2eMs.filter(Number.isFinite),
  });
  const engines = [
    { engine: 'cluster simulator', ...finite(cluster) },
    { engine: 'token engine', ...finite(token) },
  ];
  return await renderPicture(engineComparison(engines, validation.title));
}

/** The page as Markdown, beside its charts. */
export function validationPage(comparisons: readonly Comparison[], rules: readonly RuleCheck[], seed: number): string {
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
    ...comparisons.flatMap((comparison) => [
      `## ${comparison.validation.title}`,
      '',
      `${whereTheyDiffer(comparison)} ${comparison.validation.explanation}`,
      '',
      `![${comparison.validation.title}](${comparison.validation.name}.svg)`,
      '',
    ]),
    ...rulesSection(rules),
  ].join('\n');
}

/** A sentence with the figures: how many requests differ, and by how much on average. */
export function whereTheyDiffer({ requests, differing, cluster, token }: Comparison): string {
  const { ttft, e2e, first } = differing;
  if (first === null) return `All ${requests} requests agree.`;
  const apart = (name: string, of: (engine: EngineLatencies) => number): string => {
    return `${name} ${formatPercent(of(token) / of(cluster) - 1, 1)}`;
  };
  const times = (engine: EngineLatencies): string =>
    `TTFT ${engine.ttftMs[first]!.toFixed(3)}, E2E ${engine.e2eMs[first]!.toFixed(3)} ms`;
  return (
    `TTFT differs for ${ttft} of ${requests} requests, E2E for ${e2e}; the token engine's means against the cluster's: ` +
    `${apart('TTFT', (engine) => engine.ttft.mean)}, ${apart('E2E', (engine) => engine.e2e.mean)}. ` +
    `First to differ is R${first + 1}: cluster ${times(cluster)}; token ${times(token)}.`
  );
}

function rulesSection(rules: readonly RuleCheck[]): readonly string[] {
  return [
    '## Queueing order by hand',
    '',
    `What [vLLM documents](${VLLM_RULES_ADDRESS}) about its order, on traces small enough to follow. A letter is a token`,
    'decoded for that request, `B:6` a chunk of six prompt tokens of B; one step a group. No prefix cache.',
    '',
    `The token engine takes the documented steps in ${rules.filter(({ verdict }) => verdict === 'as documented').length} of ${rules.length} traces.`,
    '',
    '| rule | requests: prompt + output | limits | steps by the rule | token engine |',
    '|---|---|---|---|---|',
    ...rules.map(({ trace, steps, verdict }) => {
      const requests = trace.requests.map(({ id, prompt, output }) => `${id} ${prompt} + ${output}`).join(', ');
      const limits = `${trace.tokens} tokens a step, ${trace.sequences} requests, ${trace.blocks} blocks of 4`;
      return `| ${trace.rule} | ${requests} | ${limits} | ${trace.expected.join(' · ')} | ${verdict === 'as documented' ? 'the same' : `${steps.join(' · ')}: ${ruleReason(trace)}`} |`;
    }),
    '',
  ];
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

/** Why the token engine takes other steps than the rule. */
export function ruleReason({ known }: RuleTrace): string {
  return known?.why ?? 'not as documented';
}

/** The figures of a comparison as the command prints them in JSON. */
export function comparisonFigures(comparison: Comparison) {
  const { validation, requests, cluster, token, equal } = comparison;
  const one = ({ ttft, e2e, preemptions, steps }: EngineLatencies) => ({
    ttft_ms: ttft,
    e2e_ms: e2e,
    preemptions,
    steps,
  });
  return {
    ...{ case: validation.name, requests, equal, cluster: one(cluster), token: one(token) },
    ...{ where: whereTheyDiffer(comparison), why: validation.explanation },
  };
}
