import { join } from 'node:path';
import {
  type Comparison,
  compareEngines,
  type EngineLatencies,
  VALIDATION_CASES,
} from '../../companions/gpu-jobs/validation.ts';
import { engineComparison } from '../../report/chart/gpu-jobs-comparison.ts';
import { renderSvg } from '../../report/chart/render.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag } from '../terminal/flags.ts';
import { writeOutput } from './input.ts';

export const validateJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('out', { type: 'string', default: 'reports/gpu-jobs-validation', describe: 'folder of the page' })
      .option('requests', { type: 'number', default: 300, describe: 'requests of each trace' })
      .option('seed', { type: 'number', default: 1, describe: 'seed of the traces' })
      .option('json', { type: 'boolean', describe: 'print the figures as JSON' })
      .example('$0 gpu-jobs validate', 'write the validation page'),
  run: async (flags) => {
    const out = requiredText(flags, 'out');
    const requests = integerFlag(flags, 'requests', 2, 100_000)!;
    const seed = integerFlag(flags, 'seed', 0, Number.MAX_SAFE_INTEGER)!;
    const comparisons = VALIDATION_CASES.map((one) => compareEngines(one, requests, seed));
    const charts = await Promise.all(comparisons.map(chartOf));
    for (const [index, { validation }] of comparisons.entries()) {
      writeOutput(join(out, `${validation.name}.svg`), charts[index]!);
    }
    writeOutput(join(out, 'README.md'), validationPage(comparisons, seed));
    if (switchFlag(flags, 'json')) process.stdout.write(`${JSON.stringify(comparisons.map(figures), null, 2)}\n`);
    else process.stdout.write(`${comparisons.map(line).join('\n')}\npage → ${join(out, 'README.md')}\n`);
    return EXIT.ok;
  },
};

async function chartOf({ validation, cluster, token }: Comparison): Promise<string> {
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

function figures({ validation, requests, cluster, token, equal }: Comparison) {
  const one = ({ ttft, e2e, preemptions, steps }: EngineLatencies) => ({
    ttft_ms: ttft,
    e2e_ms: e2e,
    preemptions,
    steps,
  });
  return { case: validation.name, requests, equal, cluster: one(cluster), token: one(token) };
}

function line({ validation, requests, cluster, token, equal }: Comparison): string {
  const name = validation.name.padEnd(14);
  return `${name} equal ${equal}/${requests}, E2E mean ${cluster.e2e.mean.toFixed(1)} / ${token.e2e.mean.toFixed(1)} ms (cluster / token)`;
}
